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
#: Seconds for a COMMIT or ROLLBACK after the deadline of the request.
_FINISHING_SECONDS = 5.0
#: The SQLSTATE of the warning that a COMMIT does not wait for the standby any longer.
_NOT_REPLICATED = "01000"


class UnknownOutcome(psycopg.OperationalError):
    """A COMMIT was not answered. The change may or may not have been made."""


class Connection(psycopg.Connection[t.Any]):
    """A connection whose statements end at the deadline of the request.

    Unlike ``SET LOCAL statement_timeout``, this takes no additional round trip, and several
    statements of a request share one deadline.
    """

    #: False while statements must not be cancelled at the deadline.
    _cancels = True
    #: True while each statement commits.
    _commits = False
    #: True if a COMMIT has given up waiting for the standby.
    _unconfirmed = False

    #: The origin of the change that the next statement belongs to, as JSON.
    origin: str | None = None
    #: The id and the revision of the change of the last statement.
    entry: str | None = None
    #: The project whose other writers the next statement excludes.
    locks: str = ""

    #: The style of parameters for :meth:`prepared_cursor`.
    PREPARED_PARAMSTYLE = "numeric_dollar"

    def prepared_cursor(self) -> psycopg.RawCursor[t.Any]:
        """Return a cursor for :mod:`cratonserver.db.prepared`.

        It takes SQL as PostgreSQL has it. Other cursors parse SQL for their own parameters,
        long statements again each time.
        """
        return psycopg.RawCursor(self)

    def wait(self, gen: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Wait for the database, and cancel the statement at the deadline.

        :param gen: generator of psycopg, which yields when it waits for the socket.
        :raises UnknownOutcome: if the statement commits, and the connection is lost, or the
            database gives up waiting for its standby.
        """
        deadline = deadlines.current()
        if deadline is not None:
            gen = self._until(deadline, gen)
        try:
            result = super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError as exc:
            if self._commits and self.closed:
                raise UnknownOutcome(str(exc)) from exc
            raise
        if self._commits and self._unconfirmed:
            raise UnknownOutcome("no standby has confirmed the change, which may be lost")
        return result

    def set_read_only(self, value: bool | None) -> None:
        """Begin transactions as READ ONLY, or in the default mode.

        SQLAlchemy says False after a transaction that reads. A standby would refuse READ WRITE
        with another error than a change, and not as a server that cannot be written.
        """
        super().set_read_only(value or None)

    def commit(self) -> None:
        """Commit. Once it has begun, the deadline does not cancel it: the change counts.

        :raises UnknownOutcome: as :meth:`wait`.
        """
        with self.committing(), self._finishing():
            super().commit()

    @contextlib.contextmanager
    def committing(self) -> t.Iterator[None]:
        """Raise :exc:`UnknownOutcome` if a COMMIT in the block may have been made or not."""

        def note(notice: t.Any) -> None:
            self._unconfirmed = self._unconfirmed or notice.sqlstate == _NOT_REPLICATED

        self.add_notice_handler(note)
        self._commits, self._unconfirmed = True, False
        try:
            yield
        finally:
            self._commits = False
            self.remove_notice_handler(note)

    def rollback(self) -> None:
        """Roll back, also after the deadline."""
        with self._finishing():
            super().rollback()

    @contextlib.contextmanager
    def impatient(self, seconds: float) -> t.Iterator[None]:
        """Close the connection if a statement in the block takes longer than a few seconds.

        The statement is not cancelled. 0 seconds means: wait for it.
        """
        self._cancels = False
        try:
            with deadlines.limit(seconds):
                yield
        finally:
            self._cancels = True

    def _finishing(self) -> t.ContextManager[None]:
        """Limit the end of a transaction to a few seconds after the deadline of the request."""
        deadline = deadlines.current()
        if deadline is None:
            return self.impatient(0)
        return self.impatient(max(_FINISHING_SECONDS, deadline.at - time.monotonic()))

    def _until(
        self, deadline: deadlines.Deadline, gen: t.Generator[t.Any, t.Any, T]
    ) -> t.Generator[t.Any, t.Any, T]:
        """Pass the states of the socket to a generator, and cancel its statement in time.

        psycopg passes a state at least ten times a second, also while nothing arrives.

        :param deadline: the deadline, which moves if the client disconnects.
        """
        cancelled = False
        try:
            wanted = next(gen)
            while True:
                state = yield wanted
                late = time.monotonic() - deadline.at
                if late > (_PATIENCE if self._cancels else 0):
                    self.close()  # so that the pool replaces it, and all others
                    raise psycopg.OperationalError("the database did not answer in time")
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
    try:
        remaining = deadlines.remaining(int(most))
    except ValueError:
        raise psycopg.ProgrammingError(
            f'invalid connection option "connect_timeout": {most!r} is not a number of seconds'
        ) from None
    timeout = max(2, round(remaining))  # psycopg waits 2 s at least
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
