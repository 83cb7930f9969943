# SPDX-License-Identifier: Apache-2.0
"""Requests that wait for a change, without a thread and without a turn."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import typing as t

from cratonserver import errors, wsgi_keys
from cratonserver.serving.departures import Departure

if t.TYPE_CHECKING:
    from _typeshed import wsgi


class Waits:
    """The requests of a process that wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[t.Callable[[], None]] = set()
        self._ended = False

    def end(self) -> None:
        """Let all requests stop waiting, because the server stops. Call it from any thread."""
        with self._lock:
            self._ended = True
            waiting = [*self._waiting]
        for tell in waiting:
            tell()

    async def wait(self, environ: wsgi.WSGIEnvironment, departure: Departure) -> None:
        """Wait until there is something to read, and prepare to repeat the request.

        :raises cratonserver.errors.ClientGone: if the client disconnects meanwhile.
        """
        wait: wsgi_keys.Wait = environ.pop(wsgi_keys.WAIT)
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()

        def tell(error: BaseException | None = None) -> None:
            if told.done():
                return
            if error is None:
                told.set_result(None)
            else:
                told.set_exception(error)

        def tell_from_thread() -> None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(tell)

        end = wait.begin(tell_from_thread)
        departure.calls(lambda: tell(errors.ClientGone()))
        self._add(tell_from_thread)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait.seconds):
                    await told
        finally:
            self._waiting.discard(tell_from_thread)
            end()
        environ[wsgi_keys.CAN_WAIT] = False
        environ.pop(wsgi_keys.IDENTITY, None)  # the credentials may not be valid any more
        environ["wsgi.input"] = io.BytesIO()

    def _add(self, tell: t.Callable[[], None]) -> None:
        with self._lock:
            self._waiting.add(tell)
            if self._ended:
                tell()
