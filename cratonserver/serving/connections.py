# SPDX-License-Identifier: Apache-2.0
"""The connections of this process: found by their addresses, and closed.

HTTP servers do not bound how slowly a client reads, nor how many connections it opens, and do
not notice each client that disconnects. The operating system knows the connections of a
process, whichever server accepted them.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import ipaddress
import os
import socket
import struct
import typing as t

from cratonserver.serving.departures import Departure
from cratonserver.serving.holders import holder

Address = tuple[str, int]

#: The state of a connection that the client has not closed (``tcp_states.h`` of Linux).
_ESTABLISHED = 1
#: The position of ``tcpi_unacked`` in ``struct tcp_info``. At a listening socket, it is the
#: number of connections that nobody has accepted.
_WAITING_AT = 24
#: The folder with an entry for each open file of this process.
_OPEN_FILES = "/dev/fd"


class Connections:
    """The connections of a server in this process.

    :param port: port of the server.
    :param patience: seconds after which the operating system closes a connection whose
        client does not acknowledge data or does not accept more.
    :param address_limit: number of connections that one client address may have.
    :param limit: number of connections that the server accepts.
    """

    def __init__(self, port: int, patience: float, address_limit: int, limit: int) -> None:
        self._port = port
        self._patience = patience
        self._address_limit = address_limit
        #: The number of connections that the server accepts.
        self.limit = limit
        #: The clients whose requests are in progress.
        self._busy: dict[Address, Departure] = {}

    @contextlib.contextmanager
    def busy_with(self, client: Address) -> t.Iterator[Departure]:
        """Keep the connection of a client while its request is in progress in the block.

        :returns: a context manager that yields the departure of the client.
        """
        client = _one_spelling(client)
        earlier = self._busy.get(client)
        departure = self._busy[client] = Departure()
        if earlier is not None:
            # A connection has one request at a time: the earlier one has a response, or this
            # is a new connection with the address of one that is closed.
            earlier.notice()
        try:
            yield departure
        finally:
            if self._busy.get(client) is departure:  # and not that of the next request
                del self._busy[client]

    def close(self, client: Address) -> None:
        """Close the connection of a client. The server notices that as a disconnection."""
        client = _one_spelling(client)
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

    def look(self) -> None:
        """Close idle connections of addresses that have too many, and notice departures.

        An address has too many if it has more than its limit. If the server could not accept
        all connections that wait, and some more, the addresses with the most have too many.
        """
        busy = self._busy.copy()  # before the look: these connections are or were open
        counts: collections.Counter[str] = collections.Counter()
        gone = {*busy}
        waiting = 0
        for one in _sockets():
            client = self._client(one)
            if client is None:
                waiting += self._waiting(one)
            else:
                counts[holder(client[0])] += 1
                if client in gone and _is_established(one):
                    gone.discard(client)
        for client in gone:
            busy[client].notice()
        # One look closes enough for all that wait: they may be in front of an honest client.
        tenth = max(1, self.limit // 10)
        wanted = max(tenth, self.limit - max(tenth, waiting))
        limit = fair_limit(counts.values(), wanted, self._address_limit)
        surplus = counts - collections.Counter(dict.fromkeys(counts, limit))
        if surplus:
            # With more addresses than connections, each of them has too many.
            most = surplus.total() if limit else counts.total() - wanted
            self._close_surplus(surplus, most)

    def _close_surplus(self, surplus: collections.Counter[str], most: int) -> None:
        """Close idle connections.

        :param surplus: number of connections to close, by address.
        :param most: number of connections to close.
        """
        for one in _sockets():
            client = self._client(one)
            if client and client not in self._busy:
                address = holder(client[0])
                if surplus[address] > 0 and most:
                    surplus[address] -= 1
                    most -= 1
                    _shut(one)

    def _waiting(self, one: socket.socket) -> int:
        """Return the number of connections that wait at the listening socket, else 0."""
        option = getattr(socket, "TCP_INFO", None)
        with contextlib.suppress(OSError):
            if (
                option is not None
                and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                and one.getsockname()[1] == self._port
            ):
                info = one.getsockopt(socket.IPPROTO_TCP, option, _WAITING_AT + 4)
                return int(struct.unpack_from("I", info, _WAITING_AT)[0])
        return 0

    def _client(self, one: socket.socket) -> Address | None:
        """Return the client of a connection; ``None`` for other sockets."""
        with contextlib.suppress(OSError):
            if one.family != socket.AF_UNIX and one.getsockname()[1] == self._port:
                return _one_spelling(one.getpeername()[:2])
        return None


def fair_limit(counts: t.Iterable[int], total: int, most: int) -> int:
    """Return the limit for each address with which all of them have a total at most.

    :param counts: number of connections of each address.
    :param total: the total.
    :param most: maximum of the limit.

    >>> fair_limit([1, 2, 90], 50, 200), fair_limit([1, 2, 90], 100, 200)
    (47, 200)
    """
    ascending = sorted(counts)
    left = total
    for number, count in enumerate(ascending):
        share = left // (len(ascending) - number)
        if count > share:
            return min(most, share)
        left -= count
    return most


def _one_spelling(client: Address) -> Address:
    """Return the address of a client as this module compares it.

    The server and the operating system may write an IPv6 address in different ways.
    """
    host, port = client
    return (_ipv6(host) if ":" in host else host), port


@functools.lru_cache(maxsize=4096)
def _ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])  # without the interface
    except ValueError:
        return host
    return str(address.ipv4_mapped or address)


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


def _is_established(one: socket.socket) -> bool:
    """Return False if the client has closed the connection.

    The server does not notice that if the client sent more requests before it left.
    """
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return True
    with contextlib.suppress(OSError):
        return one.getsockopt(socket.IPPROTO_TCP, option, 1)[0] == _ESTABLISHED
    return False


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
