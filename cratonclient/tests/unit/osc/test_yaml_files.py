# SPDX-License-Identifier: Apache-2.0
"""Variables from YAML files: YAML 1.2, and errors that name the line."""

from __future__ import annotations

import itertools
import json
import time
import typing as t

from cratonclient.tests import base
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import input_files, yaml_files

#: Plain text of YAML 1.2 that YAML 1.1 reads as a number, a boolean, a date or an error,
#: and numbers with a zero in front, which stay text as well.
TEXTS = (
    *("52:54:00:12:34:56", "52:54", "22:22", "190:20:30.15", "NO", "no", "yes", "On", "off"),
    *("y", "n", "2024-01-01", "2001-12-14t21:59:43.10-05:00", "0042", "00", "08", "00.5"),
    *("1_000", "0b11", "0o8", "0xZ", "=", "tRUE", "1.2.3", "10.0.0.1", "1e", "fe80::1", "None"),
)
VALUES: dict[str, t.Any] = {
    "12": 12,
    "-3": -3,
    "+4": 4,
    "0": 0,
    "0o14": 12,
    "0x1F": 31,
    "1e3": 1000.0,
    ".5": 0.5,
    "5.10": 5.1,
    "true": True,
    "FALSE": False,
    "~": None,
    "": None,
    "Null": None,
    "9007199254740993": 2**53 + 1,
    "123456789012345678901234567890": 123456789012345678901234567890,
    "!!str 12": "12",
    "! 12": "12",
    "'12'": "12",
    "!!int 7": 7,
    "!!float 7": 7.0,
}


class TestValues(base.TestCase):
    """The types of YAML 1.2."""

    def test_texts(self):
        for text in TEXTS:
            found = yaml_files.parse(f"a: {text}\nb: [{text}]\n{text}: c")
            self.assertEqual({"a": text, "b": [text], text: "c"}, found)

    def test_other_values(self):
        for text, wanted in VALUES.items():
            found = yaml_files.parse(f"a: {text}\n")
            self.assertEqual(json.dumps({"a": wanted}), json.dumps(found), text)

    def test_line_ends_and_merge_keys(self):
        found = yaml_files.parse(
            "a: |\r\n  x\r\n  y\r\nb: &b {c: 1, d: 2}\r\ne: {<<: *b, d: 3}"
        )
        wanted = {"a": "x\ny\n", "b": {"c": 1, "d": 2}, "e": {"c": 1, "d": 3}}
        self.assertEqual(wanted, found)
        merged = yaml_files.parse("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}")
        self.assertEqual({"x": 1, "z": 3}, merged["c"])

    def test_json_is_yaml(self):
        text = '{"a":[1,"x\\/y",{"b":null}],"c":true}'
        self.assertEqual(json.loads(text), yaml_files.parse(text))


class TestErrors(base.TestCase):
    """An error names the file, the line, the key, and the remedy."""

    def refuse(self, text: str) -> str:
        """Return the message about a file."""
        path = self.folder() / "values.yaml"
        path.write_text(text, encoding="utf-8")
        name = str(path)
        error = self.assertRaises(exit_status.UsageError, input_files.read_object, name)
        message = str(error)
        self.assertTrue(message.startswith(repr(name)), message)
        self.assertNotIn("<unicode string>", message)
        self.assertNotIn("S3cret", message)
        return message.removeprefix(repr(name))

    def test_places(self):
        for text, *wanted in (
            ("db:\n  pw: !vault |\n    S3cret\n", "line 2", "db.pw", "!vault", "decrypt it"),
            ("a:\n- !Ref S3cret\n", "line 2", "a[0]", "!Ref", "remove the tag"),
            ("a: !!binary aGk=", "line 1", "!!binary"),
            ("a: !!set {x}", "line 1", "!!set"),
            ("a: 1\nb: 2\na: 3\n", "line 3", "a is there twice", "first on line 1"),
            ('{"a": 1,\n "a": 2}', "the name 'a' occurs twice"),
            ("o:\n  x: 1\n  x: 2\n", "line 3", "o.x is there twice"),
            ("a: 1\nb: .inf", "line 2", "b is .inf", "in quotes"),
            ("a: 1e-400", "line 1", "a is 1e-400", "in quotes"),
            ("a: .NaN", "line 1", "in quotes"),
            ("a: 1e999", "line 1", "1e999"),
            ('{"a": NaN}', "NaN is not JSON"),
            ("1: x", "line 1", "1 as a name", "in quotes"),
            ("a: {true: x}", "line 1", "a has true as a name"),
            ("? [x]\n: y", "line 1", "as a name"),
            ("a: !!int S3cret", "line 1", "not a valid value of its tag"),
            ("a: " + "9" * 5000, "line 1", "too long for a number"),
            ("a: &a [*a]", "line 1", "a[0] contains itself"),
            ("a: *b", "line 1, column 4", "undefined alias"),
            ("a: 1\nb: [1,\nc: 2\n", "neither valid JSON nor valid YAML", "line 4, column 1"),
            ("a: b: c", "line 1, column 5"),
            ("a: 1\n---\nb: 2\n", "line 2, column 1", "expected a single document"),
            ('{"a": 1,\n "b" 2}', "neither valid JSON", "line 2, column 6", "':' delimiter"),
            ("a: x\x01y", "line 1", "U+0001"),
            ("a: 1\nb: x\u2028y", "line 2", "U+2028", "double quotes"),
            ("a: {<<: 5}", "line 1", "a.<<"),
            ("- 1", "must contain an object"),
            ("", "must contain an object"),
        ):
            message = self.refuse(text)
            for part in wanted:
                self.assertIn(part, message, text)

    def test_alias_bombs(self):
        names = "abcdefghij"
        levels = [
            f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]"
            for before, name in itertools.pairwise(names)
        ]
        merges = [
            f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}"
            for before, name in itertools.pairwise(names)
        ]
        long = f"a: &a '{'x' * 10_000}'\nb: [{','.join(['*a'] * 1000)}]"
        for text in (
            "\n".join(["a: &a [x,x,x,x,x,x,x,x,x]", *levels]),
            "\n".join(["a: &a {x: 1}", *merges]),
            long,
        ):
            started = time.process_time()
            self.assertIn("too long with its aliases", self.refuse(text))
            self.assertLess(time.process_time() - started, 5)

    def test_large_files_without_aliases_are_accepted(self):
        text = "\n".join(f"k{number}: {{a: [x, y]}}" for number in range(3000))
        self.assertEqual(3000, len(yaml_files.parse(text)))
