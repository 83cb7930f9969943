# SPDX-License-Identifier: Apache-2.0
"""Projects: the tenants that share a Craton server."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Cli, Field, Sub
from cratonclient.v1 import variables


class Project(crud.Resource):
    """A tenant. Each object of the inventory belongs to exactly one project."""

    id = Field(str, "UUID of the project", create=False)  # type: ignore[assignment]
    name = Field(
        str, "name of the project", required=True, update=True, cli=Cli(example="research")
    )
    variables = Sub(
        variables.VariableManager,
        dict,
        "JSON variables, inherited by everything in the project",
    )

    filters = ("name",)
    columns = ("id", "name")
    in_change_sets = False


class ProjectManager(crud.CRUDClient[Project]):
    """A manager for projects."""

    key = "project"
    base_path = "/projects"
    resource_class = Project
