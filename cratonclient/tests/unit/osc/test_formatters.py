# SPDX-License-Identifier: Apache-2.0
"""Values in each output format, and the time at which rows are printed."""

from __future__ import annotations

import argparse
import csv
import io
import json
import shlex
import shutil
import subprocess
import typing as t
from unittest import mock

import yaml
from cliff.formatters import json_format

from cratonclient.tests import base
from cratonclient_osc.output import (
    exit_status,
    formatters,
    shell_words,
    sort_order,
    table,
    terminal,
)

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
    defaults |= {"escape_newlines": False}
    defaults |= {"max_width": 0, "fit_width": False, "print_empty": False, "quiet": False}
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

    def test_json_is_the_bytes_of_cliff(self):
        for rows in ((), (ROW,), (ROW, ROW)):
            for noindent in (False, True):
                out = io.StringIO()
                chosen = settings(noindent=noindent)
                json_format.JSONFormatter().emit_list(NAMES, iter(rows), out, chosen)
                self.assertEqual(out.getvalue(), listed("json", *rows, noindent=noindent))

    def test_columns_keep_their_order(self):
        for form in ("csv", "json", "jsonl", "table", "yaml"):
            text = listed(form, (1, 2, 3), names=("zebra", "ant", "mouse"))
            places = [text.index(name) for name in ("zebra", "ant", "mouse")]
            self.assertEqual(sorted(places), places, form)


class TestHostileText(base.TestCase):
    def test_no_terminal_obeys_it(self):
        row = (HOSTILE, {HOSTILE: HOSTILE}, [HOSTILE])
        names = ("a", HOSTILE, "c")
        for form in formatters.for_lists().names():
            self.assertTrue(RAW.isdisjoint(listed(form, row, names=names)), form)
        for form in formatters.for_objects().names():
            # A shell has no variables with such names.
            keys = ("a", "b", "c") if form == "shell" else names
            self.assertTrue(RAW.isdisjoint(shown(form, row, names=keys)), form)

    def test_a_table_prints_json_that_is_nested_too_deeply(self):
        deep = "[" * 100_000
        self.assertIn(f"a={deep}", shown("table", ({"a": deep},), names=("variables",)))

    def test_structures_stay_json(self):
        value = {HOSTILE: [HOSTILE]}
        self.assertEqual(value, json.loads(shown("value", (value,), ("a",))))


class TestShell(base.TestCase):
    """Assignments that shells read back exactly."""

    VALUES = (
        "",
        "it's",
        "a\nb\n\n",
        '$HOME `reboot` $(reboot) \\ " !! \\n %s',
        HOSTILE,
        "\r\n\t\x01\x7f\x85\u2028",
        "\u65e5\u672c\x07\n",
        "-n",
        "~ * ? [a] {b,c} #",
    )

    def test_every_shell_reads_every_value_back(self):
        names = [f"k{number}" for number in range(len(self.VALUES))]
        text = shown("shell", self.VALUES, names, prefix="p_")
        self.assertTrue(RAW.isdisjoint(text))
        read = "".join(f'printf "%s\\0" "$p_{name}"\n' for name in names)
        for shell in ("sh", "bash", "dash", "zsh"):
            if not shutil.which(shell):
                continue
            done = subprocess.run(
                [shell, "-c", f'eval "$(cat)"\n{read}'],
                input=text.encode(),
                capture_output=True,
                check=True,
            )
            found = done.stdout.decode().split("\0")[:-1]
            self.assertEqual((list(self.VALUES), b""), (found, done.stderr), shell)

    def test_other_values_are_json(self):
        text = shown("shell", (None, True, 64, {"a": "it's"}, ["x"]), tuple("abcde"))
        self.assertEqual(
            ["null", "true", "64", '{"a": "it\'s"}', '["x"]'],
            [shlex.split(line)[0].partition("=")[2] for line in text.splitlines()],
        )

    def test_names(self):
        names = ("ip_address", "A-b", "os.kernel", "nics[0].mac", "two words")
        wanted = ["ip_address", "a_b", "os_kernel", "nics_0__mac", "two_words"]
        self.assertEqual(wanted, shell_words.variables(names))
        self.assertEqual(["x_1"], shell_words.variables(["1"], "x_"))

    def test_keys_that_are_no_names(self):
        for key in ("1x", "", "caf\u00e9", "a;b", "$(reboot)", "a\n", "a=b", "path", "status"):
            error = self.assertRaises(
                exit_status.UsageError, shown, "shell", ("v", "v"), ("ok", key)
            )
            self.assertIn(repr(key), str(error))
        for prefix in ("1", "a b", "x;", "$"):
            self.assertRaises(
                exit_status.UsageError, shown, "shell", ("v",), ("ok",), prefix=prefix
            )
        self.assertEqual('p_path="v"\n', shown("shell", ("v",), ("path",), prefix="p_"))

    def test_no_variable_belongs_to_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        modules = "parameter sched datetime terminfo termcap system langinfo zle mapfile"
        script = (
            f"for m in {modules}; do zmodload zsh/$m; done 2>/dev/null; "
            # Load what zsh loads when a variable is first used.
            'typeset -m "[a-z]*" >/dev/null; print -l ${(k)parameters[(R)*special*]}'
        )
        found = subprocess.run(
            ["zsh", "-fc", script], capture_output=True, text=True, timeout=50
        )
        names = [name for name in found.stdout.split() if name.islower()]
        self.assertIn("path", names)
        for name in names:
            self.assertRaises(exit_status.UsageError, shell_words.variables, [name])

    def test_keys_with_the_same_name(self):
        for first, second in (("a-b", "a_b"), ("Rack", "rack"), ("a.b", "a b")):
            error = self.assertRaises(
                exit_status.UsageError, shown, "shell", (1, 2), (first, second)
            )
            self.assertIn(repr(first), str(error))
            self.assertIn(repr(second), str(error))

    def test_values_that_no_shell_can_hold(self):
        for value in ("a\0b", "\ud800"):
            error = self.assertRaises(exit_status.UsageError, shown, "shell", (value,), ("k",))
            self.assertIn("'k'", str(error))


