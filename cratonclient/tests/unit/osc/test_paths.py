# SPDX-License-Identifier: Apache-2.0
"""The grammar of paths into variables."""

from __future__ import annotations

from cratonclient.tests import base
from cratonclient_osc.verbs import paths


class TestParse(base.TestCase):
    """What is read is what was meant."""

    def test_paths(self):
        for text, wanted in {
            "a": ("a",),
            "a.b-c": ("a", "b-c"),
            "a[0][1].b": ("a", 0, 1, "b"),
            "a[-1]": ("a", -1),
            '"a.b".c': ("a.b", "c"),
            r'"say \"x\""': ('say "x"',),
            "'a=b'.'c[0]'": ("a=b", "c[0]"),
            "k8s/role x": ("k8s/role x",),
            "ünï": ("ünï",),
            '"*"': ("*",),
        }.items():
            self.assertEqual(wanted, paths.parse(text))

    def test_what_is_no_path(self):
        for text in ("", ".a", "a.", "a..b", "[0]", "a[", "a[x]", 'a"b"', '"a', "a[*]", "a.*"):
            self.assertRaises(paths.PathError, paths.parse, text)

    def test_what_is_written_is_read_again(self):
        for path in (("a", 0, "b"), ("a.b", "c d", "ü"), ("", "x"), ('"',), ("*", "*"), ("0",)):
            self.assertEqual(path, paths.parse(paths.write(path)))

    def test_equals_signs(self):
        self.assertEqual((("a",), "b=c"), paths.assignment("a=b=c"))
        self.assertEqual((("a=b",), 1), paths.assignment('"a=b"=1'))
        self.assertEqual((("a",), ""), paths.assignment("a="))


class TestCondition(base.TestCase):
    """Filters are quoted as the API wants them (wire document, section 7)."""

    def test_conditions(self):
        for text, wanted in {
            "rack=r1": 'rack:"r1"',
            "cores=64": "cores:64",
            'cores="64"': 'cores:"64"',
            "up=true": "up:true",
            "a.b[0].c=x": 'a.b[0].c:"x"',
            "a.b-c=x": 'a."b-c":"x"',
            "a-b=x": 'a-b:"x"',
            "1a=x": '"1a":"x"',
            '"k.dot"=2': '"k.dot":2',
            "l[*].*.x=null": "l[*].*.x:null",
            'o={"a": [1, 2]}': 'o:{"a":[1,2]}',
            "x=a,b:c": 'x:"a,b:c"',
            "ünï=x": '"ünï":"x"',
        }.items():
            self.assertEqual(wanted, paths.condition(text))


class TestValues(base.TestCase):
    """What is changed, and what stays."""

    def test_nothing_is_changed_in_place(self):
        before = {"a": {"b": 1}, "c": 2}
        new = paths.changed(before, [paths.assignment("a.x=2"), paths.assignment("d.e[0]=1")])
        self.assertEqual({"a": {"b": 1, "x": 2}, "d": {"e": [1]}}, new)
        self.assertEqual({"a": {"b": 1}, "c": 2}, before)

    def test_later_assignments_see_earlier_ones(self):
        given = [paths.assignment(text) for text in ("a={}", "a.b=1", "a.c=2")]
        self.assertEqual({"a": {"b": 1, "c": 2}}, paths.changed({"a": "text"}, given))

    def test_removal_counts_from_before(self):
        values = {"l": [0, 1, 2, 3], "o": {"a": 1, "b": [1]}}
        given = map(paths.parse, ("l[0]", "l[1]", "l[-1]", "o.b", "o.b[0]"))
        paths.remove_all(values, given)
        self.assertEqual({"l": [2], "o": {"a": 1}}, values)
