# SPDX-License-Identifier: Apache-2.0
"""Slow down failed logins, so that nobody can try many keys.

Each user name at each client address, and each address, has a bucket of tokens. A failed
login takes a token, and tokens come back with time. Without a token, credentials are not
checked, so that guesses cost nothing. Credentials that were right before are always checked:
nobody can lock out the users behind the same address.
"""

from __future__ import annotations

import collections
import hashlib
import math
import secrets
import threading
import time
import typing as t

from cratonclient.secrets import mask
from cratonserver import errors, wsgi_keys
from cratonserver.serving import limit_log
from cratonserver.serving.holders import holder

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: The seconds after which one more login of a user can fail.
INTERVAL = 3.0
#: The number of users whose failed logins an address has at once.
_USERS = 10
#: The maximum number of buckets, and of credentials, that are remembered.
_REMEMBERED = 10_000

#: The maximum length of a user name in the log. The client may send any text.
_MAX_LENGTH = 100
_REASON = "The credentials were wrong."

_CREDENTIALS = ("HTTP_X_AUTH_USER", "HTTP_X_AUTH_PROJECT", "HTTP_X_AUTH_TOKEN")


class Buckets:
    """Buckets of tokens, by name. The oldest are forgotten.

    :param size: number of tokens in a full bucket.
    :param interval: seconds after which a token comes back.
    """

    def __init__(self, size: int, interval: float) -> None:
        self._size = size
        self._interval = interval
        #: The time at which each bucket is full again.
        self._full_at: collections.OrderedDict[t.Hashable, float] = collections.OrderedDict()

    def wait(self, name: t.Hashable, now: float) -> float:
        """Return the seconds until a bucket has a token, 0 if it has one."""
        full_at = self._full_at.get(name, now)
        return max(0.0, full_at - now - (self._size - 1) * self._interval)

    def take(self, name: t.Hashable, now: float) -> None:
        """Take a token from a bucket."""
        self._full_at[name] = max(self._full_at.get(name, now), now) + self._interval
        self._full_at.move_to_end(name)
        if len(self._full_at) > _REMEMBERED:
            self._full_at.popitem(last=False)


class FailedLogins:
    """A WSGI layer that refuses to check credentials after too many failed logins.

    :param application: WSGI application, which responds with 401 to wrong credentials.
    :param burst: number of failed logins of a user that are allowed at once; 0 for any.
    :param open_paths: paths that need no credentials. Credentials sent there are ignored.
    :param clock: function that returns the time in seconds.
    """

    def __init__(
        self,
        application: wsgi.WSGIApplication,
        burst: int,
        open_paths: frozenset[str] = frozenset(),
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._burst = burst
        self._open_paths = open_paths
        self._clock = clock
        self._lock = threading.Lock()
        self._users = Buckets(burst, INTERVAL)
        self._addresses = Buckets(burst * _USERS, INTERVAL / _USERS)
        self._right: collections.OrderedDict[bytes, None] = collections.OrderedDict()
        self._secret = secrets.token_bytes(32)

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Handle a request.

        :raises cratonserver.errors.Refused: with status 429, after too many failed logins.
        """
        given = [environ.get(name, "") for name in _CREDENTIALS]
        ignored = not given[-1] or environ.get("PATH_INFO") in self._open_paths
        if not self._burst or wsgi_keys.IDENTITY in environ or ignored:
            return self._application(environ, start_response)
        digest = hashlib.blake2b("\0".join(given).encode("latin-1"), key=self._secret).digest()
        address = holder(environ.get("REMOTE_ADDR", ""))
        self._check(digest, address, given[0])

        def start(status: str, headers: t.Any, exc_info: t.Any = None) -> t.Any:
            if status.startswith("401"):
                self._failed(environ, address, given[0])
            elif environ.get(wsgi_keys.IDENTITY) is not None:
                self._remember(digest)
            return start_response(status, headers, exc_info)

        return self._application(environ, start)

    def _check(self, digest: bytes, address: str, user: str) -> None:
        with self._lock:
            now = self._clock()
            wait = max(
                self._users.wait((address, user), now), self._addresses.wait(address, now)
            )
            if not wait or digest in self._right:
                return
        seconds = math.ceil(wait)
        raise errors.Refused(
            429,
            f"Too many logins failed. Try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
            reason="failed_logins",
        )

    def _failed(self, environ: wsgi.WSGIEnvironment, address: str, user: str) -> None:
        """Count a failed login, and log the first one of a burst."""
        with self._lock:
            now = self._clock()
            self._users.take((address, user), now)
            self._addresses.take(address, now)
        # Users confuse the name and the key.
        user, client = mask(user)[:_MAX_LENGTH], environ.get("REMOTE_ADDR", "")
        fields = {**wsgi_keys.log_fields(environ)["fields"], "client": client, "user": user}
        limit_log.LIMITS.reached(
            "failed_logins", f"{address}/{user}", _REASON, fields, "login failed"
        )

    def _remember(self, digest: bytes) -> None:
        with self._lock:
            self._right[digest] = None
            self._right.move_to_end(digest)
            if len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)
