# SPDX-License-Identifier: Apache-2.0
"""Attacks with responses that are much larger than what they are made of."""

from __future__ import annotations

import json

from cratonclient.tests.attack import base, fleets
from cratonclient.tests.attack.on_postgresql import OnPostgreSQL

#: Requests at the same time.
AT_ONCE = 4


class TestInheritedVariables(base.AttackTestCase):
    """A region with 16 MB of variables, and 100 hosts that inherit them."""

    def setUp(self):
        super().setUp()
        self.region = fleets.add_hosts(self.server, 100)
        for number in range(5):
            many = {f"many-{number}": [1] * 1_100_000}
            body = json.dumps(many, separators=(",", ":")).encode()
            path = f"/v1/regions/{self.region}/variables"
            answer = base.ask(self.server, path, method="PUT", body=body)
            self.assertEqual(200, answer.status)

    def test_pages_and_inventories(self):
        paths = ["/v1/hosts?details=true&limit=100", "/v1/ansible-inventory"]
        self.attack(paths * (AT_ONCE // 2), 413)

    def test_variables_of_the_region(self):
        self.attack([f"/v1/regions/{self.region}/variables"] * AT_ONCE, 200)

    def attack(self, paths: list[str], status: int) -> None:
        with self.bystander() as seen:
            answers = base.ask_all(self.server, paths)
        slowest = max(answer.seconds for answer in answers)
        largest = max(answer.size for answer in answers) / 2**20
        self.figures(
            f"{len(paths)} requests for 16 MB of variables: status {status}, at most "
            f"{slowest:.1f} s and {largest:.0f} MiB"
        )
        # Those that waited for a turn too long are 503.
        self.assertEqual({status}, {answer.status for answer in answers} - {503})
        self.assert_unharmed(seen, seconds=2, megabytes=400)


class TestInventory(base.AttackTestCase):
    """An honest inventory of a large fleet."""

    def test_fifty_thousand_hosts(self):
        fleets.add_hosts(
            self.server,
            50_000,
            variables=lambda n: {"asset": f"A{n}", "rack": {"row": n % 40, "unit": n % 42}},
        )
        with self.bystander() as seen:
            answer = base.ask(self.server, "/v1/ansible-inventory")
        self.figures(f"{answer.size / 2**20:.1f} MiB in {answer.seconds:.1f} s")
        self.assertEqual(200, answer.status)
        self.assert_unharmed(seen)


class TestInheritedVariablesOnPostgreSQL(OnPostgreSQL, TestInheritedVariables):
    # The same on all databases.
    test_variables_of_the_region = None  # type: ignore[assignment]
