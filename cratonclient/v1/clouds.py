# SPDX-License-Identifier: Apache-2.0
"""Clouds: the top level of the inventory."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.v1 import shared


class Cloud(crud.Resource):
    """A cloud. It contains regions."""

    name = shared.name("project", example="prod")
    note = shared.NOTE
    project_id = shared.PROJECT
    variables = shared.variables("inherited by everything in the cloud")

    columns = ("id", "name", "note")
    unique = ("project_id", "name")


class CloudManager(crud.CRUDClient[Cloud]):
    """A manager for clouds."""

    key = "cloud"
    base_path = "/clouds"
    resource_class = Cloud
