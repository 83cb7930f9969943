# SPDX-License-Identifier: Apache-2.0
"""Limit the total time in which a response arrives.

The timeout of a socket limits each wait for data. A server that sends one byte per second
never exceeds it. Here the timeout limits the headers as a whole, and then the body as a
whole. This includes the response of a proxy to CONNECT.
"""

from __future__ import annotations

import functools
import http.client
import io
import time
import typing as t

if t.TYPE_CHECKING:
    import socket

    import urllib3

#: The maximum size of a response with its headers, in bytes as they are received. It also
#: limits responses that are read only to be skipped, before a retry.
MAX_RECEIVED = 320 << 20


def apply(manager: urllib3.PoolManager) -> None:
    """Let the connections of a pool manager limit the total time of responses.

    :param manager: pool manager of an adapter of requests, modified in place.
    """
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {name: _pool(cls) for name, cls in pools.items()}


@functools.cache
def _pool(cls: t.Any) -> t.Any:
    """Return a subclass of a pool whose connections read :class:`Response`.

    It has no class of connections of its own, so that vcrpy can replace the class.
    """

    def new_connection(self: t.Any) -> t.Any:
        connection = cls._new_conn(self)  # looked up now, because vcrpy replaces it
        connection.response_class = Response
        return connection

    return type("Pool", (cls,), {"_new_conn": new_connection})


class Response(http.client.HTTPResponse):
    """A response whose headers, and then whose body, must arrive before a deadline.

    The time is the timeout of the socket when the response is created.
    """

    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _Reader(t.cast("t.Any", self.fp).detach(), sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the status line and the headers, and skip interim responses (1xx)."""
        super().begin()
        # http.client skips 100 only.
        while 101 < self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment]  # begin() reads them again
            super().begin()
        self._reader.restart()


class _Reader(io.RawIOBase):
    """A file that reads from a socket until a deadline.

    :param raw: the file that reads from the socket.
    :param sock: the socket. Its timeout is changed.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._seconds, self._received = sock.gettimeout(), 0
        self.restart()

    def restart(self) -> None:
        """Set the deadline to the timeout from now."""
        self._end = None if self._seconds is None else time.monotonic() + self._seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        """Read bytes into a buffer.

        :raises TimeoutError: if none arrive before the deadline.
        :raises OSError: if the response is too large.
        """
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        size = self._raw.readinto(buffer)
        self._received += size or 0
        if self._received > MAX_RECEIVED:
            raise OSError(f"the response exceeds {MAX_RECEIVED >> 20} MiB")
        return size

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
        super().close()
