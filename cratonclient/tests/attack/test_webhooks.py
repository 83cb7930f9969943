# SPDX-License-Identifier: Apache-2.0
"""Attacks with webhooks: hostile receivers, and very many webhooks."""

from __future__ import annotations

import collections
import time
import typing as t
from concurrent import futures

import requests

from cratonclient.tests.attack import base
from cratonclient.tests.attack.hostile_receivers import PATHS, HostileReceiver
from cratonclient.tests.integration.server.receivers import Receiver

#: The number of webhooks of an attack.
MANY = 1000
#: The seconds in which others hear of a change while an attack lasts.
SOON = 10.0
#: The seconds that an attack lasts.
DURATION = 5.0


class WebhooksTestCase(base.AttackTestCase):
    options = (
        *("--no-access-log", "--processes=1", "--quota-webhooks=1000"),
        *("--webhook-http", "--webhook-networks=127.0.0.1", "--webhook-timeout=2"),
    )

    def setUp(self):
        super().setUp()
        self.receiver = Receiver(self.addCleanup)
        self.hostile = HostileReceiver(self.addCleanup, self.receiver.url)
        self.attacker, self.other = (
            self.server.new_user(name, is_admin=True) for name in ("attacker", "other")
        )

    def post(self, path: str, headers: t.Mapping[str, str], **body: t.Any) -> dict[str, t.Any]:
        """Send a POST request."""
        url = f"{self.server.url}/v1/{path}"
        answer = self.session.post(url, headers=headers, json=body, timeout=30)
        self.assertIn(answer.status_code, (200, 201), answer.text)
        return dict(answer.json())

    @property
    def session(self) -> requests.Session:
        if not hasattr(self, "_session"):
            self._session = requests.Session()
            self.addCleanup(self._session.close)
        return self._session

    def make_many(self, urls: t.Sequence[str]) -> None:
        """Create many webhooks of one project.

        :param urls: their URLs, in turn.
        """
        for number in range(MANY):
            url = urls[number % len(urls)]
            self.post("webhooks", self.attacker, name=f"w{number}", url=url)

    def hear(self) -> float:
        """Make a change in another project, and return the seconds until its webhook hears."""
        known = len(self.receiver.requests)
        began = time.monotonic()
        self.post("clouds", self.other, name=f"cloud-{known}")
        self.receiver.wait_for(known + 1)
        return time.monotonic() - began


class TestHostileReceivers(WebhooksTestCase):
    def test_many_webhooks_with_hostile_receivers(self):
        self.post("webhooks", self.other, name="other", url=self.receiver.url)
        self.hear()
        self.make_many([self.hostile.url(path) for path in PATHS])
        with self.bystander() as seen:
            self.post("clouds", self.attacker, name="first")
            base.wait_for(lambda: all(self.hostile.seen.values()), 60)
            waits = [self.hear() for _ in range(5)]
        self.figures(f"others hear of a change in {max(waits):.1f} s, {self.hostile.seen}")
        self.assertLess(max(waits), SOON)
        self.assertLessEqual(self.hostile.most, 3)
        self.assertEqual(6, len(self.receiver.requests))  # no redirect was followed
        self.assert_unharmed(seen, megabytes=50)

    def test_tests_of_hostile_receivers(self):
        self.server.stop()
        self.server = base.Server(self, *self.options, "--threads=4")
        attacker = self.server.new_user("attacker", is_admin=True)
        paths = [
            f"{self.server.url}/v1/webhooks/{one['id']}/test"
            for one in (
                self.post("webhooks", attacker, name=path, url=self.hostile.url(path))
                for path in PATHS
            )
        ]
        until = time.monotonic() + DURATION

        def test(number: int) -> collections.Counter[int]:
            statuses: collections.Counter[int] = collections.Counter()
            while time.monotonic() < until:
                url = paths[number % len(paths)]
                answer = requests.post(url, headers=attacker, json={}, timeout=60)
                statuses[answer.status_code] += 1
            return statuses

        with self.bystander() as seen, futures.ThreadPoolExecutor(12) as pool:
            statuses = sum(pool.map(test, range(12)), collections.Counter())
        self.figures(str(dict(statuses)))
        self.assertLessEqual({*statuses}, {200, 429})
        self.assertEqual(1, self.hostile.most)
        self.assert_unharmed(seen, megabytes=50)


class TestManyWebhooks(WebhooksTestCase):
    """Very many webhooks of one project, whose receiver responds at once."""

    def test_a_change_is_told_to_all_while_others_write(self):
        crowd = Receiver(self.addCleanup)
        self.make_many([crowd.url])
        self.post("webhooks", self.other, name="other", url=self.receiver.url)
        began = time.monotonic()
        waits: list[float] = []
        writes: list[float] = []
        with self.bystander() as seen:
            self.post("clouds", self.attacker, name="first")
            while len(crowd.requests) < MANY and time.monotonic() - began < 120:
                waits.append(self.hear())
                before = time.monotonic()
                self.post("clouds", self.other, name=f"other-{len(writes)}")
                writes.append(time.monotonic() - before)
                self.receiver.wait_for(2 * len(writes))
        took = time.monotonic() - began
        self.figures(
            f"{len(crowd.requests)} webhooks hear of a change in {took:.1f} s; others write in "
            f"{max(writes):.2f} s and hear in {max(waits):.1f} s at most"
        )
        self.assertEqual(MANY, len(crowd.requests))
        self.assertLess(max(waits), SOON)
        self.assertLess(max(writes), 2)
        self.assert_unharmed(seen, megabytes=50)
