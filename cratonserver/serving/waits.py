# SPDX-License-Identifier: Apache-2.0
"""Requests that wait for a change, without a thread and without a turn."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import io
import threading
import typing as t

from cratonserver import errors, wsgi_keys
from cratonserver.identity import Identity
from cratonserver.serving.departures import Departure

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: The seconds after which a refused client may try again.
RETRY_AFTER = "5"
_User = tuple[str, str]


class Waits:
    """The requests of a process that wait.

    :param limit: number of requests that wait. The limit does not lock out a project with
        fewer of them than others have.
    :param user_limit: maximum number of requests of one user.
    """

    def __init__(self, limit: int, user_limit: int) -> None:
        self._limit = limit
        self._user_limit = user_limit
        self._lock = threading.Lock()
        self._waiting: set[t.Callable[[], None]] = set()
        self._ended = False
        #: The number of requests of each user and of each project.
        self._users: collections.Counter[_User] = collections.Counter()
        self._projects: collections.Counter[str] = collections.Counter()
        #: A lock for each user: a change must not wake all requests of a user at once.
        self._resuming: dict[_User, asyncio.Lock] = {}

    def end(self) -> None:
        """Let all requests stop waiting, because the server stops. Call it from any thread."""
        with self._lock:
            self._ended = True
            waiting = [*self._waiting]
        for tell in waiting:
            tell()

    @contextlib.asynccontextmanager
    async def over(
        self, environ: wsgi.WSGIEnvironment, departure: Departure
    ) -> t.AsyncIterator[None]:
        """Wait until there is something to read. Repeat the request in the block.

        One request of a user at a time is in the block.

        :raises cratonserver.errors.Refused: with status 429 or 503, if too many wait.
        :raises cratonserver.errors.ClientGone: if the client disconnects meanwhile.
        """
        wait: wsgi_keys.Wait = environ.pop(wsgi_keys.WAIT)
        identity: Identity = environ[wsgi_keys.IDENTITY]
        with self._place(identity) as resuming:
            await self._wait(wait, departure)
            environ[wsgi_keys.CAN_WAIT] = False
            environ.pop(wsgi_keys.IDENTITY)  # the credentials may not be valid any more
            environ["wsgi.input"] = io.BytesIO()
            async with resuming:
                yield

    async def _wait(self, wait: wsgi_keys.Wait, departure: Departure) -> None:
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

    @contextlib.contextmanager
    def _place(self, identity: Identity) -> t.Iterator[asyncio.Lock]:
        """Count a request in the block, or refuse it, and yield the lock of its user.

        :raises cratonserver.errors.Refused: with status 429 or 503.
        """
        project, user = identity.project_id, (identity.project_id, identity.username)
        self._check(project, user)
        self._projects[project] += 1
        self._users[user] += 1
        try:
            yield self._resuming.setdefault(user, asyncio.Lock())
        finally:
            _decrease(self._projects, project)
            _decrease(self._users, user)
            if user not in self._users:
                del self._resuming[user]

    def _check(self, project: str, user: _User) -> None:
        """Refuse a request if there are too many.

        :raises cratonserver.errors.Refused: with status 429 or 503.
        """
        headers = {"Retry-After": RETRY_AFTER}
        if self._users[user] >= self._user_limit:
            raise errors.Refused(
                429,
                f"Too many requests of the user {user[1]!r} wait for changes: the limit is "
                f"{self._user_limit}. Try again.",
                headers=headers,
                reason="user_wait_limit",
            )
        mine, waiting = self._projects[project], self._projects.total()
        if waiting >= self._limit and mine >= self._limit // max(1, len(self._projects)):
            raise errors.Refused(
                503,
                "Too many requests wait for changes. Try again.",
                headers=headers,
                reason="wait_limit",
            )

    def _add(self, tell: t.Callable[[], None]) -> None:
        with self._lock:
            self._waiting.add(tell)
            if self._ended:
                tell()


def _decrease(counter: collections.Counter[t.Any], key: t.Any) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
