# SPDX-License-Identifier: Apache-2.0
"""The header ``X-Craton-Reason``: what is stored, and what is refused."""

from __future__ import annotations

import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

LONGEST = "\U0001f680" * 1000


class TestReasons(base.ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = self.member()

    def send(self, header: str) -> base.Answer:
        return self.user.post(
            "/clouds",
            {"name": base.unique("c")},
            headers={"X-Craton-Reason": header},
        )

    def last(self) -> t.Any:
        return self.user.get("/changes?limit=10").json["changes"][0]["reason"]

    def test_any_text_is_stored(self):
        for text in ("moved", "rack r7: ü 日 %20", "two\nlines\t\x1b[2J", " ends ", LONGEST):
            self.assertAnswer(self.send(parse.quote(text, safe="")), 201)
            self.assertEqual(text, self.last())

    def test_text_that_is_not_encoded(self):
        self.assertAnswer(self.send("as a person types it: 50% done"), 201)
        self.assertEqual("as a person types it: 50% done", self.last())
        # The bytes of UTF-8, as WSGI passes them.
        self.assertAnswer(self.send("ü".encode().decode("latin-1")), 201)
        self.assertEqual("ü", self.last())

    def test_a_blank_one_is_none(self):
        for text in ("", "  ", "%20%0A"):
            self.assertAnswer(self.send(text), 201)
            self.assertIsNone(self.last())

    def test_what_is_refused(self):
        before = self.user.get("/changes").json["last_revision"]
        for text, said in (
            ("a" * 1001, "has 1001 characters, but the maximum is 1000"),
            ("a%00b", "has a NUL character"),
            ("%FF", "is not percent-encoded UTF-8"),
            ("\xfc", "is not percent-encoded UTF-8"),
            ("%ED%A0%80", "is not percent-encoded UTF-8"),
        ):
            with self.about(repr(text)):
                self.assertInvalid(self.send(text), f"X-Craton-Reason: {said}")
        self.assertEqual(before, self.user.get("/changes").json["last_revision"])

    def test_a_request_that_reads_ignores_it(self):
        self.assertAnswer(self.user.get("/clouds", headers={"X-Craton-Reason": "%FF"}), 200)

    def test_the_body_of_a_change_set_precedes_it(self):
        change = {"action": "create", "kind": "clouds", "values": {"name": base.unique("c")}}
        for body, expected in ((" ", "header"), ("body", "body")):
            change["values"] = {"name": base.unique("c")}
            done = self.user.post(
                "/changes",
                {"changes": [change], "reason": body},
                headers={"X-Craton-Reason": "header"},
            )
            self.assertAnswer(done, 200)
            self.assertEqual(expected, self.last())

    def test_every_path_that_writes(self):
        headers = {"X-Craton-Reason": "why"}
        cloud = self.user.make("clouds")["id"]
        project = self.user.project_id
        for method, path, body in (
            ("PUT", f"/clouds/{cloud}", {"note": "n"}),
            ("PUT", f"/clouds/{cloud}/variables", {"a": 1}),
            ("DELETE", f"/clouds/{cloud}/variables", ["a"]),
            ("DELETE", f"/clouds/{cloud}", None),
        ):
            answer = self.user.call(method, path, body, headers=headers)
            self.assertLess(answer.status, 300, answer)
            self.assertEqual("why", self.last(), f"{method} {path}")
        self.assertAnswer(
            self.root.put(f"/quotas/{project}", {"hosts": 5}, headers=headers), 200
        )
        found = self.root.get(f"/changes?project_id={project}").json["changes"][0]
        self.assertEqual("why", found["reason"])
