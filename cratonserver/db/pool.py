# SPDX-License-Identifier: Apache-2.0
"""The pool of connections of an engine, which tells an observer what its connections do."""

from __future__ import annotations

import logging
import typing as t

import sqlalchemy as sa
from sqlalchemy import pool

#: SQLAlchemy logs every step of a pool, and names the log after the class of the pool, so
#: these messages would look like those of the server.
logging.getLogger(f"{__name__}.Pool").setLevel(logging.WARNING)


class Observer(t.Protocol):
    """An object that counts connections. Each method gets 1 or -1."""

    def opened(self, change: int) -> None:
        """Count an open connection."""

    def used(self, change: int) -> None:
        """Count a connection that is in use."""

    def waited(self, change: int) -> None:
        """Count a thread that waits for a connection, until one is free or opened."""


class Pool(pool.QueuePool):
    """A pool with an optional observer."""

    observer: Observer | None = None

    def connect(self) -> t.Any:
        """Return a connection. This waits for one, or opens one."""
        if self.observer is None or self.checkedin():
            return super().connect()
        self.observer.waited(1)
        try:
            return super().connect()
        finally:
            self.observer.waited(-1)

    def recreate(self) -> Pool:
        """Return a new pool with the same observer, after a loss of all connections."""
        made = t.cast("Pool", super().recreate())
        made.observer = self.observer
        return made


def observe(engine: sa.Engine, observer: Observer) -> None:
    """Tell an observer about all connections of an engine.

    :param engine: engine whose pool is a :class:`Pool`.
    :param observer: the observer.
    """
    observed = t.cast("Pool", engine.pool)
    observed.observer = observer
    # The flag of a record whose use was counted. SQLAlchemy also checks in connections that
    # it never checked out, because they failed.
    counted = object()
    observer.opened(observed.checkedin() + observed.checkedout())

    def checked_out(_connection: t.Any, record: t.Any, _proxy: t.Any) -> None:
        record.record_info[counted] = True
        observer.used(1)

    def checked_in(_connection: t.Any, record: t.Any) -> None:
        if record.record_info.pop(counted, False):
            observer.used(-1)

    sa.event.listen(observed, "connect", lambda *_arguments: observer.opened(1))
    sa.event.listen(observed, "close", lambda *_arguments: observer.opened(-1))
    sa.event.listen(observed, "checkout", checked_out)
    sa.event.listen(observed, "checkin", checked_in)
