# SPDX-License-Identifier: Apache-2.0
"""Connections to SQLite that interrupt a statement at the deadline of the request."""

from __future__ import annotations

import sqlite3

from cratonserver import deadlines, request_limits

#: Number of instructions of SQLite's virtual machine between two checks: about a millisecond.
#: The statements of an ordinary page have fewer, so they are not checked at all.
_INSTRUCTIONS = 50_000


class Connection(sqlite3.Connection):
    """A connection whose statements end at the deadline of the request."""

    def limit(self) -> None:
        """Check the deadline while statements run, and limit the length of texts."""
        self.set_progress_handler(deadlines.passed, _INSTRUCTIONS)
        limits = request_limits.current()
        # Parameters contain bodies, with escapes.
        longest = max(2 * limits.variables_size, 16 * limits.body_size)
        self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(longest, 10**9))

    #: The longest time that this connection waits for other programs, in milliseconds.
    _patience: int | None = None

    def limit_waiting(self) -> None:
        """Wait for other programs that write to the file until the deadline at most.

        SQLite does not notice an interruption while it waits.
        """
        if self._patience is None:
            self._patience = self.execute("PRAGMA busy_timeout").fetchone()[0]
        milliseconds = round(deadlines.remaining(self._patience / 1000) * 1000)
        self.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def commit(self) -> None:
        """Commit. Once it has begun, the deadline does not stop it: the change counts."""
        with deadlines.suspended():
            super().commit()

    def rollback(self) -> None:
        """Roll back, also after the deadline."""
        with deadlines.suspended():
            super().rollback()
