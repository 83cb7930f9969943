# SPDX-License-Identifier: Apache-2.0
"""Print the progress of long work, but nothing for short work."""

from __future__ import annotations

import time
import typing as t

#: The seconds between two messages.
_INTERVAL = 5.0


class Progress:
    """Print how many rows of a table were copied, every few seconds.

    :param say: function that prints a line.
    :param interval: seconds between two lines.
    """

    def __init__(self, say: t.Callable[[str], None], interval: float = _INTERVAL) -> None:
        self._say = say
        self._interval = interval
        self._next = time.monotonic() + interval
        self._table, self._rows = "", 0

    def add(self, table: str, rows: int) -> None:
        """Count rows of a table, and print the number if it is time."""
        self._rows = rows + (self._rows if table == self._table else 0)
        self._table = table
        if time.monotonic() >= self._next:
            self._say(f"{table}: {self._rows} rows")
            self._next = time.monotonic() + self._interval
