# SPDX-License-Identifier: Apache-2.0
"""Output in YAML, as readers of YAML 1.1 and of YAML 1.2 see it."""

from __future__ import annotations

import io
import random
import re
import typing as t

import yaml

from cratonclient.tests import base
from cratonclient_osc.output import yaml_format
from cratonclient_osc.verbs import yaml_files

#: The plain text that is no string, from the specifications of YAML 1.1 (the types of its
#: repository) and of YAML 1.2 (the core schema), and from readers that go beyond.
MISREAD = (
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    r"~|null|Null|NULL||=|<<",
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?",
    r"[-+]?([0-9][0-9_]*)?\.[0-9_]+([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    r"[-+]?[0-9]+|0o[0-7]+",
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    r"\d{4}-\d\d?-\d\d?([Tt]|[ \t]+.*|$)",
)
TEXTS = (
    *("52:54:00:12:34:56", "52:54", "00:11:22:33:44:55", "22:22", "190:20:30.15", "NO", "no"),
    *("y", "N", "yes", "On", "off", "True", "null", "NULL", "~", "", "=", "<<", ".inf", ".NaN"),
    *("0o14", "0x1F", "0b11", "012", "09", "0042", "12", "+12", "-0", "1_000", "5.10", "1e3"),
    *("1E+3", "1.5e3", ".5", "-.5", "1.", "8E4513", "2024-01-01", "2024-1-1", "2024-01-01 1:2"),
    *("2001-12-14t21:59:43.10-05:00", "12:30", "1:2:3", "00", "08:30", "!vault x", "*a", "&a"),
    *(
        "- a",
        "a: b",
        "a #b",
        "[a]",
        "{a}",
        "@a",
        "`a",
        "%a",
        "? a",
        "'a'",
        '"a"',
        "a\nb",
        "\ta",
    ),
    *(
        "a ",
        " a",
        "\x85",
        "a\u2028b",
        "\ufeffa",
        "\x1b[2J",
        "\u00e9",
        "\U0001f600",
        "---",
        "...",
    ),
)


def written(value: t.Any) -> str:
    """Return a value as YAML."""
    out = io.StringIO()
    yaml_format.write(value, out)
    return out.getvalue()


class TestWrite(base.TestCase):
    """All readers get the values that were written."""

    def assert_read(self, text: str) -> None:
        value = {text: [text, {"a": text}], "b": text}
        output = written(value)
        self.assertEqual(value, yaml.safe_load(output), output)
        self.assertEqual(value, yaml_files.parse(output), output)
        for event in yaml.parse(output):
            if isinstance(event, yaml.ScalarEvent) and event.style is None:
                for form in MISREAD:
                    self.assertIsNone(re.fullmatch(form, event.value), output)

    def test_texts(self):
        for text in TEXTS:
            self.assert_read(text)

    def test_random_texts(self):
        source = random.Random(12)
        for _ in range(1500):
            self.assert_read(
                "".join(source.choices("0179.:-+_eExobnyT =", k=source.randint(1, 8)))
            )

    def test_other_values(self):
        value: dict[str, t.Any] = {
            "a": [12, 1.5, 1e22, -0.0, 1e-7, 2**53 + 1, 10**30, True, None, [], {}],
            "b": {"1": "x"},
        }
        for read in (yaml.safe_load, yaml_files.parse):
            self.assertEqual(repr(value), repr(read(written(value))))

    def test_usual_texts_have_no_quotes(self):
        value: dict[str, t.Any] = {
            "a": "web-1",
            "b": "10.0.0.1",
            "c": "fe80::1",
            "d": "ntp.example.org",
            "e": "r1",
        }
        self.assertNotIn("'", written(value))

    def test_values_that_occur_twice_are_written_twice(self):
        shared = ["x"]
        self.assertEqual("a:\n- x\nb:\n- x\n", written({"a": shared, "b": shared}))
