# SPDX-License-Identifier: Apache-2.0
"""A limit on the requests of one user that are in progress at the same time.

Without it, a user with many addresses could take all threads of a process.
"""

from __future__ import annotations

import collections
import threading

import falcon

from cratonserver import errors

_User = tuple[str, str]


class UserShare:
    """Falcon middleware that limits the requests in progress of each user.

    :param limit: maximum number of requests of a user; 0 for no limit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._working: collections.Counter[_User] = collections.Counter()

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count a request of an authenticated user.

        :raises cratonserver.errors.Refused: with status 429, if the user has too many.
        """
        identity = getattr(req.context, "identity", None)
        if identity is None or not self._limit:
            return
        user = identity.project_id, identity.username
        with self._lock:
            if self._working[user] >= self._limit:
                message = (
                    f"User {identity.username!r} has too many requests at the same time. "
                    "Try again."
                )
                raise errors.Refused(
                    429, message, headers={"Retry-After": "1"}, reason="user_limit"
                )
            self._working[user] += 1
        req.context.counted_user = user

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool
    ) -> None:
        """Count the end of a request."""
        user: _User | None = getattr(req.context, "counted_user", None)
        if user is not None:
            with self._lock:
                self._working[user] -= 1
                if not self._working[user]:
                    del self._working[user]
