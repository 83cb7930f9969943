# SPDX-License-Identifier: Apache-2.0
"""The application for gunicorn, uWSGI and the like: ``cratonserver.wsgi:application``.

The configuration is read at once, so that nothing starts with a bad one. The
database is opened by the first request in each process, since connections do not
survive a fork.
"""

from __future__ import annotations

import logging
import os
import threading
import typing as t

from cratonserver.api import application as api
from cratonserver.config import configuration
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store, StoreError
from cratonserver.serving import gateway, logs

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger(__name__)


class Application:
    """The application of a configuration, made in each process that uses it.

    :param found: the configuration.
    """

    def __init__(self, found: Configuration) -> None:
        self._found = found
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._made: wsgi.WSGIApplication | None = None
        self._refusing = gateway.Gateway(_refuse, found.settings.log.access_log)
        os.register_at_fork(after_in_child=self._begin_anew)

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Answer a request; where the database cannot be opened, the next one tries again."""
        made = self._made
        if made is None:
            try:
                made = self._make()
            except StoreError as exc:
                LOG.error("%s", exc)
                environ[gateway.REFUSED] = exc
                return self._refusing(environ, start_response)
        return made(environ, start_response)

    def _make(self) -> wsgi.WSGIApplication:
        with self._lock:
            if self._made is None:
                settings = self._found.settings
                self._store = Store(settings.database, settings.serving.threads)
                self._store.open()
                self._made = api.make(self._store, settings, self._found.parsed)
            return self._made

    def _begin_anew(self) -> None:
        """Leave connections to the process that they belong to."""
        if self._store is not None:
            self._store.engine.dispose(close=False)
        self._lock = threading.Lock()
        self._store = self._made = None


def _refuse(
    environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
) -> t.Iterable[bytes]:
    raise environ[gateway.REFUSED]


def _application() -> Application:
    found = configuration.load({})
    logs.configure(found.settings)
    return Application(found)


application = _application()
