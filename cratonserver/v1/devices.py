# SPDX-License-Identifier: Apache-2.0
"""Devices: they hang below each other, and never in a circle."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient import crud
from cratonserver import errors, rules


class Rules(rules.Rules):
    """The rules of hosts and network devices (wire document, 4.4, 5.6 and 5.7)."""

    def __init__(self, kind: type[crud.CRUDClient[t.Any]]) -> None:
        super().__init__(kind)
        self.conflict = "A device with the given name already exists."

    def computed(self, table: sa.Table) -> list[sa.ColumnElement[t.Any]]:
        """Give the kind of the parent, which the path to it depends on."""
        parent = table.alias()
        kind = sa.select(parent.c.kind).where(parent.c.id == table.c.parent_id)
        return [kind.scalar_subquery().label("parent_kind")]

    def check(
        self,
        connection: sa.Connection,
        table: sa.Table,
        row: t.Mapping[str, t.Any],
        values: t.Mapping[str, t.Any],
    ) -> None:
        """Refuse a parent that is the device itself or below it."""
        parent = values.get("parent_id")
        if parent is None:
            return
        if parent == row["id"]:
            raise errors.Refused(
                400,
                "A device cannot be its own parent. The id for "
                f"'{row['name']}' cannot be used as its parent_id.",
            )
        below = sa.select(sa.literal(1)).where(
            table.c.id == parent, table.c.id.in_(descendants(table, row["id"]))
        )
        if connection.execute(below).first():
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


def descendants(table: sa.Table, device_id: int) -> sa.Select[tuple[int]]:
    """Select the ids of all that is below a device.

    UNION, not UNION ALL: it ends even if the data had a circle in it.
    """
    children = sa.select(table.c.id).where(table.c.parent_id == device_id)
    tree = children.cte("descendants", recursive=True)
    below = table.alias()
    tree = tree.union(sa.select(below.c.id).where(below.c.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def ancestors(table: sa.Table, device_ids: t.Iterable[int]) -> sa.Select[tuple[int, int]]:
    """Select id and parent_id of devices and of all that they are below."""
    start = sa.select(table.c.id, table.c.parent_id).where(table.c.id.in_(device_ids))
    chain = start.cte("ancestors", recursive=True)
    above = table.alias()
    chain = chain.union(
        sa.select(above.c.id, above.c.parent_id).where(above.c.id == chain.c.parent_id)
    )
    return sa.select(chain.c.id, chain.c.parent_id)
