# SPDX-License-Identifier: Apache-2.0
"""API keys: users manage their own, and admins those of the users in the project."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import errors, identity
from cratonserver.db import clock, column_types, policy, storage
from cratonserver.db.aliases import Clause, Row
from cratonserver.identity import FIRST_PROJECT, Identity


class Storage(storage.Storage):
    """The storage rules of API keys."""

    unlogged = frozenset({"key_digest", "last_used_at"})

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Return the column for the digest of the key."""
        return [sa.Column("key_digest", column_types.string(64), nullable=False, index=True)]

    def visible(self, table: sa.Table, project_id: t.Any) -> Clause:
        """Return the condition for the keys of the users of a project."""
        users = table.metadata.tables["users"]
        of_project = sa.select(users.c.id).where(users.c.project_id == project_id)
        return table.c.user_id.in_(of_project)

    def project_of(self, row: Row, table: sa.Table, connection: sa.Connection) -> str:
        """Return the id of the project of the user, or any id if there is no such user."""
        users = table.metadata.tables["users"].c
        project = sa.select(users.project_id).where(users.id == row["user_id"])
        return str(connection.execute(project).scalar() or FIRST_PROJECT)


class Policy(policy.Policy):
    """The policy of API keys. No key gives more rights than its creator has."""

    #: Readers may replace their own keys before they expire.
    readers_change_own = True
    #: A key of a root user is checked before it is created.
    needs_transaction = True
    name_taken = "The user has a key with this name already."

    def required(self, who: Identity) -> Row:
        """Return the owner of the keys: everybody but admins has access to the own ones."""
        return {} if _manages_users(who) else {"user_id": who.user_id}

    def complete(self, values: Row, who: Identity) -> Row:
        """Generate the key. Only the response to this request shows it."""
        if values["user_id"] is None:
            values["user_id"] = who.user_id
        if values["user_id"] is None:
            raise errors.invalid(
                ["user_id: is required, because you do not log in as a user of this server"]
            )
        if values["user_id"] != who.user_id and not _manages_users(who):
            raise errors.missing_role("admin")
        expires_at = values["expires_at"]
        if expires_at is not None and expires_at <= clock.now():
            raise errors.invalid([f"expires_at: {expires_at!r} is in the past"])
        key, values["key_digest"] = identity.new_key()
        return {"api_key": key}

    def check_update(self, change: policy.Change) -> None:
        """Let only root users create keys of root users."""
        keep_from_root(change.connection, change.table, change.who, change.row["user_id"])

    def check_deletion(self, deletion: policy.Deletion) -> None:
        """Let only root users delete keys of root users."""
        keys = deletion.table
        owner = sa.select(keys.c.user_id).where(keys.c.id == deletion.item_id, *deletion.scope)
        keep_from_root(deletion.connection, keys, deletion.who, owner.scalar_subquery())


def keep_from_root(
    connection: sa.Connection, keys: sa.Table, who: Identity, user_id: t.Any
) -> None:
    """Refuse to change a key of a root user, unless a root user does it.

    :param keys: table of the keys.
    :param who: user who makes the request.
    :param user_id: id of the owner of the key, or a subquery.
    :raises cratonserver.errors.Refused: with status 403.
    """
    if who.is_root:
        return
    users = keys.metadata.tables["users"]
    query = sa.select(users.c.id).where(users.c.id == user_id, users.c.is_root)
    if connection.execute(query).first() is not None:
        raise errors.missing_role("root")


def _manages_users(who: Identity) -> bool:
    """Return True for a user who may manage the users of the project."""
    return who.is_root or (who.is_admin and who.can_write)
