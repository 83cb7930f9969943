# SPDX-License-Identifier: Apache-2.0
"""The types of values in ``<path>=<value>``, and the way back to text."""

from __future__ import annotations

import json
import random
import typing as t

from cratonclient import paths, typed_values
from cratonclient.tests import base
from cratonclient_osc.output import table
from cratonclient_osc.verbs import assignments

#: Texts that another rule would read as a number, a boolean, a date or nothing.
TEXTS = (
    *("5.10", "1e3", "0042", "8E4513", ".5", "1.", "1.0", "-0", "+1", "1_000", "0x1F", "0o14"),
    *("52:54:00:12:34:56", "52:54", "NO", "no", "yes", "on", "True", "NULL", "None", "~", ""),
    *("NaN", "Infinity", "-Infinity", "2024-01-01", "\u0661", " 5", "5 ", " true", "-", "--1"),
    *('"', '"a', 'a"', "[", "{", "]", "[0-9]+", "{a", "a=b", ":=1", "=", "'64'", "#x", "1,2"),
)
#: Texts that are JSON.
VALUES: dict[str, t.Any] = {
    "true": True,
    "false": False,
    "null": None,
    "0": 0,
    "-7": -7,
    "64": 64,
    "9007199254740993": 2**53 + 1,
    "123456789012345678901234567890": 123456789012345678901234567890,
    '"64"': "64",
    '""': "",
    '"a\\nb"': "a\nb",
    "[1.5, 1e3]": [1.5, 1000.0],
    '{"a": {"b": null}}': {"a": {"b": None}},
    "{\n}": {},
}
#: Texts that look like JSON.
BROKEN = (
    "{a}",
    "{{ x }}",
    "[1,]",
    '"a" and "b"',
    '{"a": 1, "a": 2}',
    "[NaN]",
    "[1e999]",
    "[-1.5e-400]",
)


class TestParse(base.TestCase):
    """The rule for ``=``, and strict JSON for ``:=``."""

    def test_texts_are_what_was_typed(self):
        for text in TEXTS:
            self.assertEqual(text, typed_values.parse(text))

    def test_json(self):
        for text, wanted in VALUES.items():
            found = typed_values.parse(text)
            self.assertEqual((type(wanted), wanted), (type(found), found), text)

    def test_broken_json_is_no_text(self):
        for text in (*BROKEN, "9" * 5000):
            self.assertRaises(ValueError, typed_values.parse, text)

    def test_strict_json(self):
        for text, wanted in {"5.10": 5.1, "1e3": 1000.0, " 5 ": 5, **VALUES}.items():
            self.assertEqual(wanted, typed_values.parse_json(text))
        refused = (
            *BROKEN,
            "",
            "r1",
            "NaN",
            "-Infinity",
            "05",
            ".5",
            "1e999",
            "True",
            "[" * 10**5,
        )
        for text in refused:
            self.assertRaises(ValueError, typed_values.parse_json, text)

    def test_contents_of_files(self):
        for text, wanted in {
            "r1\n": "r1",
            "r1\r\n": "r1",
            "64\n": 64,
            "5.10\n": "5.10",
            "": "",
            "\n": "",
            "-----BEGIN\r\nAA==\r\n": "-----BEGIN\r\nAA==\r\n",
            "a\nb\n": "a\nb\n",
            "a\n\n": "a\n\n",
            '\n{\r\n  "a": [1]\r\n}\r\n': {"a": [1]},
            '"a","b"\n"c","d"\n': '"a","b"\n"c","d"\n',
        }.items():
            self.assertEqual(wanted, typed_values.parse_contents(text), repr(text))


class TestAssignment(base.TestCase):
    """A value is printed as ``variable set`` accepts it."""

    def test_printed_values(self):
        for value, wanted in (
            ("r1", "x=r1"),
            ("5.10", "x=5.10"),
            ("64", 'x="64"'),
            ("true", 'x="true"'),
            ("@file", 'x="@file"'),
            ("{x}", 'x="{x}"'),
            ("a\nb", r'x="a\nb"'),
            (64, "x=64"),
            (1.5, "x:=1.5"),
            ([1.5], "x=[1.5]"),
            (None, "x=null"),
        ):
            self.assertEqual(wanted, typed_values.assignment("x", value))

    def test_it_is_read_back(self):
        for name in ("x", "a.b", "a:", "a=b", 'a"b', "x[0]", "a b", "*", "ü", "\x9b", "1"):
            for value in (*TEXTS, *VALUES, *VALUES.values(), *BROKEN, *_some_texts(), *NUMBERS):
                text = typed_values.assignment(name, value)
                path, found = assignments.parse_assignment(text)
                self.assertEqual((name,), path, text)
                # As JSON, because 1 == True and 1 == 1.0 in Python.
                self.assertEqual(json.dumps(value), json.dumps(found), text)
                self.assertTrue(text.isprintable(), repr(text))

    def test_tables_use_it(self):
        value = {"a": "5.10", "b.c": 5.1, "d": "7"}
        shown = table.readable(value, "\n").splitlines()
        self.assertEqual(["a=5.10", '"b.c":=5.1', 'd="7"'], shown)
        read = paths.changed({}, map(assignments.parse_assignment, shown))
        self.assertEqual(value, read)


NUMBERS = (0.0, -0.0, 1.0, 5.1, 1e22, 1e-7, -2.5, 2**64 + 1, -(2**70))


def _some_texts() -> t.Iterator[str]:
    """Yield random texts of the characters that have a meaning somewhere."""
    source = random.Random(20170301)
    alphabet = "019.eE+-_:=@\"'\\{}[], \t\n\ralsnoy~\u00e9\u2028\ufeff\x1b\U0001f600"
    for _ in range(300):
        yield "".join(source.choices(alphabet, k=source.randint(1, 8)))
