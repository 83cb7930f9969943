# SPDX-License-Identifier: Apache-2.0
"""Attacks with clients that wait for changes, or follow them."""

from __future__ import annotations

import collections
import contextlib
import json
import pathlib
import select
import socket
import time
import typing as t

import requests

from cratonclient.tests.attack import base, bystander
from cratonclient.tests.attack.on_postgresql import OnPostgreSQL

#: The number of clients of an attack, and of addresses that they have.
CLIENTS, ADDRESSES = 500, 10
#: The number of requests that one user may let wait, by default.
USER_LIMIT = 200
#: The seconds that an attack lasts.
DURATION = 4.0


def threads(pid: int) -> int:
    """Return the number of threads of a process and its descendants."""
    tasks = (pathlib.Path(f"/proc/{one}/task") for one in bystander.processes(pid))
    return sum(len([*task.iterdir()]) for task in tasks)


class WaitingTestCase(base.AttackTestCase):
    options = ("--no-access-log", "--processes=1", "--threads=4")

    def last(self, tenant: t.Mapping[str, str]) -> int:
        """Return the last revision of the project of a user."""
        return int(self.ask("GET", "/v1/changes", tenant)["last_revision"])

    def change(self, tenant: t.Mapping[str, str], number: int) -> None:
        """Make a change in the project of a user."""
        self.ask("POST", "/v1/clouds", tenant, {"name": f"cloud-{number}"})

    def ask(
        self, method: str, path: str, tenant: t.Mapping[str, str], body: t.Any = None
    ) -> dict[str, t.Any]:
        """Send a request until the server is not too busy, and return the body."""
        url = f"{self.server.url}{path}"
        while True:
            answer = requests.request(method, url, headers=tenant, json=body, timeout=30)
            if answer.ok:
                return dict(answer.json())
            self.assertIn(answer.status_code, (429, 503))

    def wait(
        self, tenants: t.Sequence[t.Mapping[str, str]], clients: int = CLIENTS
    ) -> list[socket.socket]:
        """Let clients wait for the next change of their projects.

        They come in groups. If all came at the same moment, most would get 503.
        """
        paths = [f"/v1/changes?after={self.last(one)}&wait=60" for one in tenants]
        connections: list[socket.socket] = []
        for number in range(clients):
            which = number % len(tenants)
            connection = self.server.connect(f"127.0.2.{number % ADDRESSES}")
            connection.sendall(base.request(paths[which], tenants[which]))
            connections.append(connection)
            if number % 50 == 49:
                self.last(tenants[0])
                time.sleep(0.1)
        return connections

    def statuses(self, connections: t.Sequence[socket.socket]) -> collections.Counter[int]:
        """Read a response from each connection, and count the statuses."""
        return collections.Counter(status_of(one.recv(65536)) for one in connections)


def readable(connections: t.Sequence[socket.socket]) -> list[socket.socket]:
    """Return the connections that have a response."""
    poll = select.poll()
    known = {one.fileno(): one for one in connections}
    for number in known:
        poll.register(number, select.POLLIN)
    return [known[number] for number, _ in poll.poll(500)]


def status_of(response: bytes) -> int:
    """Return the status of a response, 0 if the server has closed the connection."""
    return int(response[9:12] or 0)


