# SPDX-License-Identifier: Apache-2.0
"""``<path>=<value>``, for setting variables and for filtering by them."""

from __future__ import annotations

import tempfile

from cratonclient import paths
from cratonclient.tests import base
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import assignments, input_files


class TestAssignment(base.TestCase):
    """The first equals sign outside of quotes separates path and value."""

    def test_equals_signs(self):
        self.assertEqual((("a",), "b=c"), assignments.parse_assignment("a=b=c"))
        self.assertEqual((("a=b",), 1), assignments.parse_assignment('"a=b"=1'))
        self.assertEqual((("a",), ""), assignments.parse_assignment("a="))

    def test_json_that_is_nested_too_deeply_is_a_string(self):
        deep = "[" * 100_000
        self.assertEqual((("a",), deep), assignments.parse_assignment(f"a={deep}"))

    def test_a_file_that_is_nested_too_deeply_is_refused(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("[" * 100_000)
            file.flush()
            error = self.assertRaises(
                exit_status.UsageError, input_files.read_object, file.name
            )
        self.assertIn("nested too deeply", str(error))

    def test_text_for_json_is_explained(self):
        for text, hint in (
            ("mac:=52:54", "For text, write = in place of :=."),
            ("a=[x]", 'For text, write a JSON string: "...".'),
        ):
            error = self.assertRaises(paths.PathError, assignments.parse_assignment, text)
            self.assertIn(hint, str(error))

    def test_a_text_with_an_at_sign_is_explained(self):
        for text in ("contact=@unknown-file", "contact:=@unknown-file", "contact=@"):
            error = self.assertRaises(
                exit_status.UsageError, assignments.parse_assignment, text
            )
            self.assertIn('For text that begins with @, write "@...", with quotes', str(error))
        self.assertEqual((("a",), "@b"), assignments.parse_assignment('a="@b"'))


class TestCondition(base.TestCase):
    """Filters are quoted as the API requires."""

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
            "x=a,b:c": r'x:"a\u002cb:c"',
            "ünï=x": '"ünï":"x"',
            "ünï.ö=ü": r'"ünï"."\u00f6":"\u00fc"',
            "x=😀": r'x:"\ud83d\ude00"',
            'x."a,b:c"=1': r'x."a\u002cb\u003ac":1',
            'o={"ü,":"a,b"}': r'o:{"\u00fc\u002c":"a\u002cb"}',
            "v=5.10": 'v:"5.10"',
            "v:=5.10": "v:5.1",
            'v:="x"': 'v:"x"',
        }.items():
            self.assertEqual(wanted, assignments.parse_condition(text)[1])
