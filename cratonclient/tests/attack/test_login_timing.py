# SPDX-License-Identifier: Apache-2.0
"""The duration of a refusal does not tell which users and projects exist."""

from __future__ import annotations

import random
import statistics
import time

from testtools import content

from cratonclient.tests.integration.server import base

#: Requests of each kind in a measurement. They alternate, so that a busy machine slows all
#: kinds alike.
ROUNDS = 400
#: A difference must occur in each of so many measurements to count.
MEASUREMENTS = 3


class TestLoginTiming(base.ServerTestCase):
    """Measure refused logins that differ in one detail."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        wrong = {"X-Auth-Token": f"craton_{0:040x}{0:08x}"}
        self.known = {
            "known user, wrong key": wrong,
            "root user, wrong key": {**self.root.headers, **wrong},
        }
        self.unknown = {
            "unknown user": {**wrong, "X-Auth-User": "nobody"},
            "user of another project": {**wrong, "X-Auth-Project": self.root.project_id},
            "unknown project": {**wrong, "X-Auth-Project": base.NO_PROJECT},
        }

    def test_refusals_take_the_same_time(self):
        self._measure(50)  # fills caches
        found = [self._measure(ROUNDS) for _ in range(MEASUREMENTS)]
        for microseconds, difference in found:
            text = ", ".join(f"{kind} {value:.0f} µs" for kind, value in microseconds.items())
            figures = f"{text}: known users take {difference:+.1%}"
            self.addDetailUniqueName("figures", content.text_content(figures))
        self.assertLess(min(abs(difference) for _, difference in found), 0.015)

    def _measure(self, rounds: int) -> tuple[dict[str, float], float]:
        """Return the typical duration of each kind of request in microseconds.

        :returns: the durations, and how much longer the refusal of a known user takes.
        """
        kinds = {**self.known, **self.unknown}
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind in random.sample([*kinds], len(kinds)):
                began = time.perf_counter()
                answer = self.user.get("/hosts", headers=kinds[kind])
                times[kind].append((time.perf_counter() - began) * 1e6)
                self.assertEqual(401, answer.status)
        # The fastest quarter: other programs make some requests slower.
        typical = {kind: statistics.quantiles(taken)[0] for kind, taken in times.items()}
        known, unknown = (
            statistics.mean(typical[kind] for kind in group)
            for group in (self.known, self.unknown)
        )
        return typical, known / unknown - 1
