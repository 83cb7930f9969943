# SPDX-License-Identifier: Apache-2.0
"""jsonschema_rs and jsonschema judge the same, with the rules of the server."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient.tests import base
from cratonserver import errors
from cratonserver.api import schema_validation
from cratonserver.api.schema_validation import Validator
from cratonserver.kinds import registry
from cratonserver.openapi import json_schemas

#: Values that validators could judge differently.
VALUES: tuple[t.Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 2.5, -0.0, 1e300),
    *(2**31 - 1, 2**31, 2**31 + 0.0, -(2**31), -(2**31) - 1, 2**64, 10**999),
    *("", "a", "a\n", "\n", "\n\n", "\r", "a\0", "\u2028", "ä", "\U0001f600", "1"),
    *("x" * 255, "x" * 256, "ä" * 255, "ä" * 256, "ä" * 32767, "ä" * 32768, "x" * 65536),
    *("member", "reader", "no role", "10.0.0.1", "00000000-0000-0000-0000-000000000001"),
    *("00000000-0000-0000-0000-000000000001\n", "{00000000000000000000000000000001}"),
    *([], ["a"], ["a\0"], [1], [None], [{}], [{"href": "x"}], [{"href": 1}], ["x" * 256]),
    *({}, {"": 1}, {"a": 1}, {"a": None}, {"a\0": 1}, {"\n": 1}, {"\na": 1}, {"a\n": 1}),
    *({"\r": 1}, {"x" * 255: 1}, {"x" * 256: 1}, {"a": {"b": [1.5, {"c": None}]}}),
)


class TestValidator(base.TestCase):
    """Both libraries judge the same, so the fast one decides what is valid."""

    def assertSame(self, schema: t.Any, values: t.Iterable[t.Any]) -> None:
        slow, fast = schema_validation._verbose()(schema), Validator(schema)._fast
        for value in values:
            valid = next(iter(slow.iter_errors(value)), None) is None
            self.assertEqual(valid, fast.is_valid(value), f"{schema} {value!r}")

    def test_each_field(self):
        for rules in registry.all_rules():
            for field in rules.kind.fields.values():
                self.assertSame(json_schemas.in_request(field), VALUES)

    def test_bodies(self):
        for kind in (rules.kind for rules in registry.all_rules()):
            for schema in (json_schemas.for_create(kind), json_schemas.for_update(kind)):
                for name in (*kind.fields, "unknown"):
                    self.assertSame(schema, [{name: value} for value in ("a", 2.0, None)])
                self.assertSame(schema, VALUES)

    def test_parts(self):
        for schema in (json_schemas.VARIABLES, json_schemas.VARIABLE_NAMES):
            self.assertSame(schema, VALUES)
            self.assertSame(schema, [[value] for value in VALUES])
            self.assertSame(schema, [{"a": value} for value in VALUES])

    def test_a_problem_has_the_message_of_jsonschema(self):
        error = self.assertRaises(errors.Refused, Validator({"type": "integer"}).check, 2.0)
        self.assertIn("2.0 is not of type 'integer'", error.message)

    def test_a_valid_value_does_not_need_jsonschema(self):
        validator = Validator(json_schemas.VARIABLES)
        with mock.patch.object(schema_validation, "_verbose", side_effect=AssertionError):
            validator.check({"a": 1})
