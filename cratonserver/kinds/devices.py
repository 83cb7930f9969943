# SPDX-License-Identifier: Apache-2.0
"""Devices: they hang below each other, and never in a circle."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient import crud
from cratonserver import errors
from cratonserver.db import trees
from cratonserver.kinds import rules

if t.TYPE_CHECKING:
    from cratonserver.db.objects import Objects
    from cratonserver.db.tables import Schema


class Rules(rules.Rules):
    """The rules of hosts and network devices (wire document, 4.4, 5.6 and 5.7)."""

    optional_filters = ("descendants",)

    def __init__(self, kind: type[crud.CRUDClient[t.Any]]) -> None:
        super().__init__(kind)
        self.conflict = "A device with the given name already exists."

    def computed(self, table: sa.Table) -> list[sa.ColumnElement[t.Any]]:
        """Give the kind of the parent, which the path to it depends on."""
        parent = table.alias()
        kind = sa.select(parent.c.kind).where(parent.c.id == table.c.parent_id)
        return [kind.scalar_subquery().label("parent_kind")]

    def condition(
        self, schema: Schema, name: str, value: t.Any, filters: t.Container[str]
    ) -> sa.ColumnElement[bool]:
        """Filter by label, and by parent to any depth."""
        table = schema.table(self.kind)
        if name == "label":
            labels = schema.labels(self.kind)
            return table.c.id.in_(sa.select(labels.c.owner_id).where(labels.c.label == value))
        if name == "parent_id" and "descendants" in filters:
            return table.c.id.in_(trees.descendants(table, value))
        if name == "descendants":  # says how parent_id is meant
            return sa.true()
        return super().condition(schema, name, value, filters)

    def check(
        self, objects: Objects, row: t.Mapping[str, t.Any], values: dict[str, t.Any]
    ) -> None:
        """Refuse a parent that is the device itself or below it."""
        table = objects.table
        parent = values.get("parent_id")
        if parent is None:
            return
        if parent == row["id"]:
            raise errors.Refused(
                400,
                "A device cannot be its own parent. The id for "
                f"'{row['name']}' cannot be used as its parent_id.",
            )
        objects.connection.execute(trees.hold(table, row))
        below = sa.select(sa.literal(1)).where(
            table.c.id == parent, table.c.id.in_(trees.descendants(table, row["id"]))
        )
        if objects.connection.execute(below).first():
            raise errors.Refused(
                400,
                "A device cannot have a descendant as its parent. The parent_id for "
                f"'{row['name']}' cannot be set to the id '{parent}'.",
            )

    def present(self, row: t.Mapping[str, t.Any], base: str) -> dict[str, t.Any]:
        """Link to what the device hangs below."""
        if row["parent_id"] is not None:
            path = f"{row['parent_kind'].replace('_', '-')}s/{row['parent_id']}"
        elif row["cell_id"] is not None:
            path = f"cells/{row['cell_id']}"
        else:
            path = f"regions/{row['region_id']}"
        return {"links": [{"href": f"{base}/{path}", "rel": "up"}]}
