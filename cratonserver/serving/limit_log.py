# SPDX-License-Identifier: Apache-2.0
"""Log who reaches which limit: the only place that logs refusals because of limits.

A client that repeats a request reaches a limit thousands of times a second. So the log has
one line a minute for each user (or address) and limit, with the number of lines that were
left out, and a bounded number of lines a minute in total.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
import typing as t

from cratonclient import secrets
from cratonserver import errors, wsgi_keys

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger("cratonserver.limits")

#: Seconds in which each user and limit has at most one line.
PERIOD = 60.0
#: The maximum number of lines in a period, for all users and limits together.
LINES = 60
#: The maximum number of pairs of a user and a limit that are remembered.
_REMEMBERED = 2000


class LimitLog:
    """A log of reached limits.

    :param clock: function that returns the time in seconds.
    """

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: Time of the last line, and number of refusals since then, by user and limit.
        self._seen: collections.OrderedDict[tuple[str, str], list[float]] = (
            collections.OrderedDict()
        )
        self._began = clock()
        self._lines = 0

    def refused(self, environ: wsgi.WSGIEnvironment, refused: errors.Refused) -> None:
        """Log that a request was refused because of a limit, unless it is repeated.

        :param environ: WSGI environment of the request; contains the identity of the user
            if the request was authenticated.
        :param refused: the error. Nothing is logged if it names no limit.
        """
        if not refused.reason:
            return
        identity = environ.get(wsgi_keys.IDENTITY)
        client = str(environ.get("REMOTE_ADDR") or "")
        fields = {
            **wsgi_keys.log_fields(environ)["fields"],
            "client": client,
            "user": identity.username if identity else None,
            "project": identity.project_id if identity else None,
        }
        who = f"{identity.project_id}/{identity.username}" if identity else client
        self.reached(refused.reason, who, secrets.mask(refused.message), fields)

    def reached(
        self,
        limit: str,
        who: str,
        reason: str,
        fields: t.Mapping[str, t.Any],
        message: str = "limit reached",
    ) -> None:
        """Log that a limit was reached, unless the same line was written a short time ago.

        :param limit: name of the limit, such as ``body_size``.
        :param who: user or address that reached it.
        :param reason: message of the refusal.
        :param fields: fields of the line that say who reached it.
        :param message: message of the line.
        """
        left_out = self._count(who, limit)
        if left_out is None:
            return
        more = {"limit": limit, "reason": reason.splitlines()[0], "left_out": left_out}
        LOG.warning(message, extra={"fields": {**fields, **more}})

    def _count(self, who: str, limit: str) -> int | None:
        """Return the number of lines left out since the last one, ``None`` to leave out this.

        :param who: user or address.
        :param limit: name of the limit.
        """
        with self._lock:
            now = self._clock()
            if now - self._began >= PERIOD:
                self._began, self._lines = now, 0
            seen = self._seen.setdefault((who, limit), [-PERIOD + now, 0])
            self._seen.move_to_end((who, limit))
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            if now - seen[0] < PERIOD or self._lines >= LINES:
                seen[1] += 1
                return None
            left_out = int(seen[1])
            seen[:] = [now, 0]
            self._lines += 1
            return left_out


#: The log of this process.
LIMITS = LimitLog()
