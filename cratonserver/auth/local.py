# SPDX-License-Identifier: Apache-2.0
"""Who makes a request: what is asked before anything else."""

from __future__ import annotations

import typing as t

import falcon

from cratonserver import errors, identity
from cratonserver.db.store import Store

#: Where a caller inside the process says who it is. Nobody can set it from
#: outside: what comes from the network is below ``HTTP_``.
IDENTITY_KEY = "cratonserver.identity"


class LocalAuthentication:
    """Find out who makes a request by Craton's own users.

    :param store: the store that knows them.
    :param open_paths: where everybody may go.
    """

    def __init__(self, store: Store, open_paths: frozenset[str]) -> None:
        self._store = store
        self._users = store.schema.table(store.schema.kind("users"))
        self._open_paths = open_paths

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put the identity into the context, or refuse the request."""
        if req.path in self._open_paths:
            return
        known = req.env.get(IDENTITY_KEY)
        if known is None:
            given = [req.get_header(f"X-Auth-{name}") for name in ("User", "Token", "Project")]
            known = self._store.ask(
                lambda connection: identity.authenticate(connection, self._users, *given)
            )
            req.env[IDENTITY_KEY] = known  # for the log
        req.context.identity = known


class ReadersOnlyRead:
    """Keep those who may only read from changing anything, whatever the path."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Refuse what is not a way to read."""
        who = getattr(req.context, "identity", None)
        if who is not None and not who.can_write and req.method not in ("GET", "HEAD"):
            raise errors.Refused(403, "This action requires a role that may write")
