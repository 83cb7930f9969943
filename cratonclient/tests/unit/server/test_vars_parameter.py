# SPDX-License-Identifier: Apache-2.0
"""The grammar of the ``vars`` parameter."""

from __future__ import annotations

from cratonclient.paths import Every
from cratonclient.tests import base
from cratonserver import errors
from cratonserver.api import vars_parameter


class TestGrammar(base.TestCase):
    def assertRead(self, text, *conditions):
        self.assertEqual(list(conditions), [tuple(c) for c in vars_parameter.parse(text)], text)

    def assertRefused(self, text, message):
        try:
            found = vars_parameter.parse(text)
        except errors.Refused as exc:
            self.assertEqual((400, message), (exc.status, exc.message), text)
        else:
            self.fail(f"{text!r} was parsed as {found}")

    def test_paths(self):
        for path, name, *steps in (
            ("a", "a"),
            ("_a@b-c9", "_a@b-c9"),
            ("@x", "@x"),
            ("  a", "a"),
            ("$.a.b", "a", "b"),
            ("a.b.c_1", "a", "b", "c_1"),
            ("a[0]", "a", 0),
            ("a[0][12]", "a", 0, 12),
            ("a[*].k", "a", Every.ELEMENT, "k"),
            ("a.*.k[*][3]", "a", Every.MEMBER, "k", Every.ELEMENT, 3),
            ('"k.dot"', "k.dot"),
            ('"k sp"', "k sp"),
            ("'k sp'", "k sp"),
            ('"k:,[]"."x,:\\"."', "k:,[]", 'x,:".'),
            ("'k:,'.'x,:'", "k:,", "x,:"),
            ('a."1"', "a", "1"),
            ('a.""', "a", ""),
            ('"ünï"."ö"', "ünï", "ö"),
            ('"\\u00fc"', "ü"),
            ('a["b"][\'c\'].d["*"]["0"]', "a", "b", "c", "d", "*", "0"),
        ):
            self.assertRead(f"{path}:1", (name, tuple(steps), 1))

    def test_bad_paths(self):
        for path in (
            *("a[0:1]", "a[0:]", "a[:]", "a[:1]", "a..b", "a[?(@.x)]", "a|b", "a[0", "a0]"),
            *("a]", "[0]", "[0].a", "[*]", "*", "a b", "a .b", "1a", "", ".a", "a.", "$name"),
            *("$", "$[0]", "$..a", "a[-1]", "a[1.0]", "a[]", "a[b]", "a[1234567890]", "ünï"),
            *("foo.hyphenated-key", "v3.0.foo", "a.1", "a.@b", "a.ö", "a.b c", '""', "''"),
            *(
                '"a',
                "'a",
                '"a\\x"',
                '"a\nb"',
                '"\\u0000"',
                '"\\ud800"',
                'a["b]',
                'a."b',
                "a. b",
            ),
            "a" + ".b" * (vars_parameter.MAX_STEPS + 1),
        ):
            self.assertRefused(f"{path}:1", vars_parameter.BAD_PATH)

    def test_values(self):
        for text, value in (
            ('"text"', "text"),
            ('"a,b:c\\"d"', 'a,b:c"d'),
            ("5", 5),
            ("-1.5e3", -1500.0),
            ("true", True),
            ("null", None),
            (" { } ", {}),
            ("[1, 2,[3]]", [1, 2, [3]]),
            ('{"a,:":[{"b":"}"}]}', {"a,:": [{"b": "}"}]}),
            ("123456789012345678901234567890", 123456789012345678901234567890),
        ):
            self.assertRead(f"v:{text}", ("v", (), value))
            self.assertRead(f"v:{text},w.x:1", ("v", (), value), ("w", ("x",), 1))

    def test_bad_values(self):
        for value in (
            *("text", "'text'", "True", "None", "05", "+1", ".5", "1.", "", " ", "NaN", "-NaN"),
            *(
                "Infinity",
                "-Infinity",
                "1e999",
                '"open',
                "[1",
                "{1:2}",
                "{a:1}",
                "1 2",
                "1;",
                "[1,]",
            ),
            *('"\\u0000"', '["\\u0000"]', '{"\\u0000":1}', '"\\ud800"', '"a\nb"'),
            *("[" * 4000, "[" + "1," * vars_parameter.MAX_NODES + "1]"),
        ):
            self.assertRefused(
                f"v:{value}"[: vars_parameter.MAX_LENGTH], vars_parameter.BAD_VALUE
            )

    def test_what_has_no_colon(self):
        for text, given in (
            ("", ""),
            ("who", "who"),
            ("a:1,b", "b"),
            ("a:1,", ""),
            (",a:1", ""),
        ):
            message = f"vars: {given!r} has no colon. Write name:value, with the value as JSON."
            self.assertRefused(text, message)

    def test_the_last_of_the_same_path_counts(self):
        self.assertRead("a.b:1,a:2,a.b:3", ("a", ("b",), 3), ("a", (), 2))

    def test_another_spelling_of_a_path_is_another_condition(self):
        for other in ("$.a", '"a"', "'a'"):
            self.assertRead(f"a:2,{other}:1", ("a", (), 2), ("a", (), 1))

    def test_bounds(self):
        many = [f"a{number}:1" for number in range(vars_parameter.MAX_PAIRS + 1)]
        self.assertEqual(
            vars_parameter.MAX_PAIRS, len(vars_parameter.parse(",".join(many[:-1])))
        )
        self.assertRefused(",".join(many), "vars: at most 16 pairs can be given.")
        self.assertRefused(
            'a:"' + "x" * vars_parameter.MAX_LENGTH + '"',
            "vars: at most 4096 characters can be given.",
        )
