# SPDX-License-Identifier: Apache-2.0
"""The connections of this process: found by their addresses, and closed.

HTTP servers do not bound how slowly a client reads, nor how many connections it opens. The
operating system knows the connections of a process, whichever server accepted them.
"""

from __future__ import annotations

import collections
import contextlib
import os
import socket
import typing as t

Address = tuple[str, int]

#: The folder with an entry for each open file of this process.
_OPEN_FILES = "/dev/fd"


class Connections:
    """The connections of a server in this process.

    :param port: port of the server.
    :param patience: seconds after which the operating system closes a connection whose
        client does not acknowledge data or does not accept more.
    :param address_limit: number of connections that one client address may have.
    """

    def __init__(self, port: int, patience: float, address_limit: int) -> None:
        self._port = port
        self._patience = patience
        self._address_limit = address_limit
        #: The clients whose requests are in progress.
        self._busy: set[Address] = set()

    @contextlib.contextmanager
    def busy_with(self, client: Address) -> t.Iterator[None]:
        """Keep the connection of a client while its request is in progress in the block."""
        self._busy.add(client)
        try:
            yield
        finally:
            self._busy.discard(client)

    def close(self, client: Address) -> None:
        """Close the connection of a client. The server notices that as a disconnection."""
        for one in _sockets():
            if self._client(one) == client:
                _shut(one)

    def prepare(self) -> bool:
        """Set the options of the listening socket, which new connections inherit.

        :returns: False if the server does not listen yet.
        """
        option = getattr(socket, "TCP_USER_TIMEOUT", None)
        for one in _sockets():
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and (
                one.getsockname()[1] == self._port
            ):
                if option is not None:
                    one.setsockopt(socket.IPPROTO_TCP, option, int(self._patience * 1000))
                return True
        return False

    def close_surplus(self) -> None:
        """Close idle connections of addresses that have too many."""
        counts = collections.Counter(
            client[0] for client in map(self._client, _sockets()) if client
        )
        surplus = counts - collections.Counter(dict.fromkeys(counts, self._address_limit))
        if not surplus:
            return
        for one in _sockets():
            client = self._client(one)
            if client and surplus[client[0]] > 0 and client not in self._busy:
                surplus[client[0]] -= 1
                _shut(one)

    def _client(self, one: socket.socket) -> Address | None:
        """Return the client of a connection; ``None`` for other sockets."""
        with contextlib.suppress(OSError):
            if one.family != socket.AF_UNIX and one.getsockname()[1] == self._port:
                return t.cast("Address", one.getpeername()[:2])
        return None


def _sockets() -> t.Iterator[socket.socket]:
    """Yield each socket of this process, for the body of the loop only.

    No file descriptor is duplicated or closed here: closing one of a SQLite file releases
    the locks of the process on it (https://www.sqlite.org/howtocorrupt.html).
    """
    for name in os.listdir(_OPEN_FILES):
        try:
            one = socket.socket(fileno=int(name))
        except OSError:  # it is not a socket, or is closed already
            continue
        try:
            yield one
        finally:
            one.detach()


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
