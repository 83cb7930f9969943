# SPDX-License-Identifier: Apache-2.0
"""Projects: UUIDs as ids, names as patterns, and few who may touch them."""

from __future__ import annotations

import typing as t
import uuid

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.identity import Identity, project_id
from cratonserver.kinds import rules, users

if t.TYPE_CHECKING:
    from cratonserver.db.objects import Objects
    from cratonserver.db.tables import Schema


class Rules(rules.Rules):
    """The rules of projects (wire document, sections 1.3, 6.3 and 13)."""

    optional_filters = ("name",)

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Let admins read their own project and change its variables; root may do all."""
        reads = part == "item" and method in ("GET", "HEAD")
        role = "admin" if reads or part == "variables" else "root"
        if not (who.is_root or (who.is_admin and role == "admin")):
            raise errors.missing_role(role)

    def check_deletion(self, objects: Objects, item_id: int | str) -> None:
        """Leave a root user somewhere: those of the project go with it."""
        table = objects.schema.table(objects.schema.kind("users"))
        users.protect_roots(objects.connection, table, table.c.project_id == item_id)

    def visible(self, table: sa.Table, project_id: t.Any) -> sa.ColumnElement[bool]:
        """A project is visible to its own users."""
        return t.cast("sa.ColumnElement[bool]", table.c.id == project_id)

    def condition(
        self, schema: Schema, name: str, value: t.Any, filters: t.Container[str]
    ) -> sa.ColumnElement[bool]:
        """Take a name as a pattern of SQL's LIKE, whose escape is a backslash."""
        if name == "name":
            return schema.table(self.kind).c.name.like(value, escape="\\")
        return super().condition(schema, name, value, filters)

    def sought(self, name: str, value: t.Any) -> t.Any:
        """Double a backslash that would escape nothing, which is an error to PostgreSQL."""
        if name == "name":
            alone = (len(value) - len(value.rstrip("\\"))) % 2
            return value + "\\" * alone
        return value

    def item_id(self, text: str) -> str:
        """Read a UUID in any spelling."""
        try:
            return project_id(text)
        except ValueError:
            raise errors.not_found() from None

    def complete(self, values: dict[str, t.Any], who: Identity) -> dict[str, t.Any]:
        """Make the id."""
        values["id"] = str(uuid.uuid4())
        return {}
