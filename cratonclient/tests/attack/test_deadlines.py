# SPDX-License-Identifier: Apache-2.0
"""Attacks with statements that run for minutes, and with locks that nobody releases."""

from __future__ import annotations

import concurrent.futures
import http.client
import time

from cratonclient.tests.attack import base
from cratonclient.tests.integration.server import databases

#: A view in the place of the table of regions, which takes minutes to read.
SLOW_VIEW = (
    "ALTER TABLE regions RENAME TO hidden",
    "CREATE VIEW regions AS SELECT hidden.* FROM hidden, (SELECT count(*) FROM "
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) "
    "SELECT i FROM n) AS numbers) AS counted",
)
#: Nearly as many as the threads of the server.
ATTACKERS = 6


def make_slow(server: base.Server) -> None:
    """Make lists of regions take minutes."""
    craton = server.client()
    cloud = craton.clouds.create(name="cloud")
    craton.regions.create(name="region", cloud_id=cloud.id)
    databases.execute(server.database, *SLOW_VIEW)


class TestSlowStatements(base.AttackTestCase):
    options = ("--no-access-log", "--request-deadline=2")

    def test_statements_of_minutes(self):
        make_slow(self.server)
        began = time.monotonic()
        with (
            self.bystander() as seen,
            concurrent.futures.ThreadPoolExecutor(ATTACKERS) as pool,
        ):
            answers = [*pool.map(self.ask, ATTACKERS * ["/v1/regions"])]
        took = time.monotonic() - began
        self.figures(f"{ATTACKERS} statements of minutes were stopped after {took:.1f} s")
        # Those that waited for a turn too long are 503.
        self.assertEqual({504}, {*answers} - {503})
        self.assert_unharmed(seen)
        self.assertEqual(200, self.ask("/v1/hosts"))

    def ask(self, path: str) -> int:
        """Request a path as the first user, and return the status."""
        connection = http.client.HTTPConnection(
            self.server.host, self.server.port, timeout=base.PATIENCE
        )
        try:
            connection.request("GET", path, headers=self.server.headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()


class TestClientsThatLeave(base.AttackTestCase):
    """Clients that disconnect, while statements of minutes run for them or wait for a turn."""

    options = ("--no-access-log", "--processes=1", "--request-deadline=60")

    def test_with_one_request(self):
        self.attack(base.request("/v1/regions", self.server.headers))

    def test_with_more_requests_that_are_not_read(self):
        self.attack(base.request("/v1/regions", self.server.headers) * 2)

    def attack(self, requests: bytes) -> None:
        make_slow(self.server)
        with self.bystander() as seen:
            connections = [self.server.connect() for _ in range(5 * ATTACKERS)]
            for connection in connections:
                connection.sendall(requests)
            time.sleep(1)
            for number, connection in enumerate(connections):
                base.leave(connection, reset=bool(number % 2))
            answer = base.ask(self.server, "/v1/hosts")
        self.figures(f"their turns were free after {answer.seconds:.2f} s")
        self.assertEqual(200, answer.status)
        self.assertLess(answer.seconds, 5)
        self.assert_unharmed(seen)
