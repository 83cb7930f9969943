# SPDX-License-Identifier: Apache-2.0
"""Connections to PostgreSQL that cancel a statement at the deadline of the request."""

from __future__ import annotations

import contextlib
import time
import typing as t

import psycopg

from cratonserver import deadlines

T = t.TypeVar("T")

#: Seconds for canceling a statement. After that, the network or the server is not working.
_PATIENCE = 2.0


class Connection(psycopg.Connection[t.Any]):
    """A connection whose statements end at the deadline of the request.

    Unlike ``SET LOCAL statement_timeout``, this takes no additional round trip, and several
    statements of a request share one deadline.
    """

    def wait(self, gen: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Wait for the database, and cancel the statement at the deadline.

        :param gen: generator of psycopg, which yields when it waits for the socket.
        """
        deadline = deadlines.current()
        if deadline is not None:
            gen = self._until(deadline.at, gen)
        return super().wait(gen, *args, **kwargs)

    def commit(self) -> None:
        """Commit. Once it has begun, the deadline does not stop it: the change counts."""
        with deadlines.suspended():
            super().commit()

    def rollback(self) -> None:
        """Roll back, also after the deadline."""
        with deadlines.suspended():
            super().rollback()

    def _until(
        self, at: float, gen: t.Generator[t.Any, t.Any, T]
    ) -> t.Generator[t.Any, t.Any, T]:
        """Pass the states of the socket to a generator, and cancel its statement in time.

        psycopg passes a state at least ten times a second, also while nothing arrives.

        :param at: the deadline.
        """
        cancelled = False
        try:
            wanted = next(gen)
            while True:
                state = yield wanted
                late = time.monotonic() - at
                if late > _PATIENCE:
                    raise psycopg.OperationalError("the statement could not be canceled")
                if late >= 0 and not cancelled:
                    cancelled = True
                    with contextlib.suppress(psycopg.Error):
                        self.cancel_safe(timeout=_PATIENCE)
                wanted = gen.send(state)
        except StopIteration as end:
            return t.cast("T", end.value)


def connect(
    _dialect: t.Any, _record: t.Any, arguments: t.Any, options: dict[str, t.Any]
) -> Connection:
    """Open a connection (listener of ``do_connect``), until the deadline at most."""
    most = options.get("connect_timeout", 10)
    timeout = max(2, round(deadlines.remaining(float(most))))  # psycopg waits 2 s at least
    return Connection.connect(*arguments, **{**options, "connect_timeout": timeout})


def limit_statements(connection: t.Any, record: t.Any, _proxy: t.Any) -> None:
    """Set ``statement_timeout`` of a connection from the pool (listener of ``checkout``).

    It ends statements even if this process has died meanwhile. All requests have the same
    limit, so it is set once for each connection.
    """
    deadline = deadlines.current()
    wanted = 0 if deadline is None else round(1000 * (deadline.seconds + _PATIENCE))
    if record.info.get("statement_timeout", 0) != wanted:
        connection.execute(f"SET statement_timeout = {wanted}")
        record.info["statement_timeout"] = wanted
