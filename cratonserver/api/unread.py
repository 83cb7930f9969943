# SPDX-License-Identifier: Apache-2.0
"""The response bodies that wait for their clients, and how much room they may take.

Clients may read slowly, so their bodies could fill the disk, although each of them is small
enough.
"""

from __future__ import annotations

import collections
import threading

from cratonserver import errors, request_limits

#: The part of the room that one address gets at most.
_SHARE = 3 / 4


class Unread:
    """The room for all bodies of a process. Threads may share it."""

    def __init__(self) -> None:
        # A body may be collected, and so give room back, wherever Python allocates memory.
        self._lock = threading.RLock()
        self._sizes: collections.Counter[str] = collections.Counter()

    def add(self, address: str, size: int) -> None:
        """Take room.

        :param address: address of the client.
        :param size: number of bytes.
        :raises cratonserver.errors.Refused: with status 429 if the address takes too much, or
            with 503, if all of them do.
        """
        limit = request_limits.current().unread_size
        with self._lock:
            mine, total = self._sizes[address] + size, self._sizes.total() + size
            if total <= limit and mine <= limit * _SHARE:
                self._sizes[address] += size
                return
        status, whose = (429, "to your address ") if mine > limit * _SHARE else (503, "")
        raise errors.Refused(
            status,
            f"There is no room for the response, because other large responses {whose}have not "
            "been read yet (unread_size). Read them, or try again later.",
            headers={"Retry-After": "1"},
            reason="unread_size",
        )

    def remove(self, address: str, size: int) -> None:
        """Return room that :meth:`add` took."""
        with self._lock:
            self._sizes[address] -= size
            if not self._sizes[address]:
                del self._sizes[address]


#: The room of this process.
UNREAD = Unread()


class Share:
    """The room that one body takes.

    :param address: address of the client.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        #: The number of bytes.
        self.size = 0

    def grow(self, size: int) -> None:
        """Take more room.

        :raises cratonserver.errors.Refused: as :meth:`Unread.add`.
        """
        UNREAD.add(self._address, size)
        self.size += size

    def release(self) -> None:
        """Return all room."""
        UNREAD.remove(self._address, self.size)
        self.size = 0
