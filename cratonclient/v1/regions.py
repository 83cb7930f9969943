# SPDX-License-Identifier: Apache-2.0
"""Regions: the parts of a cloud."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Field, Ref, Sub
from cratonclient.v1 import variables


class Region(crud.Resource):
    """A region of a cloud, which holds cells, devices and networks."""

    name = Field(
        str,
        "what it is called, unique in the cloud",
        required=True,
        update=True,
        example="east",
    )
    note = Field(
        str, "free text", example="ask Ada first", null=True, update=True, max_length=65535
    )
    cloud_id = Ref("clouds", "cloud it is in", required=True)
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    variables = Sub(variables.VariableManager, dict, "JSON values that all in it inherits")

    filters = ("id", "name", "cloud_id")
    columns = ("id", "name", "cloud_id", "note")
    unique = ("cloud_id", "name")
    inherits = ("cloud_id", "project_id")


class RegionManager(crud.CRUDClient[Region]):
    """A manager for regions."""

    key = "region"
    base_path = "/regions"
    resource_class = Region
