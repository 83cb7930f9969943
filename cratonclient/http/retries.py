# SPDX-License-Identifier: Apache-2.0
"""Retries: which requests are repeated, how often, and how long the client waits.

The adapter repeats requests, and nothing else does. The numbers of one call reach it through
a context variable, because keystoneauth would use them for retries of its own: it also
repeats a POST that the server may have processed.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import time
import typing as t

import urllib3
from urllib3 import exceptions as urllib3_exceptions

from cratonclient import exceptions
from cratonclient.printable import shown

#: Seconds that one request waits in total, if a busy server asks for it with Retry-After.
DEFAULT_MAX_WAIT = 60.0

#: The keywords of a request with the numbers of retries, as keystoneauth names them.
CONNECT, STATUS = "connect_retries", "status_code_retries"

#: Statuses of responses that are retried.
_RETRIED_STATUSES = frozenset({429, 502, 503, 504})

#: Logs pauses before a retry, at level INFO.
WAITS = logging.getLogger("cratonclient.wait")


class Numbers(t.NamedTuple):
    """The numbers of retries that a program has chosen. ``None`` means: not chosen.

    :param connect: retries after a failed or lost connection, or a timeout.
    :param status: retries after a response with the status 429, 502, 503 or 504.
    """

    connect: int | None = None
    status: int | None = None

    def or_else(self, other: Numbers) -> Numbers:
        """Return these numbers, and those of another object where none was chosen."""
        return Numbers(
            other.connect if self.connect is None else self.connect,
            other.status if self.status is None else self.status,
        )

    def keywords(self) -> dict[str, int]:
        """Return the chosen numbers as keywords of a request."""
        found = {CONNECT: self.connect, STATUS: self.status}
        return {name: value for name, value in found.items() if value is not None}


#: No retries at all.
NEVER = Numbers(0, 0)

#: No numbers: the program has not chosen any.
UNSET = Numbers()

_CHOSEN: contextvars.ContextVar[Numbers] = contextvars.ContextVar("retries", default=UNSET)


@contextlib.contextmanager
def chosen(numbers: Numbers) -> t.Iterator[None]:
    """Use numbers of retries for the requests in a block.

    :param numbers: the numbers. Those that are ``None`` remain as they were.
    """
    token = _CHOSEN.set(numbers.or_else(_CHOSEN.get()))
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def check_number(name: str, value: object) -> int | None:
    """Return a number of retries, or refuse a value that is not one.

    :param name: name of the argument, for the message.
    :param value: whole number that is not negative, or ``None``.
    :raises cratonclient.exceptions.CommandError: if it is neither.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise exceptions.CommandError(
            f"{name} must be a whole number that is not negative, or None, not {shown(value)}."
        )
    return value


def check(connect_retries: object, status_code_retries: object) -> Numbers:
    """Return the numbers of retries that were given, or refuse invalid ones.

    :param connect_retries: retries after a failed or lost connection, or ``None``.
    :param status_code_retries: retries after a response of a busy server, or ``None``.
    :raises cratonclient.exceptions.CommandError: if one is not a number of retries.
    """
    return Numbers(
        check_number(CONNECT, connect_retries), check_number(STATUS, status_code_retries)
    )


def taken_from(options: dict[str, t.Any]) -> Numbers:
    """Remove the numbers of retries from the keywords of a request, and return them.

    :raises cratonclient.exceptions.CommandError: if one is not a number of retries.
    """
    return check(options.pop(CONNECT, None), options.pop(STATUS, None))


class Policy(urllib3.Retry):
    """The retries of one request.

    :param max_wait: seconds left to wait for a busy server.
    """

    RETRY_AFTER_STATUS_CODES = _RETRIED_STATUSES  # urllib3 would add 413

    def __init__(
        self, *args: t.Any, max_wait: float = DEFAULT_MAX_WAIT, **kwargs: t.Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.max_wait = max_wait

    def new(self, **changes: t.Any) -> t.Self:
        """Return a copy with changes."""
        return super().new(**{"max_wait": self.max_wait, **changes})

    def with_numbers(self, numbers: Numbers) -> t.Self:
        """Return a copy with the numbers that a program has chosen."""
        if numbers == UNSET:
            return self
        changes: dict[str, t.Any] = {}
        if numbers.connect is not None:
            changes.update(connect=numbers.connect, read=numbers.connect)
        if numbers.status is not None:
            changes.update(status=numbers.status)
        found = {"connect": self.connect, "status": self.status, **changes}
        return self.new(total=found["connect"] + found["status"], **changes)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Return True if a request is sent again after a response with a status."""
        can_wait = self.max_wait > 0 or not has_retry_after
        return can_wait and super().is_retry(method, status_code, has_retry_after)

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds in a ``Retry-After`` header, or 0 if it is not valid."""
        try:
            return super().parse_retry_after(retry_after)
        except urllib3_exceptions.InvalidHeader:
            return 0.0

    def increment(self, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Return the retries that are left.

        The connection of a response is closed: its body could be long or slow. The exception
        after the last retry gets the errors of all attempts as ``attempts``, because one of
        them may have reached the server.
        """
        try:
            left = super().increment(*args, **kwargs)
        except urllib3_exceptions.MaxRetryError as exc:
            attempts = [one.error for one in self.history if one.error is not None]
            exc.attempts = attempts  # type: ignore[attr-defined]
            raise
        if response := kwargs.get("response"):
            response.close()
        return left

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        """Sleep for the time in ``Retry-After``, and log it."""
        seconds = min(self.get_retry_after(response) or 0.0, self.max_wait)
        if seconds <= 0:
            return False
        WAITS.info("The server is busy. Retrying in %.0f s.", seconds)
        self.max_wait -= seconds
        time.sleep(seconds)
        return True


#: POST is not in ``allowed_methods``, so it is retried only if the connection failed
#: before any byte of the request was sent.
DEFAULT = Policy(
    total=3,
    connect=3,
    read=1,
    status=3,
    redirect=0,
    other=0,
    allowed_methods=frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    status_forcelist=_RETRIED_STATUSES,
    backoff_factor=0.2,
    backoff_jitter=0.2,
    backoff_max=10,
    respect_retry_after_header=True,
    raise_on_status=False,
    raise_on_redirect=False,
)


def policy(retries: int | Numbers | None, max_wait: float) -> Policy:
    """Return the retries of a session.

    :param retries: retries of one request, whatever the reason, or a number for each
        reason. The default are those of :data:`DEFAULT`.
    :param max_wait: seconds that one request waits in total for a busy server.
    :raises cratonclient.exceptions.CommandError: if ``retries`` is not valid.
    """
    default = DEFAULT.new(max_wait=max_wait)
    if isinstance(retries, Numbers):
        return default.with_numbers(retries)
    number = check_number("retries", retries)
    if number is None:
        return default
    return default.new(total=number, connect=number, read=number, status=number)


def current(retries: t.Any) -> t.Any:
    """Return the retries of the request that is sent now.

    :param retries: the retries of the adapter, which may be an object of the program.
    """
    return retries.with_numbers(_CHOSEN.get()) if isinstance(retries, Policy) else retries
