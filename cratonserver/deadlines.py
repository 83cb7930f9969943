# SPDX-License-Identifier: Apache-2.0
"""The deadline of the request that the current thread works for.

The outermost layer sets it, so that all others know it without a parameter: statements are
cancelled at the deadline, waiting for locks ends, and long computations check it. If the
client disconnects, the deadline moves to that moment. Without a
request, such as in commands of ``craton-server``, there is no deadline.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
import typing as t

from cratonserver import errors

T = t.TypeVar("T")

#: The maximum of :func:`step`.
_STEP = 0.5


class Exceeded(errors.Refused):
    """The request took too long: status 504.

    :param seconds: the limit.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            504,
            f"The request was stopped because it took longer than {seconds:g} seconds "
            "(request_deadline). Ask for less at once, or try again.",
            reason="request_deadline",
        )


class Deadline:
    """A deadline.

    :param seconds: the time from now.
    """

    __slots__ = ("_gone", "at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        #: The time, by ``time.monotonic``.
        self.at = time.monotonic() + seconds
        self._gone = False

    def client_gone(self) -> None:
        """Stop the work, because nobody waits for it. Any thread may call this."""
        self._gone = True
        self.at = min(self.at, time.monotonic())

    def error(self) -> errors.Refused:
        """Return the error of a request whose deadline has passed."""
        return errors.ClientGone() if self._gone else Exceeded(self.seconds)


_current: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar(
    "craton_deadline", default=None
)


@contextlib.contextmanager
def limit(seconds: float, given: Deadline | None = None) -> t.Iterator[None]:
    """Set the deadline of the work in a block.

    :param seconds: the time from now; 0 for no deadline.
    :param given: deadline to use instead.

    >>> with limit(30):
    ...     print(round(remaining(60)))
    30
    """
    token = _current.set(given or (Deadline(seconds) if seconds else None))
    try:
        yield
    finally:
        _current.reset(token)


@contextlib.contextmanager
def suspended() -> t.Iterator[None]:
    """Work without the deadline in a block that must not be interrupted, such as a COMMIT."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def lift() -> None:
    """Remove the deadline: the change is committed, and the response must say so."""
    _current.set(None)


def current() -> Deadline | None:
    """Return the deadline, ``None`` if there is none."""
    return _current.get()


def remaining(most: float) -> float:
    """Return the seconds until the deadline, at least 0.

    :param most: the result if there is no deadline, or a later one.
    """
    found = _current.get()
    return most if found is None else min(most, max(0.0, found.at - time.monotonic()))


def passed() -> bool:
    """Return True if the deadline has passed."""
    found = _current.get()
    return found is not None and time.monotonic() >= found.at


def check() -> None:
    """Stop the request if its deadline has passed, or if its client has gone.

    :raises Exceeded: if it has passed.
    :raises cratonserver.errors.ClientGone: if the client has gone.
    """
    found = _current.get()
    if found is not None and time.monotonic() >= found.at:
        raise found.error()


def acquire(lock: threading.Lock, most: float) -> bool:
    """Acquire a lock, and return False if that takes too long.

    :param most: maximum number of seconds.
    :raises Exceeded: at the deadline.
    :raises cratonserver.errors.ClientGone: if the client has gone.
    """
    until = time.monotonic() + most
    while not lock.acquire(timeout=step(until)):
        check()
        if time.monotonic() >= until:
            return False
    return True


def step(until: float) -> float:
    """Return the seconds to wait at once for something that does not notice the deadline.

    The deadline may move meanwhile, so waiting is divided into steps.

    :param until: time by ``time.monotonic`` at which waiting ends.
    """
    return max(0.0, min(_STEP, remaining(until - time.monotonic())))


def checked(items: t.Iterable[T], every: int = 256) -> t.Iterator[T]:
    """Yield items, and check the deadline after every so many of them.

    Other threads get their turn as well, so that a long computation does not hold them up.

    :param items: the items.
    :param every: number of items between two checks.
    :raises Exceeded: if the deadline has passed.
    """
    for number, item in enumerate(items):
        if number and not number % every:
            check()
            time.sleep(0)
        yield item
