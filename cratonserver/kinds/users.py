# SPDX-License-Identifier: Apache-2.0
"""Users: the server generates their API keys, stores digests, and shows a key once."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import errors, identity
from cratonserver.db import column_types, policy, storage
from cratonserver.db.aliases import Row
from cratonserver.identity import Identity, canonical_project_id


class Storage(storage.Storage):
    """The storage rules of users."""

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Return the columns for the digest of the API key and for the root role."""
        return [
            sa.Column("key_digest", column_types.string(64), nullable=False),
            sa.Column("is_root", sa.Boolean(), nullable=False, default=False),
        ]


class Policy(policy.Policy):
    """The policy of users."""

    optional_filters = ("name",)

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Let only admins manage users."""
        if not (who.is_admin or who.is_root):
            raise errors.missing_role("admin")

    def complete(self, values: Row, who: Identity) -> Row:
        """Generate the API key. Only the response to this request shows it."""
        try:
            values["project_id"] = canonical_project_id(values["project_id"])
        except ValueError:
            raise errors.invalid(
                [f"project_id: {values['project_id']!r} is not a UUID"]
            ) from None
        key, values["key_digest"] = identity.new_key()
        values["is_root"] = False
        return {"api_key": key}

    def check_update(self, change: policy.Change) -> None:
        """Let only root users change root users. Losing the admin role also loses root."""
        if not change.row["is_root"]:
            return
        if not change.who.is_root:
            raise errors.missing_role("root")
        if change.values.get("is_admin") is False:
            going = change.table.c.id == change.row["id"]
            protect_roots(change.connection, change.table, going)
            change.values["is_root"] = False

    def check_deletion(self, deletion: policy.Deletion) -> None:
        """Let only root users delete root users, and never the last one."""
        users = deletion.table
        going = sa.and_(users.c.id == deletion.item_id, *deletion.scope)
        protect_roots(deletion.connection, users, going, deletion.who, lock=deletion.lock)


def protect_roots(
    connection: sa.Connection,
    users: sa.Table,
    going: sa.ColumnElement[bool],
    who: Identity | None = None,
    *,
    lock: bool = True,
) -> None:
    """Refuse to delete or demote the last root user. Let only root users change root users.

    With ``lock``, all root users are locked until the transaction ends, so that two
    transactions cannot remove the last two root users at the same time. On PostgreSQL::

        SELECT id, id = :user AS goes FROM users WHERE is_root ORDER BY id FOR UPDATE

    :param users: table of the users.
    :param going: condition for the users to delete or demote.
    :param who: user who makes the request. ``None`` skips the check of the role.
    :param lock: lock the root users; not in a read-only transaction.
    :raises cratonserver.errors.Refused: with status 403 or 409.
    """
    query = (
        sa.select(users.c.id, going.label("goes"))
        .where(users.c.is_root)
        .order_by(users.c.id)  # lock in the same order everywhere, to avoid deadlocks
    )
    if lock:
        query = query.with_for_update()
    roots = [bool(root.goes) for root in connection.execute(query)]
    if any(roots) and who is not None and not who.is_root:
        raise errors.missing_role("root")
    if roots and all(roots):
        raise errors.Refused(
            409,
            "The last root user cannot be deleted or demoted, because only root users can "
            "create projects. First create another one: craton-server user create --root.",
        )