class TestWaiting(WaitingTestCase):
    def test_one_user_with_many_addresses(self):
        tenant = self.server.new_user("tenant")
        self.last(tenant)  # all threads for requests run
        before = threads(self.server.process.pid)
        with self.bystander() as seen:
            connections = self.wait([tenant])
            base.wait_for(lambda: len(readable(connections)) >= CLIENTS - USER_LIMIT)
            refused = readable(connections)
            waiting = [one for one in connections if one not in refused]
            statuses = self.statuses(refused)
            time.sleep(DURATION / 2)
            # One thread watches the database; the other ones are a pool of a fixed size.
            self.assertLessEqual(threads(self.server.process.pid) - before, 9)
            self.change(tenant, 1)
            answers = self.statuses(waiting)
        self.figures(f"{len(waiting)} of {CLIENTS} wait, others: {dict(statuses)}")
        self.assertEqual({200: len(waiting)}, answers)
        self.assertTrue(USER_LIMIT / 2 < len(waiting) <= USER_LIMIT, len(waiting))
        self.assertLessEqual({*statuses}, {429, 503})
        self.assert_unharmed(seen, megabytes=50)

    def test_many_users_leave_room_for_others(self):
        self.server.stop()
        self.server = base.Server(self, *self.options, "--wait-limit=100")
        tenants = [self.server.new_user(f"tenant-{number}") for number in range(5)]
        with self.bystander() as seen:
            connections = self.wait(tenants)
            base.wait_for(lambda: len(readable(connections)) >= CLIENTS - 200)
            refused = readable(connections)
            statuses = self.statuses(refused)
            waiting = len(connections) - len(refused)
            self.assertTrue(50 < waiting <= 200, waiting)
            self.assertEqual({503}, {*statuses})
            newcomer = self.server.new_user("newcomer")
            [connection] = self.wait([newcomer], 1)
            self.change(newcomer, 1)
            self.assertEqual({200: 1}, self.statuses([connection]))
        self.assert_unharmed(seen, megabytes=50)

    def test_clients_that_disappear(self):
        tenant = self.server.new_user("tenant")
        with self.bystander() as seen:
            for number, connection in enumerate(self.wait([tenant])):
                base.leave(connection, reset=bool(number % 2))
            # Their places are free again.
            waiting: list[socket.socket] = []
            base.wait_for(lambda: self.let_wait(waiting, tenant) == USER_LIMIT)
        self.assert_unharmed(seen, megabytes=50)

    def let_wait(self, waiting: list[socket.socket], tenant: t.Mapping[str, str]) -> int:
        """Let more clients wait, up to the limit, and return the number that wait."""
        waiting += self.wait([tenant], USER_LIMIT - len(waiting))
        for refused in readable(waiting):
            refused.close()
            waiting.remove(refused)
        return len(waiting)

    def test_clients_that_do_not_read(self):
        self.server.stop()
        self.server = base.Server(self, *self.options, "--idle-timeout=1")
        tenant = self.server.new_user("tenant")
        request = base.request(f"/v1/changes?after={self.last(tenant)}&wait=2", tenant)
        with self.bystander() as seen:
            connections = [
                self.server.connect(f"127.0.2.{number % ADDRESSES}", window=2048)
                for number in range(50)
            ]
            for connection in connections:
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    connection.send(request * 200)
            time.sleep(DURATION)
        self.assert_unharmed(seen, megabytes=100)


class TestFollowing(WaitingTestCase):
    """Clients that wait again as soon as they have a response, while somebody writes."""

    def test_followers_of_a_busy_project(self):
        tenant = self.server.new_user("tenant")
        with self.bystander() as seen:
            connections = self.wait([tenant], 150)
            statuses = self.follow(connections, tenant)
        self.figures(str(dict(statuses)))
        self.assertGreater(statuses[200], 150)
        self.assertLessEqual({*statuses}, {200, 429, 503})
        self.assert_unharmed(seen, seconds=2, megabytes=100)

    def follow(
        self, connections: list[socket.socket], tenant: t.Mapping[str, str]
    ) -> collections.Counter[int]:
        """Make changes, and let clients wait again after each response."""
        statuses: collections.Counter[int] = collections.Counter()
        until = time.monotonic() + DURATION
        number = 0
        while time.monotonic() < until:
            number += 1
            self.change(tenant, number)
            for connection in readable(connections):
                response = connection.recv(65536)
                statuses[status_of(response)] += 1
                body = response.partition(b"\r\n\r\n")[2]
                if status_of(response) == 200 and body.endswith(b"}\n"):
                    last = json.loads(body)["last_revision"]
                    path = f"/v1/changes?after={last}&wait=60"
                    connection.sendall(base.request(path, tenant))
                else:
                    connections.remove(connection)
        return statuses


class TestFollowingOnPostgreSQL(OnPostgreSQL, TestFollowing):
    """The same on PostgreSQL, where waiting must not take connections of the database."""
