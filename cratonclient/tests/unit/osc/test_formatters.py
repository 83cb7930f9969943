# SPDX-License-Identifier: Apache-2.0
"""Values in each output format, and the time at which rows are printed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import typing as t
from unittest import mock

import yaml
from cliff.formatters import json_format, yaml_format

from cratonclient.tests import base
from cratonclient_osc.output import formatters, table, terminal, values

NAMES = ("id", "name", "active", "note", "variables", "labels")
VARIABLES = {"rack": "r1", "cores": 64, "serial": "64", "nics": [{"mtu": 9000}]}
ROW = (1, "web \u00e9", True, None, VARIABLES, ["db", "web"])
HOSTILE = 'a\x1b[2J"\\\n\x9b\u202e$(reboot)`reboot`'
RAW = frozenset("\x1b\x9b\u202e")


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def settings(**given: t.Any) -> t.Any:
    """Return the options of all formats."""
    defaults = {"noindent": False, "quote_mode": "nonnumeric", "prefix": ""}
    defaults |= {"max_width": 0, "fit_width": False, "print_empty": False}
    return mock.Mock(spec_set=[*defaults], **(defaults | given))


def listed(form: str, *rows: t.Any, names: t.Any = NAMES, **given: t.Any) -> str:
    """Return the output of a list."""
    out = io.StringIO()
    found: t.Any = formatters.for_lists()[form].obj
    found.emit_list(names, iter(rows), out, settings(**given))
    return out.getvalue()


def shown(form: str, row: t.Any, names: t.Any = NAMES, **given: t.Any) -> str:
    """Return the output of an object."""
    out = io.StringIO()
    found: t.Any = formatters.for_objects()[form].obj
    found.emit_one(names, row, out, settings(**given))
    return out.getvalue()


class TestValues(base.TestCase):
    def test_structured_formats_keep_the_structure(self):
        wanted = dict(zip(NAMES, ROW, strict=True))
        self.assertEqual([wanted] * 2, json.loads(listed("json", ROW, ROW)))
        self.assertEqual([wanted], json.loads(listed("json", ROW, noindent=True)))
        self.assertEqual([wanted] * 2, yaml.safe_load(listed("yaml", ROW, ROW)))
        lines = listed("jsonl", ROW, ROW).splitlines()
        self.assertEqual([wanted] * 2, [json.loads(line) for line in lines])
        for form in ("json", "jsonl", "yaml"):
            self.assertEqual(wanted, yaml.safe_load(shown(form, ROW)))

    def test_text_formats_say_the_same(self):
        cells = ["1", "web \u00e9", "true", "null", json.dumps(VARIABLES), '["db", "web"]']
        rows = list(csv.reader(io.StringIO(listed("csv", ROW))))
        self.assertEqual([list(NAMES), cells], rows)
        self.assertEqual(" ".join(cells) + "\n", listed("value", ROW))
        self.assertEqual("\n".join(cells) + "\n", shown("value", ROW))

    def test_a_backslash_in_csv_is_one(self):
        row: tuple[t.Any, ...] = (1, 'a\\b "c", d', True, None, {}, [])
        for quote in ("all", "minimal", "nonnumeric"):
            read = list(csv.reader(io.StringIO(listed("csv", row, quote_mode=quote))))
            self.assertEqual(row[1], read[1][1], quote)

    def test_tables_read_as_they_are_typed(self):
        text = listed("table", ROW)
        self.assertIn('rack=r1, cores=64, serial="64", nics=[{"mtu": 9000}]', text)
        self.assertIn("| db, web |", text)
        self.assertIn("| true   | null |", text)
        self.assertIn("| nics=", shown("table", ROW).replace("|           | ", "| "))

    def test_json_and_yaml_are_the_bytes_of_cliff(self):
        for rows in ((), (ROW,), (ROW, ROW)):
            for noindent in (False, True):
                out = io.StringIO()
                chosen = settings(noindent=noindent)
                json_format.JSONFormatter().emit_list(NAMES, iter(rows), out, chosen)
                self.assertEqual(out.getvalue(), listed("json", *rows, noindent=noindent))
            out = io.StringIO()
            # Copy the rows: YAML writes an alias for an object that appears twice.
            own = [json.loads(json.dumps(row)) for row in rows]
            yaml_format.YAMLFormatter().emit_list(NAMES, own, out, settings())
            self.assertEqual(out.getvalue(), listed("yaml", *rows))


class TestHostileText(base.TestCase):
    def test_no_terminal_obeys_it(self):
        row = (HOSTILE, {HOSTILE: HOSTILE}, [HOSTILE])
        names = ("a", HOSTILE, "c")
        for form in formatters.for_lists().names():
            self.assertTrue(RAW.isdisjoint(listed(form, row, names=names)), form)
        for form in formatters.for_objects().names():
            self.assertTrue(RAW.isdisjoint(shown(form, row, names=names)), form)

    def test_a_table_prints_json_that_is_nested_too_deeply(self):
        deep = "[" * 100_000
        self.assertIn(f"a={deep}", shown("table", ({"a": deep},), names=("variables",)))

    def test_structures_stay_json(self):
        value = {HOSTILE: [HOSTILE]}
        self.assertEqual(value, json.loads(shown("value", (value,), ("a",))))

    def test_a_shell_carries_nothing_out(self):
        text = shown("shell", (HOSTILE, "it's"), ("a-b", "c"), prefix="p_")
        done = subprocess.run(
            ["sh", "-c", f'{text}\nprintf "%s|%s" "$p_a_b" "$p_c"'],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual((f"{values.plain(HOSTILE)}|it's", ""), (done.stdout, done.stderr))


class TestStreams(base.TestCase):
    def test_a_row_is_printed_when_it_is_there(self):
        for form in ("csv", "json", "jsonl", "value", "yaml"):
            out = io.StringIO()
            seen: list[int] = []

            def rows(out: io.StringIO = out, seen: list[int] = seen) -> t.Any:
                for number in range(3):
                    yield (f"row-{number}",)
                    seen.append(out.getvalue().count("row-"))

            found: t.Any = formatters.for_lists()[form].obj
            found.emit_list(("name",), rows(), out, settings())
            self.assertEqual([1, 2, 3], seen, form)


class TestWidths(base.TestCase):
    def test_a_table_fits(self):
        rows = [(number, "word " * 9, "x" * 70, "\u65e5\u672c" * 9) for number in range(3)]
        names = ("id", "some words", "one_word", "wide")
        for width in (46, 60, 80, 100):
            lines = listed("table", *rows, names=names, max_width=width).splitlines()
            self.assertEqual({width}, {terminal.width(line) for line in lines})
            joined = "".join("".join(line.split("|")[3:4]).strip() for line in lines[3:])
            self.assertEqual("x" * 210, joined)

    def test_what_fits_stays_as_it_is(self):
        self.assertEqual(listed("table", ROW), listed("table", ROW, max_width=200))

    def test_too_many_columns_become_a_table_for_each_object(self):
        names = [f"column-{number}" for number in range(20)]
        row = ["some text"] * 20
        text = listed("table", row, row, names=names, max_width=80)
        self.assertEqual(shown("table", row, names, max_width=80) * 2, text)
        self.assertGreaterEqual(80, max(map(len, text.splitlines())))

    def test_an_object_fits(self):
        lines = shown("table", ("x" * 500,), ("name",), max_width=40).splitlines()
        self.assertEqual({40}, set(map(len, lines)))

    def test_numbers_stand_on_the_right_also_below_null(self):
        text = listed("table", (None, "a"), (10, "b"), names=("size", "name"))
        self.assertIn("|   10 | b    |", text)

    def test_no_rows(self):
        self.assertEqual("\n", listed("table"))
        self.assertIn("| id | name |", listed("table", print_empty=True))

    def test_fit(self):
        self.assertEqual([2, 20, 20], table.fit([2, 30, 40], 52))
        self.assertIsNone(table.fit([9] * 9, 80))


class TestColour(base.TestCase):
    def test_only_on_a_terminal_that_wants_it(self):
        for stream, variables, wanted in (
            (Screen(), {}, ("\x1b[1m", "\x1b[0m")),
            (io.StringIO(), {}, ("", "")),
            (Screen(), {"NO_COLOR": "1"}, ("", "")),
            (Screen(), {"TERM": "dumb"}, ("", "")),
        ):
            with mock.patch.dict("os.environ", {"TERM": "xterm", **variables}, clear=True):
                self.assertEqual(wanted, terminal.style(stream, "bold"))


class TestProgress(base.TestCase):
    def progress(self, stream: io.StringIO, *seconds: float, total: int | None = None) -> str:
        times = mock.patch("time.monotonic", side_effect=[0, *seconds])
        with times, terminal.Progress("hosts", stream, total) as progress:
            for _ in seconds:
                progress.add(100)
        return stream.getvalue()

    def test_nothing_in_the_first_second(self):
        self.assertEqual("", self.progress(Screen(), 0.3, 0.9))

    def test_then_how_far_it_is_until_it_is_done(self):
        self.assertEqual("\r200 hosts\r\x1b[K", self.progress(Screen(), 0.5, 1.1, 1.2))
        self.assertIn("\r200 of 900 hosts", self.progress(Screen(), 0.5, 1.1, total=900))

    def test_nowhere_but_on_a_terminal(self):
        self.assertEqual("", self.progress(io.StringIO(), 2, 3))
