# SPDX-License-Identifier: Apache-2.0
"""Malicious requests are refused without details, and their text is never SQL."""

from __future__ import annotations

import typing as t
from urllib import parse

import sqlalchemy

from cratonclient.tests.integration.server import base

EVIL = (
    "' OR 1=1 --",
    '"; DROP TABLE hosts; --',
    "1) UNION SELECT key_digest FROM users --",
    "id,(SELECT 1)",
    "\\x00",
    "%s%s%n",
    "{{7*7}}",
    "../../etc/passwd",
)
MARK = "xyzzy"


class TestQueries(base.ServerTestCase):
    """Parameters and headers."""

    def setUp(self):
        super().setUp()
        self.statements: list[str] = []
        sqlalchemy.event.listen(self.store.engine, "before_cursor_execute", self._note)
        self.addCleanup(
            sqlalchemy.event.remove, self.store.engine, "before_cursor_execute", self._note
        )

    def _note(self, _connection: t.Any, _cursor: t.Any, statement: str, *_: t.Any) -> None:
        self.statements.append(statement)

    def _assert_harmless(self, answer: base.Answer, *statuses: int) -> None:
        self.assertIn(answer.status, statuses, answer.text)
        self.assertFalse([s for s in self.statements if MARK in s])

    def test_what_cannot_be_is_refused(self):
        for name in ("sort_keys", "sort_dir", "marker", "limit", "cloud_id", "vars"):
            for evil in EVIL:
                with self.about(f"{name} {evil}"):
                    value = parse.quote(MARK + evil)
                    self._assert_harmless(self.root.get(f"/hosts?{name}={value}"), 400)

    def test_what_could_be_finds_nothing(self):
        for name in ("name", "ip_address", "device_type", "label"):
            for evil in EVIL:
                with self.about(f"{name} {evil}"):
                    answer = self.root.get(f"/hosts?{name}={parse.quote(MARK + evil)}")
                    self._assert_harmless(answer, 200)
                    self.assertEqual([], answer.json["hosts"])

    def test_what_is_stored_comes_back_as_it_was(self):
        for evil in EVIL:
            with self.about(evil):
                text = MARK + evil
                made = self.root.make("clouds", name=text, variables={text: text})
                self._assert_harmless(self.root.get(f"/clouds/{made['id']}"), 200)
                self.assertEqual((text, {text: text}), (made["name"], made["variables"]))

    def test_headers_log_nobody_in(self):
        for header in ("X-Auth-User", "X-Auth-Token", "X-Auth-Project"):
            for evil in (*EVIL, "\0", "\xff" * 10, "x" * 100000):
                with self.about(f"{header} {evil[:20]!r}"):
                    answer = self.root.get("/hosts", headers={header: MARK + evil})
                    self._assert_harmless(answer, 401)
                    self.assertLess(len(answer.text), 1000)


class TestBytes(base.ServerTestCase):
    """Invalid or excessive bytes."""

    def test_bytes_that_are_not_utf_8_are_refused(self):
        for value in ("%ff", "%c0%af", "%ed%a0%80", "%f8%88%80%80%80", "a%00b"):
            for path in ("/hosts?name=", "/hosts?sort_keys=", "/hosts?", "/clouds/1?"):
                with self.about(path + value):
                    self.assertAnswer(self.root.get(path + value), 400)

    def test_ids_in_other_clothes_are_not_found(self):
        cloud = self.root.make("clouds")["id"]
        wide = "".join(chr(0xFF10 + int(digit)) for digit in str(cloud))
        for text in (wide, f"{cloud}\0", f"+{cloud}", f" {cloud}", f"{cloud}_0", "\xff"):
            with self.about(text):
                self.assertAnswer(self.root.get(f"/clouds/{text}"), 404)
        self.assertAnswer(self.root.get(f"/projects/{wide[0] * 32}"), 404)
        self.assertAnswer(self.root.get("/projects/1_1_1_1_1_1_1_1_1_1_1_1_1_1_1_1_"), 404)

    def test_a_hundred_parameters_are_enough(self):
        self.assertAnswer(self.root.get("/hosts?" + "&".join(["label=x"] * 100)), 200)
        answer = self.root.get("/hosts?" + "&".join(f"p{n}=1" for n in range(101)))
        self.assertInvalid(answer, "there are more than 100 parameters")

    def test_a_long_value_is_not_sent_back(self):
        long = "x" * 1000000
        place = self.root.needed("regions", {})
        for body in ({**place, "name": long}, {**place, long: 1}, {**place, "cloud_id": long}):
            answer = self.root.post("/regions", body)
            self.assertAnswer(answer, 400)
            self.assertLess(len(answer.text), 1000)
        many = self.root.post("/hosts", {"labels": [1] * 100000})
        self.assertAnswer(many, 400)
        self.assertLess(len(many.text), 5000)


