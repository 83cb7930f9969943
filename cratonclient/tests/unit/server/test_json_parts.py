# SPDX-License-Identifier: Apache-2.0
"""Bodies in parts: together, the parts are the body, and each of them is small."""

from __future__ import annotations

import json
import random
import typing as t

from cratonclient.tests import base
from cratonserver.api import json_parts, json_response
from cratonserver.db import stored_json
from cratonserver.db.stored_json import Stored

VALUES: tuple[t.Any, ...] = (
    None,
    True,
    0,
    -1.5,
    2**70,
    1e22,
    "",
    "ünï\U0001f600\n",
    [],
    {},
    [[]],
    {"": {}},
)


class TestParts(base.TestCase):
    def assertSame(self, body: t.Any, plain: t.Any = None) -> list[bytes]:
        """Check that the parts of a body are the body, and return them."""
        parts = [*json_parts.parts(body)]
        wanted = json_response.dumps(body if plain is None else plain)
        self.assertEqual(wanted, b"".join(parts))
        return parts

    def test_small_bodies(self):
        for value in VALUES:
            self.assertSame(value)
            self.assertSame({"a": [value, {"b": value}], "é": value})

    def test_large_bodies(self):
        many = list(range(100_000))
        for body in (
            many,
            {"b": many, "a": [many, 1, many], "c": {"d": {"e": many}}},
            {f"name-{n}": n for n in many},
            ["x" * 200_000, 1, "y"],
            [[[[[many]]]]],
            [{"id": n, "tags": ["a"]} for n in many],
        ):
            parts = self.assertSame(body)
            self.assertLess(max(map(len, parts)), 250_000)

    def test_small_values_are_written_together(self):
        # Each of them alone would take ten times as long.
        for body in ([{"a": 1}] * 100_000, {f"n{n}": {"a": 1} for n in range(100_000)}):
            self.assertLess(len(self.assertSame(body)), 1000)

    def test_random_bodies(self):
        draw = random.Random(11)
        for _ in range(100):
            self.assertSame(self.any_value(draw, 4))

    def any_value(self, draw: random.Random, depth: int) -> t.Any:
        """Return a value, sometimes with thousands of others in it."""
        shape = draw.random()
        if depth == 0 or shape < 0.3:
            value = draw.choice(VALUES)
            return value if draw.random() < 0.8 else [value] * draw.choice((4095, 4096, 9000))
        inner = [self.any_value(draw, depth - 1) for _ in range(draw.randrange(5))]
        return inner if shape < 0.6 else {f"n{n}": value for n, value in enumerate(inner)}

    def test_stored_values(self):
        plain = {"b": [1, {"y": 2, "x": "é"}], "a": list(range(50_000))}
        stored = {name: Stored(json.dumps(value)) for name, value in plain.items()}
        self.assertSame(stored, plain)
        self.assertSame([{"variables": stored}] * 2, [{"variables": plain}] * 2)
        self.assertEqual(json_response.dumps(plain), json_response.dumps(stored))

    def test_members(self):
        plain = {"a": 1, 'q"': "x,y", "list": [1, {"b": '}\\"]'}], "big": 2**70, "t": True}
        plain |= {"": "\\", "e": {}, "n": None, "f": -1.5e-7, "s": '"[{,'}
        members = json.dumps(plain, separators=(",", ":"))[1:-1]
        self.assertEqual(plain, stored_json.decode(members))
        found = stored_json.split(members)
        self.assertEqual(plain, {name: value.value() for name, value in found.items()})

    def test_other_objects_are_refused(self):
        self.assertRaises(TypeError, json_response.dumps, {"a": object()})
