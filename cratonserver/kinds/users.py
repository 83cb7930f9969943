# SPDX-License-Identifier: Apache-2.0
"""Users: a new user gets an API key, and the last root user stays."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import policy, storage, user_keys
from cratonserver.db.aliases import Row
from cratonserver.identity import Identity, canonical_project_id

_LAST_ROOT = (
    "The last root user cannot be deleted or demoted, because only root users can create "
    "projects. First create another one: craton-server user create --root."
)


class Storage(storage.Storage):
    """The storage rules of users."""

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Return the column for the root role."""
        return [sa.Column("is_root", sa.Boolean(), nullable=False, default=False)]


class Policy(policy.Policy):
    """The policy of users."""

    optional_filters = ("name",)
    #: A new user gets a key.
    needs_transaction = True

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Let only admins manage users."""
        if not (who.is_admin or who.is_root):
            raise errors.missing_role("admin")

    def complete(self, values: Row, who: Identity) -> Row:
        """Set the role. ``is_admin`` of the 2017 protocol is another name of a role."""
        try:
            values["project_id"] = canonical_project_id(values["project_id"])
        except ValueError:
            raise errors.invalid(
                [f"project_id: {values['project_id']!r} is not a UUID"]
            ) from None
        if values["role"] is None:
            values["role"] = "admin" if values["is_admin"] else "member"
        elif values["is_admin"] and values["role"] != "admin":
            raise _contradiction(values["role"], True)
        values["is_admin"] = values["role"] == "admin"
        values["is_root"] = False
        return {}

    def created(self, change: policy.Change) -> Row:
        """Create an API key. Only the response to this request shows it."""
        keys = change.table.metadata.tables["user_keys"]
        return {"api_key": user_keys.add(change.connection, keys, change.row["id"])}

    def check_update(self, change: policy.Change) -> None:
        """Let only root users change root users. Losing the admin role also loses root."""
        _complete_role(change.values, change.row["role"])
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

    def check_undone(
        self,
        connection: sa.Connection,
        table: sa.Table,
        who: Identity,
        changed: t.Mapping[str, t.Sequence[Row]],
    ) -> None:
        """Let only root users undo changes of root users. One of them must stay."""
        are_root = sa.select(table.c.id).where(table.c.is_root)
        some = connection.execute(are_root.where(table.c.id.in_([*map(int, changed)]))).first()
        were_root = any(row.get("is_root") for rows in changed.values() for row in rows)
        if (some or were_root) and not who.is_root:
            raise errors.missing_role("root")
        if were_root and connection.execute(are_root.limit(1)).first() is None:
            raise errors.Refused(409, _LAST_ROOT)


def _complete_role(values: Row, before: str) -> None:
    """Set both names of a role in the changes of a user, if one of them changes.

    :param values: the changes, changed in place.
    :param before: role of the user before the change.
    :raises cratonserver.errors.Refused: with status 400, if they contradict each other.
    """
    role, is_admin = values.get("role"), values.get("is_admin")
    if role is None and is_admin is not None:
        plain = "member" if before == "admin" else before
        values["role"] = "admin" if is_admin else plain
    elif role is not None:
        if is_admin not in (None, role == "admin"):
            raise _contradiction(role, is_admin)
        values["is_admin"] = role == "admin"


def _contradiction(role: str, is_admin: object) -> errors.Refused:
    return errors.invalid([f"role: {role!r} contradicts the value {is_admin!r} of is_admin"])


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
        raise errors.Refused(409, _LAST_ROOT)
