# SPDX-License-Identifier: Apache-2.0
"""The grammar of variable paths."""

from __future__ import annotations

from cratonclient import paths
from cratonclient.paths import Every
from cratonclient.tests import base


class TestParse(base.TestCase):
    """Parsing and writing paths."""

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

    def test_names_that_no_variable_has(self):
        for text in ('""', "''.a", '""[0]', '"\\na"', "\na"):
            error = self.assertRaises(paths.PathError, paths.parse, text)
            self.assertIn("a name must not be empty or begin with a line end", str(error))
        for text in ('a.""', '" "', '"a\\n"'):
            paths.parse(text)

    def test_what_is_written_is_read_again(self):
        for path in (("a", 0, "b"), ("a.b", "c d", "ü"), ("x", ""), ('"',), ("*", "*"), ("0",)):
            self.assertEqual(path, paths.parse(paths.write(path)))


class TestQuery(base.TestCase):
    """The stricter grammar of paths in the ``vars`` parameter."""

    def test_a_path_is_read_up_to_its_end(self):
        for text, wanted in {
            'a.b:"c"': (("a", "b"), 3),
            "$.a[*].*:1": (("a", Every.ELEMENT, Every.MEMBER), 8),
            'a["b"].c,': (("a", "b", "c"), 8),
            "a.b-c:1": (("a", "b"), 3),
            "1a:1": ((), 0),
            "$x:1": ((), 0),
        }.items():
            self.assertEqual(wanted, paths.QUERY.scan(text), text)

    def test_what_is_written_is_read_again(self):
        for path in (("a", 0, "b"), ("a.b", Every.MEMBER, "ü"), ("1a", "c-d"), ("*", "*", "")):
            written = paths.QUERY.write(path)
            self.assertEqual((path, len(written)), paths.QUERY.scan(written))


class TestMatch(base.TestCase):
    """All values that a path matches."""

    def test_parts(self):
        value = {"a": [{"b": 1}, {"b": 2}, {"c": 3}], "d": {"e": 4, "f": 5}}
        for path, wanted in {
            (): [value],
            ("a", 1, "b"): [2],
            ("a", Every.ELEMENT, "b"): [1, 2],
            ("d", Every.MEMBER): [4, 5],
            ("a", Every.MEMBER): [],
            ("d", Every.ELEMENT): [],
            ("a", 9): [],
            ("a", "b"): [],
            ("d", 0): [],
        }.items():
            self.assertEqual(wanted, paths.match(value, path), repr(path))


class TestValues(base.TestCase):
    """Getting, setting and unsetting values."""

    def test_nothing_is_changed_in_place(self):
        before = {"a": {"b": 1}, "c": 2}
        new = paths.changed(before, [(("a", "x"), 2), (("d", "e", 0), 1)])
        self.assertEqual({"a": {"b": 1, "x": 2}, "d": {"e": [1]}}, new)
        self.assertEqual({"a": {"b": 1}, "c": 2}, before)

    def test_later_assignments_see_earlier_ones(self):
        given = [(("a",), {}), (("a", "b"), 1), (("a", "c"), 2)]
        self.assertEqual({"a": {"b": 1, "c": 2}}, paths.changed({"a": "text"}, given))

    def test_removal_counts_from_before(self):
        values = {"l": [0, 1, 2, 3], "o": {"a": 1, "b": [1]}}
        given = map(paths.parse, ("l[0]", "l[1]", "l[-1]", "o.b", "o.b[0]"))
        paths.unset(values, given)
        self.assertEqual({"l": [2], "o": {"a": 1}}, values)

    def test_removal_of_nothing_is_a_key_error(self):
        for text in ("a", "l[5]", "l[-5]", "n[-1]", "n[0]", "n.x"):
            values = {"l": [0], "n": 1}
            self.assertRaises(KeyError, paths.unset, values, [paths.parse(text)])

    def test_what_is_set_can_be_got(self):
        values: dict[str, object] = {}
        for text, new in (("a.b[0]", 1), ("a.b[1].c", 2), ("a.b[-1].c", 3)):
            paths.set(values, paths.parse(text), new)
        self.assertEqual({"a": {"b": [1, {"c": 3}]}}, values)
        self.assertEqual(3, paths.get(values, paths.parse("a.b[1].c")))

    def test_a_path_that_leads_nowhere_is_refused(self):
        for text in ("a.b.c", "a[0]", "l[2]", "l.x"):
            values = {"a": {"b": "text"}, "l": [1]}
            self.assertRaises(paths.PathError, paths.set, values, paths.parse(text), 1)
