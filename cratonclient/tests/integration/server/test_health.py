# SPDX-License-Identifier: Apache-2.0
"""``/healthcheck``: 200 while the database responds, 503 otherwise."""

from __future__ import annotations

from falcon import testing

from cratonclient.tests.integration.server import base
from cratonserver import composition


class TestHealth(base.ServerTestCase):
    def check(self, store, method="GET"):
        return testing.simulate_request(
            composition.application_of(store), method, "/healthcheck"
        )

    def test_it_asks_for_no_credentials(self):
        answer = self.check(self.store)

        self.assertEqual(200, answer.status_code)
        self.assertEqual({"message": "OK", "status": 200}, answer.json)
        self.assertEqual("no-store", answer.headers["cache-control"])
        self.assertIn("x-openstack-request-id", answer.headers)

    def test_head_answers_without_a_body(self):
        answer = self.check(self.store, "HEAD")

        self.assertEqual((200, ""), (answer.status_code, answer.text))

    def test_what_only_looks_like_it_is_not_open(self):
        for path in ("/healthcheck/", "/v1/healthcheck", "/Healthcheck"):
            answer = testing.simulate_get(composition.application_of(self.store), path)

            self.assertEqual(401, answer.status_code, path)

    def test_a_database_that_does_not_answer_is_503_without_the_reason(self):
        with self.assertLogs("cratonserver.api.health", "ERROR"):
            answer = self.check(composition.store_at("sqlite:////nowhere/at-all/fleet.db"))

        self.assertEqual(503, answer.status_code)
        self.assertEqual("no-store", answer.headers["cache-control"])
        self.assertEqual(
            {"message": "The database does not respond", "status": 503}, answer.json
        )