class TestCsv(base.TestCase):
    """CSV as in RFC 4180."""

    TEXTS = ("a\nb\r\nc\n", 'say "hi", she', "\t x", "a\\nb", "")

    def read(self, text: str) -> list[list[str]]:
        """Parse CSV."""
        return list(csv.reader(io.StringIO(text, newline="")))

    def test_texts_are_read_back(self):
        for quote in ("all", "minimal", "nonnumeric"):
            text = listed("csv", self.TEXTS, names=tuple("abcde"), quote_mode=quote)
            self.assertEqual([list("abcde"), list(self.TEXTS)], self.read(text))

    def test_rows_end_in_crlf(self):
        text = listed("csv", (1, "x"), (2, "y"), names=("id", "name"))
        self.assertEqual('"id","name"\r\n1,"x"\r\n2,"y"\r\n', text)

    def test_one_line_for_each_row(self):
        text = listed("csv", self.TEXTS, names=tuple("abcde"), escape_newlines=True)
        lines = text.split("\n")
        self.assertEqual(3, len(lines))
        cells = self.read(text)[1]
        decoded = [cell.encode().decode("unicode_escape") for cell in cells]
        self.assertEqual(list(self.TEXTS), decoded)

    def test_a_terminal_gets_no_line_ends_of_values(self):
        out = Screen()
        found: t.Any = formatters.for_lists()["csv"].obj
        found.emit_list(("a",), [("x\r\ny",)], out, settings())
        self.assertEqual('"a"\r\n"x\\r\\ny"\r\n', out.getvalue())

    def test_without_quotes_no_row_looks_like_an_empty_line(self):
        error = self.assertRaises(
            exit_status.UsageError, listed, "csv", ("",), names=("a",), quote_mode="none"
        )
        self.assertIn("Use --quote minimal", str(error))
        text = listed("csv", ("", ""), names=("a", "b"), quote_mode="none")
        self.assertEqual("a,b\r\n,\r\n", text)

    def test_without_quotes_line_ends_are_escaped(self):
        text = listed("csv", ("a\nb",), names=("a",), quote_mode="none")
        self.assertEqual(2, len(text.splitlines()))


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
        screen = Screen()
        table.write_list(("id",), (), screen, settings())
        self.assertEqual("", screen.getvalue())
        self.assertIn("| id | name |", listed("table", print_empty=True))
        self.assertEqual("\n", shown("table", (), ()))
        self.assertEqual("", listed("table", quiet=True) + shown("table", (), (), quiet=True))

    def test_fit(self):
        self.assertEqual([2, 20, 20], table.fit([2, 30, 40], 52))
        self.assertIsNone(table.fit([9] * 9, 80))


class TestWidthOptions(base.TestCase):
    def test_numbers_are_read_as_they_are_printed(self):
        parser = argparse.ArgumentParser(exit_on_error=False)
        formatters.for_lists()["table"].obj.add_argument_group(parser)
        self.assertEqual(80, parser.parse_args(["--max-width", "80"]).max_width)
        for text in ("1_0", "+5", "-5", "1e3", "", "\u0661", "9" * 5000):
            with self.assertRaisesRegex(argparse.ArgumentError, "not a number of columns"):
                parser.parse_args([f"--max-width={text}"])


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

    def test_not_if_quiet(self):
        screen = Screen()
        times = mock.patch("time.monotonic", side_effect=[0, 2])
        with times, terminal.Progress("hosts", screen, quiet=True) as progress:
            progress.add()
        self.assertEqual("", screen.getvalue())


class TestRaw(base.TestCase):
    def test_a_text_that_has_no_bytes(self):
        error = self.assertRaises(
            exit_status.UsageError, terminal.write_raw, "\ud800", "key", io.StringIO()
        )
        self.assertIn("'key' is not valid Unicode", str(error))


class TestSortColumn(base.TestCase):
    def sorted(self, *keys: str, direction: str = "asc") -> list[t.Any]:
        """Sort rows by columns and return the ids."""
        rows = [(1, "b", 2), (2, None, 10), (3, "a", "x"), (4, "b", None), (5, 3, True)]
        parsed = argparse.Namespace(sort_columns=list(keys), sort_direction=direction)
        return [row[0] for row in sort_order.by_columns(rows, ("id", "k", "v"), parsed)]

    def test_values_of_several_types(self):
        self.assertEqual([5, 3, 1, 4, 2], self.sorted("k"))
        self.assertEqual([1, 2, 3, 5, 4], self.sorted("v"))
        self.assertEqual([4, 5, 3, 2, 1], self.sorted("v", direction="desc"))

    def test_the_first_column_matters_most(self):
        self.assertEqual([5, 3, 1, 4, 2], self.sorted("k", "v"))

    def test_without_columns_rows_are_not_fetched_early(self):
        rows = (row for row in [(1,), (2,)])
        parsed = argparse.Namespace(sort_columns=[], sort_direction=None)
        next(sort_order.by_columns(rows, ("id",), parsed))
        self.assertEqual([(2,)], list(rows))
