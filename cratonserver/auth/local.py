# SPDX-License-Identifier: Apache-2.0
"""Authenticate requests by the API keys of Craton users."""

from __future__ import annotations

import hmac
import secrets
import typing as t

import falcon
import sqlalchemy as sa

from cratonserver import errors, identity, wsgi_keys
from cratonserver.db import quotas
from cratonserver.db.dialect import PREPARE
from cratonserver.db.store import Store
from cratonserver.db.tables import Tables
from cratonserver.identity import Identity, canonical_project_id

#: The digest of a key that nobody has, for users that do not exist.
_DIGEST_OF_NOBODY = identity.digest(secrets.token_hex(20))


class LocalAuthentication:
    """Falcon middleware that authenticates requests by user name, API key and project.

    :param store: store with the users.
    :param open_paths: paths that need no credentials.
    """

    def __init__(self, store: Store, open_paths: frozenset[str]) -> None:
        self._store = store
        self._tables = store.tables
        self._open_paths = open_paths

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set ``req.context.identity``.

        :raises cratonserver.errors.Refused: with status 401.
        """
        if req.path in self._open_paths:
            return
        known = req.env.get(wsgi_keys.IDENTITY)
        if known is None:
            given = [req.get_header(f"X-Auth-{name}") for name in ("User", "Token", "Project")]
            known = self._store.run_query(
                lambda connection: authenticate(connection, self._tables, *given)
            )
            req.env[wsgi_keys.IDENTITY] = known  # the access log shows the user
        req.context.identity = known


def authenticate(
    connection: sa.Connection,
    tables: Tables,
    username: str | None,
    api_key: str | None,
    project: str | None,
) -> Identity:
    """Return the identity that three request headers claim, if the API key is right.

    :param tables: the tables.
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
    if "\0" in (username or ""):  # PostgreSQL refuses NUL characters
        username = None
    named = {"project_id": canonical, "username": username or ""}
    row = connection.execute(tables.cached(_user_query), named).one_or_none()
    # Compare in constant time, and for unknown users too, so that timing reveals nothing.
    expected = row.key_digest if row else _DIGEST_OF_NOBODY
    is_valid = hmac.compare_digest(expected, identity.digest(api_key or ""))
    if row is None or not is_valid:
        raise errors.Refused(401, "The request could not be authenticated.")
    return Identity(
        canonical,
        row.username,
        row.is_admin,
        row.is_root,
        user_id=row.id,
        limits=row.limits or "",
    )


def _user_query(tables: Tables) -> sa.Select[t.Any]:
    """Build the query for a user, and for the quotas of the project.

    The database prepares it, because every request begins with it::

        SELECT id, username, key_digest, is_admin, is_root,
            (SELECT … FROM quotas WHERE project_id = users.project_id) AS limits
        FROM users WHERE project_id = :project_id AND username = :username
    """
    c = tables.metadata.tables["users"].c
    limits = quotas.limits_column(tables, c.project_id).label("limits")
    query = sa.select(c.id, c.username, c.key_digest, c.is_admin, c.is_root, limits).where(
        c.project_id == sa.bindparam("project_id"),
        c.username == sa.bindparam("username"),
    )
    return query.execution_options(**{PREPARE: True})
