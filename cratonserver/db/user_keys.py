# SPDX-License-Identifier: Apache-2.0
"""API keys in the database: create them, replace all keys of a user, note their last use.

The table ``user_keys`` has the digests of keys. The key itself is never stored.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import identity
from cratonserver.db import clock

#: The name of the key that a user gets when the user is created, or all keys are replaced.
FIRST_NAME = "default"


def add(connection: sa.Connection, keys: sa.Table, user_id: int, name: str = FIRST_NAME) -> str:
    """Store a new API key of a user, and return the key.

    :param connection: connection in a transaction that writes.
    :param keys: table of the keys.
    :param user_id: id of the user.
    :param name: name of the key, unique for the user.
    """
    key, digest = identity.new_key()
    values = {
        "user_id": user_id,
        "name": name,
        "key_digest": digest,
        "created_at": clock.now(),
    }
    connection.execute(sa.insert(keys).values(values))
    return key


def replace(connection: sa.Connection, keys: sa.Table, user_id: int) -> str:
    """Delete all API keys of a user, store a new one, and return it.

    :param connection: connection in a transaction that writes, which has locked the user.
    :param keys: table of the keys.
    :param user_id: id of the user.
    """
    connection.execute(sa.delete(keys).where(keys.c.user_id == user_id))
    return add(connection, keys, user_id)


def note_use(connection: sa.Connection, keys: sa.Table, used: t.Mapping[int, str]) -> None:
    """Store the times of the last use of keys. A later time that is stored is kept.

    For example::

        UPDATE user_keys SET last_used_at = :used_at
        WHERE id = :key_id AND (last_used_at IS NULL OR last_used_at < :used_at)

    :param connection: connection in a transaction that writes.
    :param keys: table of the keys.
    :param used: time stamps by the id of the key.
    """
    used_at: sa.BindParameter[str] = sa.bindparam("used_at")
    older = sa.or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < used_at)
    update = (
        sa.update(keys)
        .where(keys.c.id == sa.bindparam("key_id"), older)
        .values(last_used_at=used_at)
    )
    # Sorted, so that two processes lock rows in the same order.
    rows = [{"key_id": key_id, "used_at": time} for key_id, time in sorted(used.items())]
    connection.execute(update, rows)
