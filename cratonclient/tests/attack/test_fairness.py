# SPDX-License-Identifier: Apache-2.0
"""Attacks with requests: one address, one user, or failed logins keep the server busy."""

from __future__ import annotations

import collections
import concurrent.futures
import http.client
import time
import typing as t

from cratonclient.tests.attack import base

#: The seconds that a flood lasts.
DURATION = 4.0


class FloodTestCase(base.AttackTestCase):
    """A test that sends many requests at the same time."""

    def flood(
        self, path: str, headers: t.Mapping[str, str], sources: t.Sequence[str]
    ) -> collections.Counter[int]:
        """Send requests from several addresses, and count the statuses of the responses.

        :param sources: the addresses. Each of them has a connection.
        """
        until = time.monotonic() + DURATION

        def send(source: str) -> collections.Counter[int]:
            statuses: collections.Counter[int] = collections.Counter()
            while time.monotonic() < until:
                connection = http.client.HTTPConnection(
                    self.server.host, self.server.port, source_address=(source, 0)
                )
                connection.request("GET", path, headers=dict(headers))
                response = connection.getresponse()
                response.read()
                connection.close()
                statuses[response.status] += 1
            return statuses

        with concurrent.futures.ThreadPoolExecutor(len(sources)) as threads:
            return sum(threads.map(send, sources), collections.Counter())

    def add_hosts(self, count: int) -> None:
        """Add hosts, so that a page of them takes a while."""
        craton = self.server.client()
        cloud = craton.clouds.create(name="c")
        region = craton.regions.create(name="r", cloud_id=cloud.id)
        for number in range(count):
            craton.hosts.create(
                name=f"h{number}",
                device_type="server",
                ip_address="192.0.2.1",
                cloud_id=cloud.id,
                region_id=region.id,
                variables={f"v{n}": "x" * 20 for n in range(50)},
            )


class TestBusyClients(FloodTestCase):
    options = ("--no-access-log", "--threads=4")

    def test_one_address(self):
        self.add_hosts(100)
        with self.bystander() as seen:
            statuses = self.flood(
                "/v1/hosts?limit=100&details=true", self.server.headers, ["127.0.0.1"] * 24
            )
        self.figures(str(dict(statuses)))
        self.assert_unharmed(seen)
        self.assertEqual({200}, set(statuses))

    def test_one_user_with_many_addresses(self):
        self.add_hosts(100)
        with self.bystander() as seen:
            statuses = self.flood(
                "/v1/hosts?limit=100&details=true",
                self.server.headers,
                [f"127.0.1.{number}" for number in range(1, 25)],
            )
        self.figures(str(dict(statuses)))
        self.assert_unharmed(seen)
        self.assertEqual(set(), set(statuses) - {200, 429})


class TestFailedLogins(FloodTestCase):
    options = ("--processes=2",)

    def test_wrong_keys(self):
        with self.bystander() as seen:
            wrong = {**self.server.headers, "X-Auth-Token": "wrong"}
            statuses = self.flood("/v1/hosts", wrong, ["127.0.0.1"] * 8)
        self.figures(str(dict(statuses)))
        self.assert_unharmed(seen)
        self.assertLess(statuses[401], 40)
        self.assertGreater(statuses[429], 100)
        lines = [line for line in self.server.log().splitlines() if '"login failed"' in line]
        self.assertLessEqual(len(lines), 2)  # one in each process
