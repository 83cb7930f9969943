# SPDX-License-Identifier: Apache-2.0
"""Authenticate requests by the API keys of Craton users.

A key is found by its digest. So every refusal of a key that does not exist takes the same
work, whatever the user name and the project are, and whether they exist: its duration reveals
nothing.
"""

from __future__ import annotations

import typing as t

import falcon
import sqlalchemy as sa

from cratonserver import errors, identity, wsgi_keys
from cratonserver.auth.last_use import LastUse
from cratonserver.db import clock, quotas
from cratonserver.db.dialect import PREPARE
from cratonserver.db.store import Store
from cratonserver.db.tables import Tables
from cratonserver.identity import Identity, canonical_project_id


class _Key(t.NamedTuple):
    """A row of :func:`_key_query`."""

    key_id: int
    name: str
    expires_at: str | None
    last_used_at: str | None
    user_id: int
    project_id: str
    username: str
    role: str
    is_admin: bool
    is_root: bool
    limits: str | None
    revision: int | None


class LocalAuthentication:
    """Falcon middleware that authenticates requests by user name, API key and project.

    :param store: store with the users.
    :param open_paths: paths that need no credentials.
    """

    def __init__(self, store: Store, open_paths: frozenset[str]) -> None:
        self._store = store
        self._tables = store.tables
        self._open_paths = open_paths
        self._last_use = LastUse(store)

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set ``req.context.identity``.

        :raises cratonserver.errors.Refused: with status 401.
        """
        if req.path in self._open_paths:
            return
        known = req.env.get(wsgi_keys.IDENTITY)
        if known is None:
            known = self._authenticate(
                *(req.get_header(f"X-Auth-{name}") for name in ("User", "Token", "Project"))
            )
            req.env[wsgi_keys.IDENTITY] = known  # the access log shows the user
        req.context.identity = known

    def _authenticate(
        self, username: str | None, api_key: str | None, project: str | None
    ) -> Identity:
        """Return the identity that three request headers claim, if the API key is right.

        :param username: value of ``X-Auth-User``.
        :param api_key: value of ``X-Auth-Token``.
        :param project: value of ``X-Auth-Project``.
        :raises cratonserver.errors.Refused: with status 401.
        """
        try:
            canonical = canonical_project_id(project or "")
        except ValueError:
            message = f"Project ID ('{project}') is not a valid UUID"
            raise errors.Refused(401, message) from None
        query = self._tables.prepared(_key_query)
        digest = {"digest": identity.digest(api_key or "")}
        found = self._store.run_query(lambda connection: query.rows(connection, digest))
        for key in map(_Key._make, found):  # one at most, unless somebody has copied rows
            if (key.project_id, key.username) == (canonical, username):
                self._check_expiry(key)
                self._last_use.note(key.key_id, key.last_used_at)
                return _identity(key)
        raise errors.Refused(401, "The request could not be authenticated.")

    @staticmethod
    def _check_expiry(key: _Key) -> None:
        """Refuse an expired key. Only who has the right key learns why.

        :raises cratonserver.errors.Refused: with status 401.
        """
        if key.expires_at is not None and key.expires_at <= clock.now():
            raise errors.Refused(
                401,
                f"The API key {key.name!r} expired at {key.expires_at} (UTC). Use another "
                "key, or ask an admin of the project for one.",
            )


def _identity(key: _Key) -> Identity:
    return Identity(
        key.project_id,
        key.username,
        key.is_admin,
        key.is_root,
        user_id=key.user_id,
        can_write=key.role != "reader",
        limits=key.limits or "",
        key_name=key.name,
        revision=key.revision or 0,
    )


def _key_query(tables: Tables) -> sa.Select[t.Any]:
    """Build the query for a key, for its user, and for what most requests need.

    The database prepares it, because every request begins with it::

        SELECT user_keys.id AS key_id, user_keys.name, …, users.username, …,
            (SELECT … FROM quotas WHERE project_id = users.project_id) AS limits,
            (SELECT last FROM project_revisions
             WHERE project_id = users.project_id) AS revision
        FROM user_keys JOIN users ON users.id = user_keys.user_id
        WHERE user_keys.key_digest = :digest
    """
    keys, users = tables.metadata.tables["user_keys"].c, tables.metadata.tables["users"].c
    counters = tables.log.revisions.c
    last = sa.select(counters.last).where(counters.project_id == users.project_id)
    query = (
        sa.select(
            keys.id.label("key_id"),
            keys.name,
            keys.expires_at,
            keys.last_used_at,
            users.id.label("user_id"),
            *(users.project_id, users.username, users.role, users.is_admin, users.is_root),
            quotas.limits_column(tables, users.project_id).label("limits"),
            last.scalar_subquery().label("revision"),
        )
        .join_from(keys.id.table, users.id.table, users.id == keys.user_id)
        .where(keys.key_digest == sa.bindparam("digest"))
    )
    return query.execution_options(**{PREPARE: True})
