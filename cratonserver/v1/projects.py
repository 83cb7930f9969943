# SPDX-License-Identifier: Apache-2.0
"""Projects: UUIDs as ids, names as patterns, and few who may touch them."""

from __future__ import annotations

import typing as t
import uuid

import sqlalchemy as sa

from cratonserver import errors, rules
from cratonserver.identity import Identity, project_id

if t.TYPE_CHECKING:
    from cratonserver.tables import Schema


class Rules(rules.Rules):
    """The rules of projects (wire document, sections 1.3, 6.3 and 13)."""

    optional_filters = ("name",)

    def allow(self, who: Identity, method: str, one: bool) -> None:
        """Let admins read their own project, and root do everything."""
        reads_one = one and method in ("GET", "HEAD")
        if not (who.is_root or (who.is_admin and reads_one)):
            role = "admin" if reads_one else "root"
            raise errors.Refused(403, f"This action requires the '{role}' role")

    def visible(self, table: sa.Table, who: Identity) -> sa.ColumnElement[bool]:
        """A project is visible to its own users."""
        if who.is_root:
            return sa.true()
        return table.c.id == who.project_id

    def condition(
        self, schema: Schema, name: str, value: t.Any, filters: t.Mapping[str, t.Any]
    ) -> sa.ColumnElement[bool]:
        """Take a name as a pattern of SQL's LIKE."""
        if name == "name":
            return schema.table(self.kind).c.name.like(value)
        return super().condition(schema, name, value, filters)

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
