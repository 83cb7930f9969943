# SPDX-License-Identifier: Apache-2.0
"""Connections to SQLite that interrupt a statement at the deadline of the request."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import time
import typing as t

from cratonserver import deadlines, request_limits

#: Number of instructions of SQLite's virtual machine between two checks: about a millisecond.
#: The statements of an ordinary page have fewer, so they are not checked at all.
_INSTRUCTIONS = 50_000


@dataclasses.dataclass
class OpenChange:
    """A change whose entry is not in the log yet.

    :param id: id of the entry.
    :param revision: its revision.
    :param origin: the other values of the entry, by column.
    :param used: a trigger has written something.
    """

    id: int
    revision: int
    origin: t.Mapping[str, t.Any]
    used: bool = False


class Connection(sqlite3.Connection):
    """A connection whose statements end at the deadline of the request."""

    #: The change that this transaction makes.
    change: OpenChange | None = None

    def limit(self) -> None:
        """Check the deadline while statements run, and limit the length of texts."""
        self.set_progress_handler(deadlines.passed, _INSTRUCTIONS)
        limits = request_limits.current()
        # Parameters contain bodies, with escapes.
        longest = max(2 * limits.variables_size, 16 * limits.body_size)
        self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(longest, 10**9))

    #: The style of parameters for :meth:`prepared_cursor`.
    PREPARED_PARAMSTYLE = "qmark"

    def prepared_cursor(self) -> sqlite3.Cursor:
        """Return a cursor for :mod:`cratonserver.db.prepared`."""
        return self.cursor()

    #: The longest time that this connection waits for other programs, in milliseconds.
    _patience: int | None = None

    @contextlib.contextmanager
    def waiting_in_steps(self) -> t.Iterator[t.Callable[[], bool]]:
        """Wait for other programs that write to the file for a moment only, in the block.

        SQLite does not notice an interruption while it waits.

        :returns: a context manager that yields a function, which limits the next statement,
            and returns False if there is no time left.
        """
        patience = self._patience
        if patience is None:
            patience = self._patience = self.execute("PRAGMA busy_timeout").fetchone()[0]
        until = time.monotonic() + patience / 1000

        def limit() -> bool:
            self.execute(f"PRAGMA busy_timeout = {round(deadlines.step(until) * 1000)}")
            return time.monotonic() < until

        try:
            yield limit
        finally:
            self.execute(f"PRAGMA busy_timeout = {patience}")

    def commit(self) -> None:
        """Commit. Once it has begun, the deadline does not stop it: the change counts."""
        with deadlines.suspended():
            super().commit()
        self.change = None

    def rollback(self) -> None:
        """Roll back, also after the deadline."""
        self.change = None
        with deadlines.suspended():
            super().rollback()

    def change_id(self) -> int:
        """Return the id of the change (the function ``craton_change``).

        :raises RuntimeError: if the transaction has none.
        """
        if self.change is None:
            raise RuntimeError("the fleet is changed without an entry in its log")
        self.change.used = True
        return self.change.id

    def change_project(self) -> str:
        """Return the id of the project of the change (the function ``craton_project``).

        :raises RuntimeError: if the transaction has none.
        """
        if self.change is None:
            raise RuntimeError("the fleet is changed without an entry in its log")
        return str(self.change.origin["project_id"])
