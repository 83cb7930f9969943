# SPDX-License-Identifier: Apache-2.0
"""Attacks with statements that run for minutes, and with locks that nobody releases."""

from __future__ import annotations

import concurrent.futures
import http.client
import signal
import time

from cratonclient.tests.attack import base
from cratonclient.tests.attack.on_postgresql import OnPostgreSQL
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


class TestSlowStatementsOnPostgreSQL(OnPostgreSQL, TestSlowStatements):
    pass


class TestClientsThatLeaveOnPostgreSQL(OnPostgreSQL, TestClientsThatLeave):
    # The same on all databases.
    test_with_more_requests_that_are_not_read = None  # type: ignore[assignment]

    def tearDown(self):
        base.wait_for(lambda: not self.running())  # and nothing runs in the database any more
        super().tearDown()

    def running(self) -> list[object]:
        """Return the statements of the server that run in the database."""
        return databases.execute(
            self.server.database,
            "SELECT query FROM pg_stat_activity WHERE state = 'active' "
            "AND datname = current_database() AND pid <> pg_backend_pid()",
        )


class TestSilentDatabase(OnPostgreSQL):
    """A database that accepts connections, and does not answer."""

    options = ("--no-access-log", "--request-deadline=2", "--processes=1")

    def test_liveness(self):
        with self.bystander("/livez") as seen:
            self.cluster.signal_all(signal.SIGSTOP)
            self.addCleanup(self.cluster.signal_all, signal.SIGCONT)
            for number in range(8):
                for path in ("/healthcheck", "/v1/clouds"):
                    connection = self.server.connect(f"127.0.1.{number}")
                    connection.sendall(base.request(path, self.server.headers))
            time.sleep(3)
        self.cluster.signal_all(signal.SIGCONT)
        self.assert_unharmed(seen)
        base.wait_for(lambda: base.ask(self.server, "/v1/clouds").status == 200)
