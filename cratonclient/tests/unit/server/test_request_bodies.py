# SPDX-License-Identifier: Apache-2.0
"""Parsing and checking request bodies, without a request."""

from __future__ import annotations

from cratonclient import v1
from cratonclient.tests import base
from cratonserver import errors
from cratonserver.api import query_parameters, request_bodies


class TestParse(base.TestCase):
    """Content types and JSON."""

    def test_json_is_read(self):
        for content_type in (
            "application/json",
            "Application/JSON; charset=UTF-8",
            'application/json; charset="utf-8"',
            "application/problem+json",
        ):
            self.assertEqual({"a": 1}, request_bodies.parse(content_type, b'{"a": 1}'))

    def test_what_does_not_claim_to_be_json_is_nothing(self):
        for content_type in (None, "", "text/json", "application/jsonx", "text/x+json"):
            self.assertIsNone(request_bodies.parse(content_type, b'{"a": 1}'))

    def test_malformed_json_is_refused(self):
        for body in (b"", b"{", b"{'a': 1}", b"1 2", b"\xff"):
            error = self.assertRaises(
                errors.Refused, request_bodies.parse, "application/json", body
            )
            self.assertEqual((400, request_bodies.MALFORMED), (error.status, error.message))

    def test_a_surrogate_pair_is_a_character(self):
        self.assertEqual(
            "\U0001f600", request_bodies.parse("application/json", b'"\\ud83d\\ude00"')
        )

    def test_numbers_that_cannot_be_stored(self):
        body = b'{"a": [NaN, 1e999], "b": 1, "b": 2, "serial": 9%s}' % (b"9" * 1000)
        error = self.assertRaises(
            errors.Refused, request_bodies.parse, "application/json", body
        )
        for problem in ("- a[0]: NaN is not valid JSON", "- a[1]: 1e999 is too large"):
            self.assertIn(problem, error.message.splitlines())
        self.assertIn("- b: duplicate name", error.message.splitlines())
        self.assertIn("99 has more than 1000 digits", error.message)

    def test_secrets_are_not_quoted(self):
        for value in ('"HUN\\u0000TER"', '["HUNTER\\ud800"]', "1e777", '{"HUNTER": 1e777}'):
            for body in ('{"api_key": %s}', '{"a": {"bmc": {"pw": [%s]}}}'):
                error = self.assertRaises(
                    errors.Refused,
                    request_bodies.parse,
                    "application/json",
                    (body % value).encode(),
                )
                self.assertIn("***", error.message)
                self.assertNotRegex(error.message.partition(": ***")[2], "HUN|777")


class TestQueries(base.TestCase):
    """Parameters of query strings."""

    def test_secrets_are_not_quoted(self):
        allowed = {"vars": {"type": "string"}, "limit": {"type": "integer"}}
        for query, problem in (
            ("vars=bmc.password:HUNTER%00", "vars: *** has a NUL character"),
            ("vars=rack:r1%00", "vars: 'rack:r1\\x00' has a NUL character"),
            ("limit=ten", "limit: 'ten' is not of type 'integer'"),
        ):
            error = self.assertRaises(errors.Refused, query_parameters.read, query, allowed)
            self.assertIn(f"- {problem}", error.message.splitlines())


class TestChecks(base.TestCase):
    """The schemas that are generated from declarations."""

    def test_addresses_become_canonical(self):
        kind = v1.kind("hosts")
        for given, canonical in (
            ("10.0.0.1", "10.0.0.1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "::ffff:a00:1"),
            ("::FFFF:ffff:ffff", "::ffff:ffff:ffff"),
        ):
            checked = request_bodies.for_update(kind, {"ip_address": given})
            self.assertEqual({"ip_address": canonical}, checked)

    def test_secrets_are_not_quoted(self):
        user = {"username": "a", "project_id": "1"}
        for body in (
            *({**user, "api_key": secret} for secret in (77777, ["HUNTER"], {"a": "HUNTER"})),
            {**user, "username": {"api_key": "HUNTER"}},
            [{**user, "api_key": "HUNTER"}],
        ):
            error = self.assertRaises(
                errors.Refused, request_bodies.for_create, v1.kind("users"), body
            )
            self.assertIn("***", error.message)
            self.assertNotRegex(error.message, "HUNTER|777")

    def test_an_address_that_is_none_is_named_with_its_field(self):
        error = self.assertRaises(
            errors.Refused,
            request_bodies.for_update,
            v1.kind("hosts"),
            {"ip_address": "10.0.0.256"},
        )
        self.assertIn("ip_address", error.message)
        self.assertIn("'10.0.0.256'", error.message)

    def test_an_update_without_an_object_changes_nothing(self):
        for sent in (None, [], [1]):
            self.assertEqual({}, request_bodies.for_update(v1.kind("clouds"), sent))

    def test_a_number_with_a_fraction_of_zero_is_no_integer(self):
        body = {"name": "r", "cloud_id": 1.0}
        error = self.assertRaises(
            errors.Refused, request_bodies.for_create, v1.kind("regions"), body
        )
        self.assertIn("1.0 is not of type 'integer'", error.message)

    def test_what_was_sent_is_left_as_it_is(self):
        sent = {"ip_address": "FE80::1"}
        request_bodies.for_update(v1.kind("hosts"), sent)
        self.assertEqual({"ip_address": "FE80::1"}, sent)
