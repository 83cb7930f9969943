# SPDX-License-Identifier: Apache-2.0
"""Clouds: the roots of the inventory."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Field, Ref, Sub
from cratonclient.v1 import variables


class Cloud(crud.Resource):
    """A cloud, which holds regions."""

    name = Field(
        str,
        "what it is called, unique in the project",
        required=True,
        update=True,
        example="prod",
    )
    note = Field(
        str, "free text", example="ask Ada first", null=True, update=True, max_length=65535
    )
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    variables = Sub(variables.VariableManager, dict, "JSON values that all in it inherits")

    columns = ("id", "name", "note")
    unique = ("project_id", "name")


class CloudManager(crud.CRUDClient[Cloud]):
    """A manager for clouds."""

    key = "cloud"
    base_path = "/clouds"
    resource_class = Cloud
