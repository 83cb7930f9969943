# SPDX-License-Identifier: Apache-2.0
"""Regions: the parts of a cloud."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.v1 import shared


class Region(crud.Resource):
    """A part of a cloud. It contains cells, devices and networks."""

    name = shared.name("cloud", example="east")
    note = shared.NOTE
    cloud_id = shared.CLOUD
    project_id = shared.PROJECT
    variables = shared.variables("inherited by everything in the region")

    filters = ("id", "name", "cloud_id")
    columns = ("id", "name", "cloud_id", "note")
    unique = ("cloud_id", "name")
    inherits = ("cloud_id", "project_id")


class RegionManager(crud.CRUDClient[Region]):
    """A manager for regions."""

    key = "region"
    base_path = "/regions"
    resource_class = Region
