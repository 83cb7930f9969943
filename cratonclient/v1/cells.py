# SPDX-License-Identifier: Apache-2.0
"""Cells: the parts of a region."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.v1 import shared


class Cell(crud.Resource):
    """A part of a region. It contains devices and networks."""

    name = shared.name("region", example="c1")
    note = shared.NOTE
    cloud_id = shared.CLOUD
    region_id = shared.REGION
    project_id = shared.PROJECT
    variables = shared.variables("inherited by everything in the cell")

    filters = ("id", "name", "cloud_id", "region_id")
    columns = ("id", "name", "cloud_id", "region_id", "note")
    unique = ("region_id", "name")
    inherits = ("region_id", "cloud_id", "project_id")


class CellManager(crud.CRUDClient[Cell]):
    """A manager for cells."""

    key = "cell"
    base_path = "/cells"
    resource_class = Cell
