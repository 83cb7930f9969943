# SPDX-License-Identifier: Apache-2.0
"""Attacks with long chains of parents, from a server that did not limit them."""

from __future__ import annotations

from cratonclient.tests.attack import base, fleets
from cratonclient.tests.attack.on_postgresql import OnPostgreSQL


class TestChains(base.AttackTestCase):
    def test_inventory_of_a_chain(self):
        fleets.add_hosts(self.server, 3000, chained=True, variables=lambda n: {"level": n})
        self.ask("/v1/ansible-inventory", 10)

    def test_page_below_a_chain(self):
        fleets.add_hosts(self.server, 12_000, chained=True)
        self.ask("/v1/hosts?details=true&limit=100&sort_dir=desc&sort_keys=id", 10)

    def ask(self, path: str, seconds: float) -> None:
        """Request a path four times at once. It must not take long, and harm nobody."""
        with self.bystander() as seen:
            answers = base.ask_all(self.server, 4 * [path])
        slowest = max(answer.seconds for answer in answers)
        self.figures(f"4 requests at once were answered within {slowest:.2f} s")
        # Those that waited for a turn too long are 503.
        self.assertEqual({200}, {answer.status for answer in answers} - {503})
        self.assertLess(slowest, seconds)
        self.assert_unharmed(seen)


class TestChainsOnPostgreSQL(OnPostgreSQL, TestChains):
    # The same on all databases.
    test_inventory_of_a_chain = None  # type: ignore[assignment]