class TestBodies(base.ServerTestCase):
    """Invalid or excessive JSON."""

    def _refused(self, value: str, problem: str) -> None:
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        answer = self.root.put(path, text='{"good": 1, "bad": ' + value + "}")
        self.assertAnswer(answer, 400)
        self.assertIn(problem, answer.json["message"])
        self.assertEqual({}, self.root.get(path).json["variables"])

    def test_every_kind_is_refused_by_name_and_changes_nothing(self):
        for value, problem in (
            ("NaN", "bad: NaN is not valid JSON"),
            ("[1, -Infinity]", "bad[1]: -Infinity is not"),
            ("1e400", "bad: 1e400 is too large"),
            ("-0.1e-400", "bad: -0.1e-400 is too small"),
            ("1" * 1001, "has more than 1000 digits"),
            (r'{"a": "\u0000"}', "bad.a: '\\x00' has a NUL character"),
            (r'{"\u0000": 1}', "bad: '\\x00' has a NUL character"),
            (r'"\ud800"', "bad: '\\ud800' has an unpaired surrogate"),
            ('{"a": 1, "a": 1}', "bad.a: duplicate name"),
            ("[" * 33 + "]" * 33, "nested more than 33 levels deep"),
            ("[" * 5000 + "]" * 5000, "nested more than 33 levels deep"),
            ("[" * 200000, ""),
        ):
            with self.about(value[:40]):
                self._refused(value, problem)

    def test_what_is_just_allowed_survives(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        deep: t.Any = 1
        for _ in range(32):
            deep = [deep]
        values = {"deep": deep, "big": int("9" * 1000), "small": -0.0, "wide": 1e22}
        self.assertAnswer(self.root.put(path, values), 200)
        self.assertEqual(values, self.root.get(path).json["variables"])

    def test_charsets_that_nobody_uses_are_refused(self):
        for charset in (
            "utf-7",
            "idna",
            "punycode",
            "rot13",
            "zlib",
            "unicode_escape",
            "x" * 99,
        ):
            with self.about(charset):
                answer = self.root.post(
                    "/clouds",
                    text='{"name": "x"}',
                    content_type=f"application/json; charset={charset}",
                )
                self.assertAnswer(answer, 400)

    def test_names_and_labels_hold_no_nul(self):
        for field, value in (("name", "a\0b"), ("labels", ["a\0b"]), ("note", "\0")):
            body = self.root.needed("hosts", {field: value})
            with self.about(field):
                self.assertAnswer(self.root.post("/hosts", body), 400)

    def test_a_note_is_limited_by_its_bytes(self):
        self.assertAnswer(self.root.post("/clouds", {"name": "a", "note": "x" * 65535}), 201)
        answer = self.root.post("/clouds", {"name": "b", "note": "\xfc" * 40000})
        self.assertAnswer(answer, 400)
        self.assertIn("is longer than 65535 bytes", answer.json["message"])
