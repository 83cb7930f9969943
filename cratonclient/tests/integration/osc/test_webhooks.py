# SPDX-License-Identifier: Apache-2.0
"""The commands about webhooks."""

from __future__ import annotations

import json
from unittest import mock

from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server.receivers import Receiver
from cratonclient.v1 import client


class TestWebhooks(programs.SharedFleetTestCase):
    """The commands on a fleet in a file."""

    @classmethod
    def fill(cls, fleet: client.Client) -> None:
        """Create a region and a webhook."""
        fleet.clouds.create(name="prod").regions.create(name="north")
        fleet.webhooks.create(name="cmdb", url="https://cmdb.example.com")

    def show(self) -> dict[str, object]:
        """Return the webhook of the fleet."""
        found: dict[str, object] = json.loads(
            self.enter("webhook", "show", "cmdb", "-f", "json").out
        )
        return found

    def test_the_secret_is_printed_once_with_a_warning(self):
        done = self.enter("webhook", "create", "--url", "https://a.example", "x", "-f", "json")
        self.assertEqual(0, done.status, done.err)
        self.assertRegex(json.loads(done.out)["secret"], "^whsec_")
        self.assertIn("shown only once", done.err)
        self.assertNotIn("secret", self.enter("webhook", "show", "x").out)

    def test_filters_are_replaced_and_removed(self):
        words = "--kind hosts --kind cells --field variables.os.kernel --region north"
        self.assertEqual(0, self.enter("webhook", "set", *words.split(), "cmdb").status)
        found = self.show()
        self.assertEqual(["hosts", "cells"], found["kinds"])
        self.assertEqual(["variables.os.kernel"], found["changed_fields"])
        self.assertIsNotNone(found["region_id"])

        done = self.enter("webhook", "unset", "--kind", "--field", "--region", "cmdb")
        self.assertEqual(0, done.status, done.err)
        found = self.show()
        self.assertEqual(
            [None] * 3, [found[n] for n in ("kinds", "changed_fields", "region_id")]
        )

    def test_what_is_wrong_is_named(self):
        for words, message in (
            ("--kind host cmdb", "'host' is not a kind of objects. Did you mean hosts?"),
            ("--url https://u:p@a.example cmdb", "url: must not contain a user name"),
            ("--position 999 cmdb", "999 is not between 0 and the last revision"),
        ):
            done = self.enter("webhook", "set", *words.split())
            self.assertEqual(3, done.status)
            self.assertIn(message, done.err)

    def test_a_test_shows_the_response_and_fails_with_it(self):
        receiver = Receiver(self.addCleanup)
        receiver.statuses = [204, 404]
        self.enter("webhook", "set", "--url", receiver.url, "cmdb")
        good, bad = (self.enter("webhook", "test", "cmdb", "-f", "json") for _ in range(2))
        self.assertEqual((0, 204), (good.status, json.loads(good.out)["status"]))
        self.assertEqual((1, 404), (bad.status, json.loads(bad.out)["status"]))
        self.assertEqual("the response was 404 Not Found", json.loads(bad.out)["error"])
        self.assertEqual(["ping", "ping"], [message["type"] for message in receiver.messages])

    def test_an_original_server_has_none(self):
        with mock.patch("cratonserver.api.versions.FEATURES", ()):
            for words in (["list"], ["show", "x"], ["test", "x"], ["delete", "x"]):
                done = self.enter("webhook", *words)
                self.assertNotEqual(0, done.status)
                self.assertIn("does not have webhooks", done.err)
