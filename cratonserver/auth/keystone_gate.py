# SPDX-License-Identifier: Apache-2.0
"""Bound what requests ask of Keystone, so that a slow Keystone harms no other request.

Only some threads may wait for Keystone at the same time. While it does not respond, one
thread at a time finds out whether it does again. A token that Keystone refused is refused for
a while without asking again. Tokens that were validated are in the cache of keystonemiddleware,
and do not come here.
"""

from __future__ import annotations

import collections
import hashlib
import threading
import time
import typing as t

from keystoneauth1 import exceptions as ksa_exceptions
from keystonemiddleware.auth_token import _exceptions as ksm_exceptions

from cratonserver import errors

T = t.TypeVar("T")

#: Errors that mean that Keystone did not respond.
UNAVAILABLE = (
    ksa_exceptions.ConnectionError,
    ksa_exceptions.DiscoveryFailure,
    ksa_exceptions.RequestTimeout,
    ksm_exceptions.ServiceError,
)
#: Seconds for which a token that Keystone refused is refused without asking again.
REMEMBERED_SECONDS = 10.0
#: The number of refused tokens to remember.
REMEMBERED = 10_000
#: Seconds without questions after Keystone did not respond.
PAUSE = 1.0


class Gate:
    """The limits of what is asked of Keystone. Threads share it.

    :param places: number of threads that may wait for Keystone at the same time.
    :param seconds: timeout of each question, for messages; ``None`` for no timeout.
    """

    def __init__(self, places: int, seconds: float | None) -> None:
        self._limit = places
        self._seconds = seconds
        self._places = threading.Semaphore(places)
        self._lock = threading.Lock()
        self._silent_until = 0.0
        self._refused: collections.OrderedDict[str, float] = collections.OrderedDict()

    def ask(self, token: str, question: t.Callable[[], T]) -> T:
        """Ask Keystone about a token.

        :param token: the token.
        :param question: function that asks, and raises an exception of keystonemiddleware.
        :returns: the result of the question.
        :raises cratonserver.errors.Refused: with status 503, if Keystone does not respond, or
            too many threads wait for it.
        :raises keystonemiddleware.auth_token._exceptions.InvalidToken: if Keystone refuses
            the token, or has refused it a moment ago.
        """
        key = hashlib.sha256(token.encode()).hexdigest()
        self._check(key)
        if not self._places.acquire(blocking=False):
            raise self._crowded()
        try:
            return question()
        except UNAVAILABLE as exc:
            self._silent_until = time.monotonic() + PAUSE
            raise self.unavailable() from exc
        except ksm_exceptions.InvalidToken:
            self._remember(key)
            raise
        finally:
            self._places.release()

    def unavailable(self) -> errors.Refused:
        """Return the error for a Keystone that does not respond: status 503."""
        within = "" if self._seconds is None else f" within {self._seconds:g} seconds"
        return errors.Refused(
            503,
            f"Keystone does not respond{within}, so the token cannot be validated. Try again.",
            headers={"Retry-After": "5"},
            reason="keystone_timeout",
        )

    def _crowded(self) -> errors.Refused:
        return errors.Refused(
            503,
            f"Keystone responds slowly: {self._limit} requests of this process, which is the "
            "limit, wait for the validation of their tokens already. Try again.",
            headers={"Retry-After": "1"},
            reason="keystone_waiting",
        )

    def _check(self, key: str) -> None:
        """Refuse a question whose answer is known."""
        now = time.monotonic()
        with self._lock:
            if self._refused.get(key, 0) > now:
                raise ksm_exceptions.InvalidToken("Token authorization failed")
            if now < self._silent_until:
                raise self.unavailable()

    def _remember(self, key: str) -> None:
        with self._lock:
            self._refused[key] = time.monotonic() + REMEMBERED_SECONDS
            self._refused.move_to_end(key)
            if len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)


class IdentityServer:
    """The connection of keystonemiddleware to Keystone, behind a gate.

    :param behind: the connection.
    :param gate: the gate.
    """

    def __init__(self, behind: t.Any, gate: Gate) -> None:
        self._behind = behind
        self._gate = gate

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._behind, name)

    def verify_token(self, token: str, allow_expired: bool = False) -> t.Any:
        """Return the data of a token.

        :param token: the token.
        :param allow_expired: accept an expired token, for requests between services.
        :raises cratonserver.errors.Refused: see :meth:`Gate.ask`.
        """
        return self._gate.ask(
            f"{allow_expired} {token}",
            lambda: self._behind.verify_token(token, allow_expired=allow_expired),
        )
