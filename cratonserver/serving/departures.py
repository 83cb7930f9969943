# SPDX-License-Identifier: Apache-2.0
"""The departure of a client that disconnects before it has its response."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t


class Departure:
    """The possible departure of the client of a request. Create it in an event loop."""

    __slots__ = ("_loop", "_reaction", "happened")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reaction: t.Callable[[], object] | None = None
        #: True if the client has gone.
        self.happened = False

    def calls(self, reaction: t.Callable[[], object]) -> None:
        """Call a function in the event loop when the client departs, instead of the last one.

        :param reaction: the function. It is called at once if the client has gone already.
        """
        self._reaction = reaction
        if self.happened:
            reaction()

    def notice(self) -> None:
        """Note that the client has gone. Any thread may call this, several times."""
        with contextlib.suppress(RuntimeError):  # the event loop has ended
            self._loop.call_soon_threadsafe(self._happen)

    def _happen(self) -> None:
        if not self.happened:
            self.happened = True
            if self._reaction is not None:
                self._reaction()
