# SPDX-License-Identifier: Apache-2.0
"""Conditions on variables: the text of the parameter ``vars``, and what it cannot express."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import conditions, crud, exceptions
from cratonclient.tests import base
from cratonclient.v1 import hosts


class TestText(base.TestCase):
    def test_paths_and_values(self):
        cases: tuple[tuple[str, t.Any, str], ...] = (
            ("rack", "r1", 'rack:"r1"'),
            ("os.kernel", "5.10", 'os.kernel:"5.10"'),
            ("os.kernel", 5.1, "os.kernel:5.1"),
            ('"os.kernel"', None, '"os.kernel":null'),
            ("nics[*].mac", "52:54", 'nics[*].mac:"52:54"'),
            ("o.*.x", True, "o.*.x:true"),
            ("a.b-c", 1, 'a."b-c":1'),
            ("x", "a,b:c", r'x:"a\u002cb:c"'),
            ("ünï.ö", "ü", r'"ünï"."\u00f6":"\u00fc"'),
            ('x."a,b:c"', 1, r'x."a\u002cb\u003ac":1'),
            ("o", {"a": [1, 2], "b,": {}}, r'o:{"a":[1,2],"b\u002c":{}}'),
            ("t", (1, 2), "t:[1,2]"),
            ("big", 2**70, f"big:{2**70}"),
        )
        for path, value, wanted in cases:
            self.assertEqual(wanted, conditions.text_of({path: value}))

    def test_several(self):
        self.assertEqual('a:1,b.c:"x"', conditions.text_of({"a": 1, "b.c": "x"}))
        self.assertEqual("", conditions.text_of({}))

    def test_what_it_cannot_express(self):
        for path, value, reason in (
            ("", 1, "path"),
            ('""', 1, "empty"),
            ('"\\n"', 1, "begin with a line end"),
            ("a..b", 1, "path"),
            ("a[", 1, "path"),
            ("a=b", 1, "path"),
            (5, 1, "path"),
            (None, 1, "path"),
            (("a", "b"), 1, "path"),
            ("a[-1]", 1, "negative index"),
            ('"\ud800"', 1, "not a character"),
            ('a."\ud800"', 1, "not a character"),
            ("a", "\ud800", "not a character"),
            ("a", float("nan"), "JSON"),
            ("a", [float("inf")], "JSON"),
            ("a", {1, 2}, "JSON"),
            ("a", b"x", "JSON"),
            ("a", 10**5000, "JSON"),
            ("a", object(), "JSON"),
        ):
            given: t.Any = {path: value}
            error = self.assertRaises(exceptions.BadRequest, conditions.text_of, given)
            self.assertIn(f"vars: the condition {path!a}"[:24], str(error))
            self.assertIn(reason, str(error))

    def test_the_value_is_named(self):
        error = self.assertRaises(
            exceptions.BadRequest, conditions.text_of, {"a[-1]": "the-value"}
        )
        self.assertIn("'the-value'", str(error))

    def test_a_secret_is_not_named(self):
        for wanted in (
            {"bmc.password": {"x-1"}},
            {"bmc": {"password": {"x-1"}}},
            {'"api token".x[-1]': "x-1, x-1"},
        ):
            given: t.Any = wanted
            error = self.assertRaises(exceptions.BadRequest, conditions.text_of, given)
            self.assertNotIn("x-1", str(error))

    def test_one_path_in_two_spellings(self):
        # Servers would use the last condition only.
        error = self.assertRaises(
            exceptions.BadRequest, conditions.text_of, {"a.b": 1, 'a."b"': 2}
        )
        self.assertIn("a.b has two values", str(error))
        self.assertEqual("a:1", conditions.text_of({"a": 1, '"a"': 1}))


class TestLists(base.TestCase):
    def sent(self, **query: t.Any) -> t.Any:
        session = mock.Mock(spec=["paginate"])
        session.paginate.return_value = iter(())
        list(hosts.HostManager(session, "http://h/v1").list(**query))
        return session.paginate.call_args.kwargs["params"]

    def test_a_mapping_becomes_text(self):
        self.assertEqual('rack:"r1"', self.sent(vars={"rack": "r1"})["vars"])

    def test_text_stays_as_it_is(self):
        self.assertEqual("rack:1, b:2", self.sent(vars="rack:1, b:2")["vars"])

    def test_no_conditions_are_no_filter(self):
        self.assertNotIn("vars", self.sent(vars={}))

    def test_nothing_is_sent_if_it_is_not_valid(self):
        session = mock.Mock(spec=["paginate"])
        manager: crud.CRUDClient[t.Any] = hosts.HostManager(session, "http://h/v1")
        for call in (manager.list, manager.pages):
            found: t.Iterator[t.Any] = call(vars={"a": {1}})
            self.assertRaises(exceptions.BadRequest, list, found)
        self.assertEqual([], session.method_calls)
