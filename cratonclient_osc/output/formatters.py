# SPDX-License-Identifier: Apache-2.0
"""The formats of ``-f``: cliff's, and JSON Lines.

They take the place of cliff's formatters for three reasons. Those are found by
entry point and all made for every command, which takes longer than many a
request. They write Python's notation, and what the server sent as it is. And
they gather a list before they print it; here all but the table print a row
when it arrives.

A value is the same in every format: text stands as the server sent it, all
else is JSON, so ``true``, ``false``, ``null``, ``64`` and ``{"rack": "r1"}``.
What no terminal shows is written as an escape.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
import typing as t

from cratonclient.printable import printable
from cratonclient_osc.output import exit_status
from cratonclient_osc.output.values import Names, Row, Rows, plain


class Formatter:
    """What cliff expects of a formatter."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the format: most have none."""


class Json(Formatter):
    """One JSON document."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the option that saves the blanks."""
        group = parser.add_argument_group("json formatter")
        group.add_argument("--noindent", action="store_true", help="do not indent JSON")

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print an array, object by object."""
        indent, gap = (None, " ") if options.noindent else (2, "\n  ")
        before, after = "[" if options.noindent else f"[{gap}", "[]"
        for row in rows:
            # Strings hold no ends of lines: JSON escapes them.
            one = json.dumps(dict(zip(names, row, strict=True)), indent=indent)
            out.write(before + one.replace("\n", gap))
            before, after = f",{gap}", "]" if options.noindent else "\n]"
        out.write(f"{after}\n")

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print an object."""
        indent = None if options.noindent else 2
        out.write(json.dumps(dict(zip(names, row, strict=True)), indent=indent) + "\n")


class JsonLines(Formatter):
    """A JSON document on each line."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a line for each object."""
        for row in rows:
            self.emit_one(names, row, out, options)

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a line."""
        out.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")


class Yaml(Formatter):
    """One YAML document."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a sequence, object by object."""
        import yaml

        empty = True
        for row in rows:
            yaml.safe_dump([dict(zip(names, row, strict=True))], out, default_flow_style=False)
            empty = False
        if empty:
            out.write("[]\n")

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a mapping, in the order of the fields."""
        import yaml

        one = dict(zip(names, row, strict=True))
        yaml.safe_dump(one, out, default_flow_style=False, sort_keys=False)


class Csv(Formatter):
    """Comma-separated values, with a line of names."""

    QUOTING: t.ClassVar[dict[str, t.Literal[0, 1, 2, 3]]] = {
        "all": csv.QUOTE_ALL,
        "minimal": csv.QUOTE_MINIMAL,
        "none": csv.QUOTE_NONE,
        "nonnumeric": csv.QUOTE_NONNUMERIC,
    }

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the option that says what to quote."""
        group = parser.add_argument_group("csv formatter")
        group.add_argument(
            "--quote",
            choices=self.QUOTING,
            dest="quote_mode",
            default="nonnumeric",
            help="what to quote (default: all but numbers)",
        )

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a line for each object."""
        quoting = self.QUOTING[options.quote_mode]
        # Elsewhere readers take a backslash for what it is.
        escape = "\\" if quoting == csv.QUOTE_NONE else None
        writer = csv.writer(out, quoting=quoting, lineterminator=os.linesep, escapechar=escape)
        writer.writerow(map(plain, names))
        for row in rows:
            writer.writerow([v if type(v) in (int, float) else plain(v) for v in row])


class Value(Formatter):
    """Values without names."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a line for each object, with a blank between the values."""
        for row in rows:
            out.write(" ".join(map(plain, row)) + "\n")

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a line for each value."""
        out.writelines(f"{plain(value)}\n" for value in row)


class Shell(Formatter):
    """Assignments that a shell reads, and nothing that it would carry out."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the option for the beginning of the names."""
        group = parser.add_argument_group("shell formatter")
        group.add_argument(
            "--prefix", metavar="<prefix>", default="", help="put this before all names"
        )

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print an assignment for each value."""
        for name, value in zip(names, row, strict=True):
            variable = re.sub(r"\W", "_", name.lower(), flags=re.ASCII)
            text = re.sub(r'([\\"$`])', r"\\\1", plain(value))
            out.write(f'{options.prefix}{variable}="{text}"\n')


class Table(Formatter):
    """A table with borders; see :mod:`cratonclient_osc.output.table`."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that cliff's table has."""
        group = parser.add_argument_group("table formatter")
        group.add_argument(
            "--max-width",
            metavar="<integer>",
            default=_number("CLIFF_MAX_TERM_WIDTH"),
            type=int,
            help="widest that the table may be, 0 for any width (Env: CLIFF_MAX_TERM_WIDTH)",
        )
        group.add_argument(
            "--fit-width",
            action="store_true",
            default=bool(_number("CLIFF_FIT_WIDTH")),
            help="fit the table to the display even if it goes elsewhere "
            "(Env: CLIFF_FIT_WIDTH=1)",
        )
        group.add_argument(
            "--print-empty", action="store_true", help="print a table without rows too"
        )

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a row for each object."""
        from cratonclient_osc.output import table

        table.write_list(names, rows, out, options)

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a row for each field."""
        from cratonclient_osc.output import table

        table.write_one(names, row, out, options)


def _number(variable: str) -> int:
    """Read a number from the environment."""
    text = os.environ.get(variable) or "0"
    try:
        return int(text)
    except ValueError:
        print(f"{variable}: {printable(repr(text))} is not a number", file=sys.stderr)
        raise SystemExit(exit_status.USAGE) from None


class Found(t.NamedTuple):
    """What cliff expects of an entry point: a name and the object it gave."""

    name: str
    obj: Formatter


class Formatters:
    """The formatters of a kind of output, in the shape of an extension manager.

    :param classes: the class of each formatter by its name.
    """

    def __init__(self, **classes: type[Formatter]) -> None:
        self._found = {name: Found(name, cls()) for name, cls in classes.items()}

    def names(self) -> list[str]:
        """Give the names, as ``-f`` takes them."""
        return list(self._found)

    def __iter__(self) -> t.Iterator[Found]:
        return iter(self._found.values())

    def __getitem__(self, name: str) -> Found:
        return self._found[name]


def for_lists() -> Formatters:
    """Give the formatters of lists."""
    return Formatters(csv=Csv, json=Json, jsonl=JsonLines, table=Table, value=Value, yaml=Yaml)


def for_objects() -> Formatters:
    """Give the formatters of single objects."""
    return Formatters(
        json=Json, jsonl=JsonLines, shell=Shell, table=Table, value=Value, yaml=Yaml
    )
