# SPDX-License-Identifier: Apache-2.0
"""Lists filtered by variables with hostile names and values, given as a mapping."""

from __future__ import annotations

import random
import typing as t

from cratonclient import paths
from cratonclient.tests import base

#: Names of variables and of members.
NAMES = (
    "rack", "a-b", "a b", "1a", "42", "@x", "true", "null", "variables", "vars", "limit",
    "k.dot", ".", "..", "a.b[0].c", "[0]", "[*]", "*", ".*", "$", "$.a", "a=b", "a:=b", ":=",
    "a:b", ":", "a,b", ",", "a:1,b", '"', '""', 'a"b', "'", "a'b", '\'"', "\\", "a\\", '\\"',
    "\\u002c", "%", "%22", "%2C", "_", "a&b=c", "#", "?", "+", ";", "/", "ünï", "größe", "é",
    "日本", "😀", "\u202e", "\u200b", "a\tb", "a\nb", "\r", "\x7f", "\x1b[2J", " ", " a ",
    "{}", "{x}", "[]", "'; DROP TABLE hosts; --", "x" * 255, "__class__", "None",
)  # fmt: skip
#: Values of every type.
VALUES: tuple[t.Any, ...] = (
    *NAMES,
    "", "5.10", "1e3", "0042", "no", "52:54:00:12:34:56", "a\r\nb", "x" * 800, "\x01",
    None, True, False, 0, 1, -1, 5, 2**31, 2**53 + 1, 2**63, 2**70, -(2**70), 10**30,
    0.5, -0.25, 1.5, 1e22, 1e-7, 5.1, 123456789.123,
    [], [1], [1, 2], ["a,b"], [[1]], [[]], [None], [{"a": 1}], ["[1]"], [True], [0.5, "x"],
    {}, {"a": 1}, {"a": {"b": [1, {"c,:": None}]}}, {"": ""}, {"a,b": "c:d"}, {"ünï": "ö"},
    {"a": 1, "b": [1, 2]}, {"x": False}, {"😀": [0.1]},
)  # fmt: skip
HOSTS = 10


def contains(stored: t.Any, wanted: t.Any) -> bool:
    """Return True if a list of a server finds a stored value by a wanted one."""
    if isinstance(stored, dict):
        return isinstance(wanted, dict) and all(
            name in stored and contains(stored[name], value) for name, value in wanted.items()
        )
    if isinstance(stored, list):
        elements = wanted if isinstance(wanted, list) else [wanted]
        return all(any(contains(part, element) for part in stored) for element in elements)
    return isinstance(stored, bool) is isinstance(wanted, bool) and stored == wanted


class TestHostileConditions(base.FleetTestCase):
    def setUp(self):
        super().setUp()
        chosen = random.Random(7)  # the same values in every run
        region = self.make_region()
        self.stored: dict[str, dict[str, t.Any]] = {}
        for _ in range(HOSTS):
            values = {name: chosen.choice(VALUES) for name in NAMES}
            values["inside"] = {name: chosen.choice(VALUES) for name in NAMES}
            host = self.make_host(region_id=region.id, variables=values)
            self.stored[host.name] = values

    def found(self, **query: t.Any) -> set[str]:
        return {host.name for host in self.craton.hosts.list(limit=100, **query)}

    def expected(self, path: paths.Path, wanted: t.Any) -> set[str]:
        return {
            name
            for name, values in self.stored.items()
            if contains(paths.get(values, path), wanted)
        }

    def test_each_value_of_each_variable(self):
        for number, name in enumerate(NAMES):
            for values in list(self.stored.values())[number % 5 :: 5]:
                self.check((name,), values[name])

    def test_each_value_of_each_member(self):
        for number, name in enumerate(NAMES):
            for values in list(self.stored.values())[number % 5 :: 5]:
                self.check(("inside", name), values["inside"][name])

    def check(self, path: paths.Path, value: t.Any) -> None:
        wanted = self.expected(path, value)
        self.assertTrue(wanted)
        self.assertEqual(
            wanted, self.found(vars={paths.write(path): value}), repr((path, value))
        )

    def test_every_value_finds_itself_and_nothing_else(self):
        clouds = self.craton.clouds
        made = {
            str(number): clouds.create(name=str(number), variables={"only": value})
            for number, value in enumerate(VALUES)
        }
        for value in VALUES:
            wanted = {name for name in made if contains(VALUES[int(name)], value)}
            found = {cloud.name for cloud in clouds.list(vars={"only": value}, limit=100)}
            self.assertEqual(wanted, found, repr(value))

    def test_several_conditions(self):
        chosen = random.Random(8)
        for name, values in self.stored.items():
            names = chosen.sample(NAMES, 4)
            wanted = {paths.write((n,)): values[n] for n in names}
            both = [self.expected((n,), values[n]) for n in names]
            self.assertIn(name, self.found(vars=wanted))
            self.assertEqual(set.intersection(*both), self.found(vars=wanted), repr(wanted))

    def test_pages_are_filtered_too(self):
        [values] = list(self.stored.values())[:1]
        pages = self.craton.hosts.pages(vars={'"a,b"': values["a,b"]})
        rows = [info["name"] for page in pages for info in page]
        self.assertEqual(self.expected(("a,b",), values["a,b"]), set(rows))
