# SPDX-License-Identifier: Apache-2.0
"""Cells: the parts of a region."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Field, Ref, Sub
from cratonclient.v1 import variables


class Cell(crud.Resource):
    """A cell of a region, which holds devices and networks."""

    name = Field(
        str, "what it is called, unique in the region", required=True, update=True, example="c1"
    )
    note = Field(
        str, "free text", example="ask Ada first", null=True, update=True, max_length=65535
    )
    cloud_id = Ref("clouds", "cloud it is in", required=True)
    region_id = Ref("regions", "region it is in", required=True)
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    variables = Sub(variables.VariableManager, dict, "JSON values that all in it inherits")

    filters = ("id", "name", "cloud_id", "region_id")
    columns = ("id", "name", "cloud_id", "region_id", "note")
    unique = ("region_id", "name")
    inherits = ("region_id", "cloud_id", "project_id")


class CellManager(crud.CRUDClient[Cell]):
    """A manager for cells."""

    key = "cell"
    base_path = "/cells"
    resource_class = Cell
