# SPDX-License-Identifier: Apache-2.0
"""Attacks with conditions on variables that are expensive to compare."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import time
import typing as t
from urllib import parse

from cratonclient.tests.attack import base
from cratonclient.tests.attack.on_postgresql import OnPostgreSQL

#: Fewer than the requests of one user that the server processes at once.
ATTACKERS = 3
#: The maximum number of attacks.
ATTEMPTS = 3
#: The length of the lists: as long as a request may be.
ELEMENTS, OBJECTS = 1_000_000, 300_000


class TestLongLists(base.AttackTestCase):
    options = ("--no-access-log",)

    def setUp(self):
        super().setUp()
        craton = self.server.client()
        cloud = craton.clouds.create(name="cloud")
        self.path = f"/v1/clouds/{cloud.id}/variables"
        self.others = self.server.new_user("other")

    def test_many_scalars_in_a_long_list(self):
        self.put({"l": [1] * ELEMENTS})
        wanted = ",".join(str(number) for number in range(2, 250))
        took = self.attack(f"l:[{wanted}]", 200)
        self.figures(f"{ATTACKERS} times 248 numbers in {ELEMENTS} took {took:.1f} s")

    def test_many_objects_in_a_long_list(self):
        self.put({"l": [{"a": 1}] * OBJECTS})
        wanted = ",".join(f'{{"a":{number}}}' for number in range(2, 60))
        took = self.attack(f"l:[{wanted}]", 400)
        self.figures(f"{ATTACKERS} times 58 objects in {OBJECTS} took {took:.1f} s")
        status, body = self.ask(
            "GET", f"/v1/clouds?{parse.urlencode({'vars': f'l:[{wanted}]'})}"
        )
        self.assertIn("the condition on l looks for 58 objects and lists", body)
        # A single one is found.
        status, body = self.ask("GET", "/v1/clouds?vars=l:%7B%22a%22:1%7D")
        self.assertEqual((200, 1), (status, len(json.loads(body)["clouds"])))

    def attack(self, condition: str, expected: int) -> float:
        """Send a condition many times, and return how long that took.

        The attack is repeated if others wait for long: PostgreSQL leaves it to the operating
        system whose turn it is, and other programs may take all processors for a second.
        """
        path = f"/v1/clouds?{parse.urlencode({'vars': condition})}"
        for _ in range(ATTEMPTS):
            took, seen = self.send(path, expected)
            if seen.slowest() < 1:
                break
        self.assert_unharmed(seen)
        # A user of another project does not test these values.
        self.assertEqual(200, self.ask("GET", path, headers=self.others)[0])
        return took

    def send(self, path: str, expected: int) -> tuple[float, base.Seen]:
        began = time.monotonic()
        with (
            self.bystander() as seen,
            concurrent.futures.ThreadPoolExecutor(ATTACKERS) as pool,
        ):
            answers = [*pool.map(lambda _: self.ask("GET", path)[0], range(ATTACKERS))]
        took = time.monotonic() - began
        self.assertEqual(ATTACKERS * [expected], answers)
        self.assertLess(took, 20)
        return took, seen

    def put(self, values: dict[str, t.Any]) -> None:
        status, body = self.ask("PUT", self.path, json.dumps(values, separators=(",", ":")))
        self.assertEqual(200, status, body[:200])

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Send a request, by default of the first user, and return status and body."""
        connection = http.client.HTTPConnection(
            self.server.host, self.server.port, timeout=base.PATIENCE
        )
        try:
            sent = {"Content-Type": "application/json", **(headers or self.server.headers)}
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


class TestLongListsOnPostgreSQL(OnPostgreSQL, TestLongLists):
    pass
