# SPDX-License-Identifier: Apache-2.0
"""Devices: a device can have another device as its parent, but cycles are refused."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import policy, storage, trees
from cratonserver.db.aliases import Clause


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

    def check_update(self, change: policy.Change) -> None:
        """Refuse a parent that is the device itself or one of its descendants.

        The query, where ``descendants`` is that of :func:`.trees.descendants`::

            SELECT 1 FROM devices
            WHERE id = :parent AND id IN (SELECT id FROM descendants)
        """
        row, table = change.row, change.table
        parent = change.values.get("parent_id")
        if parent is None:
            return
        if parent == row["id"]:
            raise errors.Refused(
                400,
                "A device cannot be its own parent. The id for "
                f"'{row['name']}' cannot be used as its parent_id.",
            )
        change.connection.execute(trees.project_lock(table, row))
        below = sa.select(sa.literal(1)).where(
            table.c.id == parent, table.c.id.in_(trees.descendants(table, row["id"]))
        )
        if change.connection.execute(below).first():
            raise errors.Refused(
                400,
                "A device cannot have a descendant as its parent. The parent_id for "
                f"'{row['name']}' cannot be set to the id '{parent}'.",
            )
