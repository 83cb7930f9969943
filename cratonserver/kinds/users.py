# SPDX-License-Identifier: Apache-2.0
"""Users: their keys are made here, kept as digests, and shown once."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import tables
from cratonserver.identity import Identity, new_key, project_id
from cratonserver.kinds import rules

if t.TYPE_CHECKING:
    from cratonserver.db.objects import Objects


class Rules(rules.Rules):
    """The rules of users (wire document, sections 5.1 and 13)."""

    optional_filters = ("name",)

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Give what only the authentication needs."""
        return [
            sa.Column("key_digest", tables.string(64), nullable=False),
            sa.Column("is_root", sa.Boolean(), nullable=False, default=False),
        ]

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Leave users to admins."""
        if not (who.is_admin or who.is_root):
            raise errors.missing_role("admin")

    def complete(self, values: dict[str, t.Any], who: Identity) -> dict[str, t.Any]:
        """Make the key. The answer that this returns is the only one to show it."""
        try:
            values["project_id"] = project_id(values["project_id"])
        except ValueError:
            raise errors.invalid(
                [f"project_id: {values['project_id']!r} is not a UUID"]
            ) from None
        key, values["key_digest"] = new_key()
        values["is_root"] = False
        return {"api_key": key}

    def check(
        self, objects: Objects, row: t.Mapping[str, t.Any], values: dict[str, t.Any]
    ) -> None:
        """Leave roots to roots. A root that is made no admin is no root either."""
        if not row["is_root"]:
            return
        if not objects.who.is_root:
            raise errors.missing_role("root")
        if values.get("is_admin") is False:
            users = objects.table
            protect_roots(objects.connection, users, users.c.id == row["id"])
            values["is_root"] = False

    def check_deletion(self, objects: Objects, item_id: int | str) -> None:
        """Leave roots to roots, and one of them for ever."""
        users = objects.table
        going = sa.and_(users.c.id == item_id, *objects.scope())
        protect_roots(objects.connection, users, going, objects.who)

    def present(self, row: t.Mapping[str, t.Any], base: str) -> dict[str, t.Any]:
        """Show that there is a key, but not which."""
        return {"api_key": None}


def protect_roots(
    connection: sa.Connection,
    users: sa.Table,
    going: sa.ColumnElement[bool],
    who: Identity | None = None,
) -> None:
    """Refuse to take away the last root, or any, if that is for roots only.

    All roots are locked until the transaction ends: of two that take the last
    two away at once, the second one sees what the first has left.

    :param going: the condition that picks the users that are deleted or demoted.
    :param who: who asks; left out, somebody who may do everything.
    :raises cratonserver.errors.Refused: with status 403 or 409.
    """
    query = (
        sa.select(users.c.id, going.label("goes"))
        .where(users.c.is_root)
        .order_by(users.c.id)  # the same order for all, so that nobody waits for ever
        .with_for_update()
    )
    roots = [bool(root.goes) for root in connection.execute(query)]
    if any(roots) and who is not None and not who.is_root:
        raise errors.missing_role("root")
    if roots and all(roots):
        raise errors.Refused(
            409,
            "The last root user would be gone, and only a root user can make projects. "
            "Make another one first: craton-server user create --root.",
        )
