# SPDX-License-Identifier: Apache-2.0
"""Read from standbys that have everything that was committed before.

A server asks the primary for its position in the write-ahead log, and reads from a standby
only when that standby has replayed it. So a user sees every change that was acknowledged
before the request, whoever made it and whichever process or server answers. No process has to
remember who wrote when.
"""

from __future__ import annotations

import contextlib
import logging
import time
import typing as t

import sqlalchemy as sa

from cratonserver.db.database import Database
from cratonserver.db.dialect import StoreError, one_line

LOG = logging.getLogger(__name__)

#: Seconds that a request waits for a standby to replay the log. Usually it takes a few
#: milliseconds.
_PATIENCE = 0.05
#: Seconds between two looks at the standby.
_INTERVAL = 0.002
#: Seconds in which the primary answers all requests, after a standby lagged behind.
_PAUSE = 2.0
#: The same after a standby was lost. Asking it again takes a request several seconds.
_LONG_PAUSE = 30.0


class Replicas:
    """The standbys of a database.

    :param primary: the database.
    :param url: URL of the standbys.
    :param connections: number of connections that the pool keeps open.
    :raises StoreError: if the URL cannot be used, or the database has no standbys.
    """

    def __init__(self, primary: Database, url: str, connections: int) -> None:
        self._primary = primary
        self.database = Database(url, connections, standbys=True)
        self._paused_until = 0.0
        self._lost = False
        for one in (primary, self.database):
            if not one.dialect.has_standbys:
                raise StoreError(
                    "The setting read_database needs standbys of PostgreSQL, but "
                    f"{one.dialect.render_url(one.engine.url)} is a database of "
                    f"{one.dialect.name}. Remove read_database, or move to PostgreSQL."
                )

    @contextlib.contextmanager
    def connection(self, single_query: bool) -> t.Iterator[sa.Connection | None]:
        """Yield a connection to a standby, with no transaction.

        It is ``None`` if no standby can be reached or has caught up. Then the primary answers.

        :param single_query: the caller runs one query only.
        :raises sqlalchemy.exc.DBAPIError: if the primary cannot be reached.
        """
        with contextlib.ExitStack() as stack:
            connection = None
            if time.monotonic() >= self._paused_until:
                connection = self._connect(stack)
            if connection is None:
                yield None
            else:
                engine = self.database.reading_engine(single_query)
                yield connection.execution_options(**engine.get_execution_options())

    def _connect(self, stack: contextlib.ExitStack) -> sa.Connection | None:
        dialect = self._primary.dialect
        with self._primary.autocommit_engine.connect() as asked:
            position = dialect.log_position(asked)
        if self._lost:
            self._pause(_LONG_PAUSE)  # only this request waits for it
        try:
            connection = stack.enter_context(self.database.autocommit_engine.connect())
            caught_up = self._wait(connection, position)
            if not caught_up:
                connection.invalidate()  # the next one may lead to another standby
        except sa.exc.DBAPIError as exc:
            self._note(exc)
            self._pause(_LONG_PAUSE)
            return None
        self._note(None)
        self._pause(0 if caught_up else _PAUSE)
        return connection if caught_up else None

    def _wait(self, connection: sa.Connection, position: str) -> bool:
        """Wait until a standby has replayed the log up to a position.

        :returns: False if that takes too long.
        """
        until = time.monotonic() + _PATIENCE
        while True:
            # In autocommit mode: a snapshot must not be older than the answer.
            with connection.begin():
                if self._primary.dialect.has_replayed(connection, position):
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(_INTERVAL)

    def _note(self, error: sa.exc.DBAPIError | None) -> None:
        """Note whether the standbys were lost, and log it if that has changed."""
        lost = error is not None
        if lost == self._lost:
            return
        self._lost = lost
        name = self.database.dialect.render_url(self.database.engine.url)
        if error is None:
            LOG.info("The standbys %s answer again.", name)
        else:
            reason = one_line(error.orig or error)
            LOG.warning(
                "The standbys %s do not answer, so the primary answers all requests: %s",
                name,
                reason,
            )

    def _pause(self, seconds: float) -> None:
        """Let the primary answer all requests for some seconds."""
        self._paused_until = time.monotonic() + seconds
