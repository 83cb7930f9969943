# SPDX-License-Identifier: Apache-2.0
"""Devices: a device can have another device as its parent, but cycles are refused."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors, request_limits
from cratonserver.db import policy, storage, trees
from cratonserver.db.aliases import Clause
from cratonserver.db.tables import Tables

#: The names of parameters.
_PARENT, _ITEM, _MOST = "craton_parent", "craton_parent_of", "craton_most_levels"


class Storage(storage.Storage):
    """The storage rules of hosts and network devices."""

    def condition(
        self, table: sa.Table, name: str, value: t.Any, given: t.Container[str]
    ) -> Clause | None:
        """Return the condition that a device is a descendant of a parent."""
        if name == "parent_id" and "descendants" in given:
            return table.c.id.in_(trees.descendants(table, value))
        if name == "descendants":  # changes the meaning of parent_id only
            return sa.true()
        return None


class Policy(policy.Policy):
    """The policy of hosts and network devices."""

    optional_filters = ("descendants",)
    name_taken = "A device with the given name already exists."

    def locks_project(self, values: t.Mapping[str, t.Any]) -> bool:
        """Return True for a new parent.

        Without the lock, two transactions could create a cycle together, because neither
        sees the change of the other.
        """
        return values.get("parent_id") is not None

    def requirements(self, change: policy.Change) -> t.Sequence[policy.Requirement]:
        """Refuse a parent that makes a cycle, or a chain of parents that is too long.

        A chain that is too long already can stay, and can be cut. A new device has no
        descendants.
        """
        parent, row = change.values.get("parent_id"), change.row
        if parent is None or (not change.is_new and parent == row["parent_id"]):
            return ()
        most = request_limits.current().tree_depth

        def too_deep(_found: int) -> errors.Refused:
            return errors.Refused(
                400,
                f"parent_id: the chain of parents would have more than {most} devices "
                "(tree_depth). Choose a parent that is nearer to the top.",
                reason="tree_depth",
            )

        values = {_PARENT: parent, _MOST: most}
        if change.is_new:
            return [policy.Requirement(_levels, values, most, too_deep)]
        values[_ITEM] = row["id"]
        cycle = {_PARENT: parent, _ITEM: row["id"]}
        return [
            policy.Requirement(_parents_below, cycle, 0, lambda _found: _cycle(row, parent)),
            policy.Requirement(_levels_with_descendants, values, most, too_deep),
        ]


def _cycle(row: t.Mapping[str, t.Any], parent: int) -> errors.Refused:
    """Return the error for a parent that is the device itself or a descendant of it."""
    if parent == row["id"]:
        return errors.Refused(
            400,
            "A device cannot be its own parent. The id for "
            f"'{row['name']}' cannot be used as its parent_id.",
        )
    return errors.Refused(
        400,
        "A device cannot have a descendant as its parent. The parent_id for "
        f"'{row['name']}' cannot be set to the id '{parent}'.",
    )


def _parents_below(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count how often a device is among the ancestors of a parent, or is the parent."""
    table = tables.table(kind)
    parent, item = (sa.bindparam(name, type_=table.c.id.type) for name in (_PARENT, _ITEM))
    chain = trees.with_ancestors(table, table.c.id == parent).subquery()
    return sa.select(sa.func.count()).select_from(chain).where(chain.c.id == item)


def _levels(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count the devices in the chain of a new device: itself, its parent, and so on."""
    table = tables.table(kind)
    parent = sa.bindparam(_PARENT, type_=table.c.id.type)
    return sa.select(trees.levels_up(table, table.c.id == parent, _most()) + 1)


def _levels_with_descendants(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count the devices in the longest chain of a device below a new parent."""
    table = tables.table(kind)
    parent, item = (sa.bindparam(name, type_=table.c.id.type) for name in (_PARENT, _ITEM))
    up = trees.levels_up(table, table.c.id == parent, _most())
    return sa.select(up + 1 + trees.levels_down(table, table.c.parent_id == item, _most()))


def _most() -> sa.BindParameter[int]:
    return sa.bindparam(_MOST, type_=sa.Integer)
