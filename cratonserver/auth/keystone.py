# SPDX-License-Identifier: Apache-2.0
"""Authenticate requests by tokens of Keystone.

keystonemiddleware validates the token; this module turns it into an identity. The server
imports the module only if the configuration says ``auth = keystone``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import typing as t

import falcon
import sqlalchemy as sa
from keystoneauth1 import exceptions as ksa_exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg

from cratonclient import secrets
from cratonclient.http import deadline
from cratonserver import errors, wsgi_keys
from cratonserver.auth import keystone_gate
from cratonserver.config.settings import Roles
from cratonserver.db import clock, quotas
from cratonserver.db.change_log.origin import SERVER
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.store import Store
from cratonserver.identity import Identity, canonical_project_id

if t.TYPE_CHECKING:
    from _typeshed import wsgi
    from keystoneauth1.access import access

SERVICE_TYPE = "fleet_management"


class _WithoutResponses(logging.Filter):
    """A filter that masks the responses of Keystone, which may repeat a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "response" in str(record.msg).lower() and isinstance(record.args, tuple):
            record.args = (*record.args[:-1], secrets.MASK)
        return True


logging.getLogger("keystonemiddleware.auth_token").addFilter(_WithoutResponses())


class TokenValidation:
    """A WSGI layer that validates tokens before the application runs.

    :param application: the WSGI application.
    :param parsed: parsed configuration, with the section of keystonemiddleware.
    :param open_paths: paths that need no credentials. Tokens sent there are ignored.
    :param threads: number of threads of this process. Three quarters of them, which is what
        one client address gets, may wait for Keystone.
    """

    def __init__(
        self,
        application: wsgi.WSGIApplication,
        parsed: cfg.ConfigOpts | None,
        open_paths: frozenset[str],
        threads: int = 8,
    ) -> None:
        self._application = application
        self._open_paths = open_paths
        options = {
            "oslo_config_config": parsed,
            # KeystoneAuthentication refuses the request, with an error body of Craton.
            "delay_auth_decision": True,
            "service_type": SERVICE_TYPE,
        }
        self._middleware = _Middleware(application, options, max(1, threads * 3 // 4))

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Validate the token, and remove forged identity headers. Open paths skip both."""
        is_open = environ.get("PATH_INFO") in self._open_paths
        application = self._application if is_open else self._middleware
        return t.cast("t.Iterable[bytes]", application(environ, start_response))


class _Middleware(auth_token.AuthProtocol):  # type: ignore[misc]
    """keystonemiddleware, but with limits for waiting, and 503 instead of 401 then.

    :param application: the WSGI application.
    :param options: options of keystonemiddleware.
    :param places: number of threads that may wait for Keystone at the same time.
    """

    def __init__(
        self, application: wsgi.WSGIApplication, options: dict[str, t.Any], places: int
    ) -> None:
        super().__init__(application, options)
        self._gate = keystone_gate.Gate(places, self._conf.get("http_connect_timeout"))
        behind: t.Any = self._identity_server  # type: ignore[has-type]
        self._identity_server = keystone_gate.IdentityServer(behind, self._gate)
        # The timeout of a socket would not end a response that arrives byte by byte.
        for adapter in self._session.session.adapters.values():
            deadline.apply(adapter.poolmanager)

    def fetch_token(self, token: str, **options: t.Any) -> t.Any:
        """Return the data of a token, from the cache or from Keystone.

        :raises cratonserver.errors.Refused: with status 503, if Keystone does not respond.
        """
        try:
            return super().fetch_token(token, **options)
        except ksa_exceptions.ClientException as exc:
            self.log.critical("Unable to validate token: %s", exc)
            raise self._gate.unavailable() from exc


class KeystoneAuthentication:
    """Falcon middleware that turns a validated token into an identity.

    :param store: store of the fleet. It gets the project of a token with the first request.
    :param roles: roles of Keystone for each role of Craton.
    :param open_paths: paths that need no credentials.
    """

    def __init__(self, store: Store, roles: Roles, open_paths: frozenset[str]) -> None:
        self._store = store
        self._roles = roles
        self._open_paths = open_paths
        self._projects = store.tables.metadata.tables["projects"]

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set ``req.context.identity``, and create the project of the token.

        :raises cratonserver.errors.Refused: with status 401 or 403.
        """
        if req.path in self._open_paths:
            return
        if req.env.get("HTTP_X_IDENTITY_STATUS") != "Confirmed":
            raise errors.Refused(401, "The request could not be authenticated.")
        # Not the headers with the same data: clients cannot set this key.
        token = req.env["keystone.token_auth"].user
        known = self._identity(token)
        limits = self._make_project(known.project_id, token.project_name)
        known = dataclasses.replace(known, limits=limits)
        req.context.identity = req.env[wsgi_keys.IDENTITY] = known

    def _identity(self, token: access.AccessInfo) -> Identity:
        if not token.project_id:
            raise errors.Refused(403, "The token has no project. Get a project-scoped token.")
        try:
            project = canonical_project_id(token.project_id)
        except ValueError:
            message = f"The project ID {token.project_id!r} of the token is not a UUID."
            raise errors.Refused(403, message) from None
        names = set(token.role_names or ())
        is_root = bool(names.intersection(self._roles.root_roles))
        is_admin = is_root or bool(names.intersection(self._roles.admin_roles))
        writes = is_admin or bool(names.intersection(self._roles.member_roles))
        if not (writes or names.intersection(self._roles.reader_roles)):
            raise errors.Refused(
                403, "None of the roles of the token gives access to this service."
            )
        return Identity(
            project,
            token.username or "",
            is_admin=is_admin,
            is_root=is_root,
            can_write=writes,
        )

    def _make_project(self, item_id: str, name: str | None) -> str:
        """Create the project of a token, unless it exists, and return its quotas."""
        limits = quotas.limits_column(self._store.tables, self._projects.c.id)
        seen = sa.select(self._projects.c.id, limits).where(self._projects.c.id == item_id)
        found = self._store.run_query(lambda connection: connection.execute(seen).first())
        if found is not None:
            return str(found[1] or "")
        values = {"id": item_id, "name": name or item_id, "created_at": clock.now()}
        make = sa.insert(self._projects).values(values)

        def work(transaction: Transaction) -> None:
            transaction.begin(item_id)
            transaction.connection.execute(make)

        with contextlib.suppress(sa.exc.IntegrityError):  # another request created it
            self._store.transact(SERVER, work)
        return ""
