# SPDX-License-Identifier: Apache-2.0
"""The connections of a process are found and closed; its other files stay as they are."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import struct
import subprocess
import sys
import typing as t

from cratonclient.tests import base
from cratonserver.serving.connections import Connections

WRITE = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as exc:
    print(exc)
"""


def client_closed(client: socket.socket) -> bool:
    """Return True if the server has closed the connection of a client."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


class TestConnections(base.TestCase):
    def setUp(self):
        super().setUp()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listening.close)
        self.port = self.listening.getsockname()[1]
        self.connections = Connections(self.port, 7, 2, 100)

    def accept(
        self, source: str = "127.0.0.1", port: int = 0
    ) -> tuple[socket.socket, socket.socket]:
        """Return both ends of a new connection: of the client and of the server."""
        client = socket.create_connection(
            ("127.0.0.1", self.port), timeout=10, source_address=(source, port)
        )
        self.addCleanup(client.close)
        server = self.listening.accept()[0]
        self.addCleanup(server.close)
        return client, server

    def test_connections_inherit_a_limit_on_unread_data(self):
        self.assertTrue(self.connections.prepare())

        _, server = self.accept()
        limit = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        self.assertEqual(7000, limit)
        self.assertFalse(Connections(1, 7, 2, 100).prepare())

    def test_the_connection_of_a_client_is_closed(self):
        (one, _), (other, server) = self.accept(), self.accept()

        self.connections.close(one.getsockname())

        self.assertEqual(b"", one.recv(1))
        server.sendall(b"x")
        self.assertEqual(b"x", other.recv(1))

    def test_idle_connections_of_an_address_with_too_many_are_closed(self):
        pairs = [self.accept() for _ in range(4)] + [self.accept("127.0.0.2")]

        async def look() -> None:
            with self.connections.busy_with(pairs[0][0].getsockname()):
                self.connections.look()

        asyncio.run(look())

        for _, server in pairs:
            try:
                server.sendall(b"x")
            except BrokenPipeError:
                continue
        received = [client.recv(1) for client, _ in pairs]
        self.assertEqual(2, received.count(b""))
        self.assertEqual((b"x", b"x"), (received[0], received[4]))

    def test_idle_connections_are_closed_before_the_server_is_full(self):
        # Those of the addresses with the most, so that one with a few keeps them.
        few = [self.accept("127.0.0.2") for _ in range(2)]
        many = [self.accept(f"127.0.0.{n}") for n in (3, 4, 3, 4, 3, 4)]
        closed = self.closed_by_a_look(Connections(self.port, 7, 5, 8), few + many)
        self.assertEqual([False] * 2, closed[:2])
        self.assertEqual(2, closed.count(True))

    def test_even_if_each_address_has_one_connection(self):
        pairs = [self.accept(f"127.0.0.{n}") for n in range(2, 12)]
        closed = self.closed_by_a_look(Connections(self.port, 7, 5, 5), pairs)
        self.assertEqual(6, closed.count(True))

    def test_as_many_are_closed_as_wait(self):
        few = [self.accept("127.0.0.2") for _ in range(2)]
        many = [self.accept(f"127.0.0.{3 + n % 2}") for n in range(18)]
        for _ in range(9):
            client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            self.addCleanup(client.close)
        closed = self.closed_by_a_look(Connections(self.port, 7, 20, 20), few + many)
        self.assertEqual([False] * 2, closed[:2])
        self.assertEqual(10, closed.count(True))  # the same number of both addresses

    def closed_by_a_look(
        self,
        connections: Connections,
        pairs: t.Iterable[tuple[socket.socket, socket.socket]],
    ) -> list[bool]:
        """Look at connections, and return which of them were closed."""
        connections.look()
        return [client_closed(client) for client, _ in pairs]

    def test_departures_are_noticed(self):
        """Also of clients that sent more requests, which the server has not read."""
        pairs = [self.accept() for _ in range(4)]
        clients = [client.getsockname() for client, _ in pairs]
        (_, _), (closed, _), (reset, _), (_, shut) = pairs
        for client, _ in pairs:
            client.sendall(b"more")
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        async def look() -> list[bool]:
            with contextlib.ExitStack() as stack:
                departures = [
                    stack.enter_context(self.connections.busy_with(one)) for one in clients
                ]
                self.connections.look()
                await asyncio.sleep(0)
                self.assertEqual([False] * 4, [one.happened for one in departures])
                for one in (closed, reset, shut):
                    one.close()
                self.connections.look()
                await asyncio.sleep(0)
                return [one.happened for one in departures]

        self.assertEqual([False, True, True, True], asyncio.run(look()))

    def test_a_departure_is_noticed_though_another_client_has_the_same_port(self):
        client, _ = self.accept("127.0.0.2")
        port = client.getsockname()[1]
        self.accept("127.0.0.3", port)
        client.close()
        self.assertEqual(
            [True, False], self.departures(("127.0.0.2", port), ("127.0.0.3", port))
        )

    def test_other_spellings_of_addresses_are_the_same_clients(self):
        client, _ = self.accept()
        port = client.getsockname()[1]
        self.assertEqual([False], self.departures(("::ffff:127.0.0.1", port)))
        self.assertEqual([False], self.departures(("::FFFF:7f00:1", port)))

    def test_a_departure_is_noticed_though_a_new_connection_has_the_same_address(self):
        client, _ = self.accept()
        address = client.getsockname()
        self.assertEqual([True, False], self.departures(address, address))

    def departures(self, *clients: tuple[str, int]) -> list[bool]:
        """Look at the connections of clients, and return which of them have gone."""

        async def look() -> list[bool]:
            with contextlib.ExitStack() as stack:
                departures = [
                    stack.enter_context(self.connections.busy_with(one)) for one in clients
                ]
                self.connections.look()
                await asyncio.sleep(0)
                return [one.happened for one in departures]

        return asyncio.run(look())

    def test_a_finished_request_keeps_the_next_one_of_its_client(self):
        async def check() -> bool:
            with contextlib.ExitStack() as stack:
                with self.connections.busy_with(("127.0.0.1", 1)):
                    departure = stack.enter_context(
                        self.connections.busy_with(("127.0.0.1", 1))
                    )
                self.connections.look()
                await asyncio.sleep(0)
                return departure.happened

        self.assertTrue(asyncio.run(check()))

    def test_locks_on_files_survive(self):
        path = self.folder() / "fleet.db"
        database = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (a)")
        database.execute("BEGIN IMMEDIATE")

        self.connections.prepare()
        self.connections.close(("127.0.0.1", 1))
        self.connections.look()

        said = subprocess.check_output([sys.executable, "-c", WRITE, path], text=True)
        self.assertEqual("database is locked\n", said)
