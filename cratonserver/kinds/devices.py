# SPDX-License-Identifier: Apache-2.0
"""Devices: a device can have another device as its parent, but cycles are refused."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import policy, storage, trees
from cratonserver.db.aliases import Clause
from cratonserver.db.tables import Tables

#: The names of parameters.
_PARENT, _ITEM = "craton_parent", "craton_parent_of"


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
        """Refuse a parent that is the device itself or one of its descendants.

        A new device has no descendants.
        """
        parent, row = change.values.get("parent_id"), change.row
        if parent is None or change.is_new:
            return ()

        def refusal(_found: int) -> errors.Refused:
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

        values = {_PARENT: parent, _ITEM: row["id"]}
        return [policy.Requirement(_parents_below, values, 0, refusal)]


def _parents_below(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count how often a parent is the device itself or one of its descendants.

    The query, where ``descendants`` is that of :func:`.trees.descendants`::

        SELECT count(*) FROM devices
        WHERE id = :parent AND (id = :item OR id IN (SELECT id FROM descendants))
    """
    table = tables.table(kind)
    parent, item = (sa.bindparam(name, type_=table.c.id.type) for name in (_PARENT, _ITEM))
    below = sa.or_(table.c.id == item, table.c.id.in_(trees.descendants(table, item)))
    return sa.select(sa.func.count()).where(table.c.id == parent, below)
