# SPDX-License-Identifier: Apache-2.0
"""A WSGI application that each process composes for itself.

Connections to a database do not survive a fork.
"""

from __future__ import annotations

import logging
import os
import threading
import typing as t
from multiprocessing import util

from cratonserver import composition, wsgi_keys
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import Store, StoreError
from cratonserver.serving import gateway, turns

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger(__name__)


class Application:
    """A WSGI application that each process composes for itself.

    :param config: the configuration.
    """

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._composed: wsgi.WSGIApplication | None = None
        self._refusing = gateway.Gateway(_refuse, config.settings.log)
        self._living = composition.liveness(config.settings)
        os.register_at_fork(after_in_child=self._reset)

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Handle a request. If the database cannot be opened, the next request retries.

        Until it is open, only the liveness check works.
        """
        composed = self._composed
        if composed is None:
            if environ.get("PATH_INFO") == wsgi_keys.LIVENESS_PATH:
                return self._living(environ, start_response)
            try:
                composed = self.compose()
            except StoreError as exc:
                LOG.error("%s", exc)
                environ[wsgi_keys.REFUSED] = exc  # the gateway responds with this error
                return self._refusing(environ, start_response)
        return composed(environ, start_response)

    def compose(self) -> wsgi.WSGIApplication:
        """Open the database, unless it is open, and compose the application.

        :raises cratonserver.db.store.StoreError: if the database cannot be opened.
        """
        with self._lock:
            if self._composed is None:
                settings = self._config.settings
                self._store = composition.store_at(
                    settings.database, settings.serving.threads, settings.read_database
                )
                if self._store.open():
                    LOG.info("Created the fleet %s.", self._store.name)
                metrics = composition.metrics_of(self._store, settings)
                self._composed = composition.application_of(
                    self._store,
                    settings,
                    self._config.parsed,
                    turns.share(settings.serving.threads),
                    metrics,
                )
                if settings.webhooks.webhook_delivery:
                    dispatcher = composition.dispatcher_of(self._store, settings, metrics)
                    dispatcher.start()
                    # Unlike functions of atexit, it also runs in processes of multiprocessing.
                    util.Finalize(None, dispatcher.stop, exitpriority=0)
            return self._composed

    def _reset(self) -> None:
        """Forget the connections that a child process inherited, without closing them."""
        if self._store is not None:
            self._store.forget_connections()
        self._lock = threading.Lock()
        self._store = self._composed = None


def _refuse(
    environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
) -> t.Iterable[bytes]:
    """Raise the error of a request that no application can handle."""
    raise environ[wsgi_keys.REFUSED]
