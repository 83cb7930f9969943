# SPDX-License-Identifier: Apache-2.0
"""Projects: ids are UUIDs, names are filtered by patterns, and root users manage them."""

from __future__ import annotations

import typing as t
import uuid

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import policy, storage
from cratonserver.db.aliases import Clause, Row
from cratonserver.identity import Identity
from cratonserver.kinds import users


class Storage(storage.Storage):
    """The storage rules of projects."""

    def visible(self, table: sa.Table, project_id: t.Any) -> Clause:
        """Return the condition for the user's own project."""
        return t.cast("Clause", table.c.id == project_id)

    def project_of(self, row: Row, table: sa.Table, connection: sa.Connection) -> str:
        """Return the id of the project itself."""
        return str(row["id"])

    def condition(
        self, table: sa.Table, name: str, value: t.Any, given: t.Container[str]
    ) -> Clause | None:
        """Return the condition for a name: a LIKE pattern with backslash as escape."""
        if name == "name":
            return table.c.name.like(value, escape="\\")
        return None

    def filter_value(self, name: str, value: t.Any) -> t.Any:
        """Escape a single backslash at the end, which PostgreSQL would refuse."""
        if name == "name":
            single = (len(value) - len(value.rstrip("\\"))) % 2
            return value + "\\" * single
        return value


class Policy(policy.Policy):
    """The policy of projects."""

    optional_filters = ("name",)

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Let admins read their own project and change its variables, and root users do all."""
        reads = part == "item" and method in ("GET", "HEAD")
        role = "admin" if reads or part == "variables" else "root"
        if not (who.is_root or (who.is_admin and role == "admin")):
            raise errors.missing_role(role)

    def complete(self, values: Row, who: Identity) -> Row:
        """Generate the id."""
        values["id"] = str(uuid.uuid4())
        return {}

    def check_deletion(self, deletion: policy.Deletion) -> None:
        """Refuse to delete a project with the last root users."""
        table = deletion.table.metadata.tables["users"]
        going = table.c.project_id == deletion.item_id
        users.protect_roots(deletion.connection, table, going, lock=deletion.lock)
