# SPDX-License-Identifier: Apache-2.0
"""Attacks with connections: clients that are slow, idle, or do not read."""

from __future__ import annotations

import contextlib
import socket
import time

from cratonclient.tests.attack import base

#: The seconds that an attack with open connections lasts.
DURATION = 3.0
#: The beginning of a request whose body does not arrive.
HALF_A_BODY = {"Content-Length": "1000", "Content-Type": "application/json"}


def send_without_waiting(connection: socket.socket, data: bytes) -> None:
    """Send as much as the server takes at once."""
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        connection.send(data)


def is_closed(connection: socket.socket) -> bool:
    """Return True if the server has closed a connection on which nothing was to be read."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


class TestClientsThatDoNotRead(base.AttackTestCase):
    def test_eight_connections_with_248_requests_each(self):
        self.attack(8)

    def test_sixty_connections_with_248_requests_each(self):
        self.attack(60)

    def attack(self, count: int) -> None:
        with self.bystander() as seen:
            for _ in range(count):
                flood = base.request("/v1/openapi.json") * 248
                send_without_waiting(self.server.connect(window=2048), flood)
            time.sleep(DURATION)
        self.assert_unharmed(seen, megabytes=100)


class TestSlowClients(base.AttackTestCase):
    def test_headers_that_arrive_byte_by_byte(self):
        with self.bystander() as seen:
            connections = [self.server.connect() for _ in range(60)]
            for byte in b"GET / HTTP/1.1\r\nHost: a":
                for connection in connections:
                    connection.sendall(bytes([byte]))
                time.sleep(0.1)
        self.assert_unharmed(seen)

    def test_bodies_that_do_not_arrive(self):
        for headers in (HALF_A_BODY, HALF_A_BODY | self.server.headers):
            with self.bystander() as seen:
                for _ in range(60):
                    request = base.request("/v1/clouds", headers, method="POST")
                    self.server.connect().sendall(request + b"{")
                time.sleep(DURATION)
            self.assert_unharmed(seen)


class TestIdleConnections(base.AttackTestCase):
    options = ("--no-access-log", "--processes=1", "--address-connections=100")

    def test_many_of_one_address(self):
        with self.bystander() as seen:
            connections = [self.server.connect() for _ in range(600)]
            for connection in connections[:300]:
                connection.sendall(b"GET / HT")
            base.wait_for(lambda: sum(map(is_closed, connections)) >= 500)
        self.assert_unharmed(seen)
        self.assertLess(sum(map(is_closed, connections)), 520)

    def test_some_of_many_addresses(self):
        """All together as many as the server accepts."""
        self.server.stop()
        self.server = base.Server(
            self, "--no-access-log", "--processes=1", "--connection-limit=200"
        )
        for half_a_request in (b"", b"GET / HT"):
            with self.bystander() as seen:
                for number in range(250):
                    connection = self.server.connect(f"127.0.1.{number % 10}")
                    connection.sendall(half_a_request)
                time.sleep(DURATION / 2)
            # Others wait behind those connections that the attack opened before.
            self.assert_unharmed(seen, seconds=2)

    def test_a_client_that_stops_reading_loses_its_connection(self):
        self.server.stop()
        server = base.Server(self, "--no-access-log", "--processes=1", "--idle-timeout=1")
        connection = server.connect(window=2048)
        send_without_waiting(connection, base.request("/v1/openapi.json") * 248)
        base.wait_for(lambda: self.is_forgotten(connection))

    def is_forgotten(self, connection: socket.socket) -> bool:
        """Return True if sending fails, because the server has closed the connection."""
        try:
            connection.send(b"GET ")
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        return False


class TestFileLimit(base.AttackTestCase):
    def test_more_connections_than_files(self):
        self.server = base.Server(self, *self.options, "--processes=1", files=256)
        before = len(self.server.log())
        with self.bystander() as seen:
            for _ in range(300):
                self.server.connect()
            time.sleep(DURATION)
        self.assert_unharmed(seen, seconds=2)  # the surplus is closed after a while
        self.assertLess(len(self.server.log()) - before, 1000)
