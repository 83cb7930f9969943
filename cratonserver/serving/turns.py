# SPDX-License-Identifier: Apache-2.0
"""Turns at the threads: a queue of requests that is fair to all addresses.

No address gets all threads, so that the others never wait for one address alone. Requests
that wait take no thread.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import typing as t

from cratonserver import errors
from cratonserver.serving.departures import Departure

#: The seconds after which a refused client may try again.
RETRY_AFTER = "1"


class Turns:
    """A queue for a number of turns. Use it in one event loop.

    :param total: number of turns at the same time.
    :param limit: maximum number of requests that have a turn or wait for one.
    :param address_limit: the same, for one address.
    :param patience: seconds after which a request stops waiting.
    """

    def __init__(self, total: int, limit: int, address_limit: int, patience: float) -> None:
        self._free = total
        self._share = share(total)
        self._limit = limit
        self._address_limit = address_limit
        self._patience = patience
        #: The number of requests of each address: all, and those that have a turn.
        self._present: collections.Counter[str] = collections.Counter()
        self._working: collections.Counter[str] = collections.Counter()
        #: The waiting requests of each address. The address that comes next is the first.
        self._waiting: dict[str, collections.deque[asyncio.Future[None]]] = {}

    @contextlib.contextmanager
    def presence(self, address: str) -> t.Iterator[None]:
        """Count a request in the block, or refuse it.

        :raises cratonserver.errors.Refused: with status 429 if the address has too many
            requests, and with 503 if the server has.
        """
        mine = self._present[address]
        if mine >= self._address_limit:
            message = (
                "There are too many requests from your address at the same time: the limit "
                f"is {self._address_limit}. Try again."
            )
            raise _refused(429, message, "address_limit")
        # The limit must not lock out an address with fewer requests than the others have.
        if self._present.total() >= self._limit and mine >= self._limit // len(self._present):
            raise _refused(503, "The server is busy: try again.", "request_limit")
        self._present[address] += 1
        try:
            yield
        finally:
            _decrease(self._present, address)

    @contextlib.asynccontextmanager
    async def turn(self, address: str, departure: Departure) -> t.AsyncIterator[None]:
        """Wait for a turn, and keep it in the block.

        :param departure: departure of the client, which ends waiting.
        :raises cratonserver.errors.Refused: with status 503, if that takes too long.
        :raises cratonserver.errors.ClientGone: if the client disconnects meanwhile.
        """
        if self._free and self._working[address] < self._share:
            self._start(address)
        else:
            await self._wait(address, departure)
        try:
            yield
        finally:
            self._end(address)

    async def _wait(self, address: str, departure: Departure) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        departure.calls(functools.partial(_leave, turn))
        self._waiting.setdefault(address, collections.deque()).append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as exc:
            # It may have started just now.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._end(address)
            if isinstance(exc, TimeoutError):
                message = f"The server is busy: the request waited {self._patience} seconds."
                raise _refused(503, message, "request_timeout") from None
            raise

    def _start(self, address: str) -> None:
        self._free -= 1
        self._working[address] += 1

    def _end(self, address: str) -> None:
        """End a turn, and start a request of the next address."""
        self._free += 1
        _decrease(self._working, address)
        for candidate in [*self._waiting]:
            if self._free and self._working[candidate] < self._share:
                self._start_first(candidate)

    def _start_first(self, address: str) -> None:
        """Start the first request of an address that still waits."""
        waiting = self._waiting.pop(address)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                self._start(address)
                turn.set_result(None)
                break
        if waiting:
            self._waiting[address] = waiting  # behind the other addresses


def share(total: int) -> int:
    """Return the number of turns that one address or one user gets at the same time.

    >>> share(8), share(2), share(1)
    (6, 1, 1)
    """
    return max(1, total - max(1, total // 4))


def _leave(turn: asyncio.Future[None]) -> None:
    """End waiting for a turn, because the client has gone."""
    if not turn.done():
        turn.set_exception(errors.ClientGone())


def _refused(status: int, message: str, reason: str) -> errors.Refused:
    headers = {"Retry-After": RETRY_AFTER}
    return errors.Refused(status, message, headers=headers, reason=reason)


def _decrease(counter: collections.Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
