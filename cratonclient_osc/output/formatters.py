# SPDX-License-Identifier: Apache-2.0
"""The output formats of ``-f``.

These formatters replace cliff's, which have three drawbacks. cliff finds them by entry
point and loads all of them for every command, which takes longer than many requests.
They print values in Python's notation, and control characters as the server sent them.
And they collect a whole list before they print it; here only the table does, and all
other formats print each row as it arrives.

A value is the same in every format: a string is printed as the server sent it, and any
other value as JSON, such as ``true``, ``null``, ``64`` or ``{"rack": "r1"}``. Control
characters become escapes. JSON, YAML and shell assignments are read back exactly; CSV keeps
line ends and tabs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import typing as t

from cratonclient.printable import printable
from cratonclient_osc.output import exit_status
from cratonclient_osc.output.installed_formatters import InstalledFormatter
from cratonclient_osc.output.values import Names, Row, Rows, escaped, plain, with_newlines


class Formatter:
    """The base class of formatters, with the interface that cliff expects."""

    #: A list passes all fields of its objects, not only those of the shown columns.
    whole = False

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the format. Most formats have no options."""


class Json(Formatter):
    """One JSON document."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the option ``--noindent``."""
        group = parser.add_argument_group("json formatter")
        group.add_argument("--noindent", action="store_true", help="do not indent JSON")

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print an array, one object at a time."""
        indent = None if options.noindent else 2
        start, separator, end = "[\n  ", ",\n  ", "\n]\n"
        if options.noindent:
            start, separator, end = "[", ", ", "]\n"
        empty = True
        for row in rows:
            text = json.dumps(dict(zip(names, row, strict=True)), indent=indent)
            out.write(start if empty else separator)
            # Indent the object. Every newline is between tokens: JSON escapes the others.
            out.write(text.replace("\n", "\n  "))
            empty = False
        out.write("[]\n" if empty else end)

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a JSON object."""
        indent = None if options.noindent else 2
        out.write(json.dumps(dict(zip(names, row, strict=True)), indent=indent) + "\n")


class JsonLines(Formatter):
    """One JSON document on each line."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one line for each object."""
        for row in rows:
            self.emit_one(names, row, out, options)

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one line."""
        out.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")


class Yaml(Formatter):
    """One YAML document."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a sequence, one object at a time."""
        from cratonclient_osc.output import yaml_format

        empty = True
        for row in rows:
            yaml_format.write([dict(zip(names, row, strict=True))], out)
            empty = False
        if empty:
            out.write("[]\n")

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print a mapping with the fields in order."""
        from cratonclient_osc.output import yaml_format

        yaml_format.write(dict(zip(names, row, strict=True)), out)


class Csv(Formatter):
    """Comma-separated values with a header line, as in RFC 4180.

    Line ends in values are kept, in quotes. On a terminal they are escaped.
    """

    QUOTING: t.ClassVar[dict[str, t.Literal[0, 1, 2, 3]]] = {
        "all": csv.QUOTE_ALL,
        "minimal": csv.QUOTE_MINIMAL,
        "none": csv.QUOTE_NONE,
        "nonnumeric": csv.QUOTE_NONNUMERIC,
    }

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options ``--quote`` and ``--escape-newlines``."""
        group = parser.add_argument_group("csv formatter")
        group.add_argument(
            "--quote",
            choices=self.QUOTING,
            dest="quote_mode",
            default="nonnumeric",
            help="values to put in quotes (default: nonnumeric)",
        )
        group.add_argument(
            "--escape-newlines",
            action="store_true",
            help="print each row on one line: line ends in values become \\n, and backslashes "
            "become two; rows end in LF instead of CRLF",
        )

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one row for each object."""
        quoting = self.QUOTING[options.quote_mode]
        cell = plain if quoting == csv.QUOTE_NONE or out.isatty() else with_newlines
        end = "\r\n"
        if options.escape_newlines:
            cell, end = escaped, "\n"
        # Use an escape character only without quotes: with quotes, readers of CSV take a
        # backslash literally.
        escape = "\\" if quoting == csv.QUOTE_NONE else None
        writer = csv.writer(out, quoting=quoting, lineterminator=end, escapechar=escape)
        writer.writerow(map(cell, names))
        for row in rows:
            cells = [v if type(v) in (int, float) else cell(v) for v in row]
            if quoting == csv.QUOTE_NONE and cells == [""]:
                raise exit_status.UsageError(
                    "--quote none cannot write a row with one empty value, because readers "
                    "skip empty lines. Use --quote minimal."
                )
            writer.writerow(cells)


class Value(Formatter):
    """Values without field names."""

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one line for each object, with a space between the values."""
        for row in rows:
            out.write(" ".join(map(plain, row)) + "\n")

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one line for each value."""
        out.writelines(f"{plain(value)}\n" for value in row)


class Shell(Formatter):
    """Assignments for a shell; see :mod:`cratonclient_osc.output.shell_words`."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the option ``--prefix``."""
        group = parser.add_argument_group("shell formatter")
        group.add_argument(
            "--prefix", metavar="<prefix>", default="", help="prefix of the variable names"
        )

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one assignment for each value."""
        from cratonclient_osc.output import shell_words

        variables = shell_words.variables(names, options.prefix)
        cells = zip(names, variables, row, strict=True)
        # Print nothing if one value is refused: a script would use the others.
        out.writelines([f"{shell_words.assignment(*cell)}\n" for cell in cells])


class Table(Formatter):
    """A table with borders; see :mod:`cratonclient_osc.output.table`."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of cliff's table formatter."""
        group = parser.add_argument_group("table formatter")
        group.add_argument(
            "--max-width",
            metavar="<integer>",
            default=_number("CLIFF_MAX_TERM_WIDTH"),
            type=_width,
            help="maximum width of the table, 0 for no maximum (Env: CLIFF_MAX_TERM_WIDTH)",
        )
        group.add_argument(
            "--fit-width",
            action="store_true",
            default=bool(_number("CLIFF_FIT_WIDTH")),
            help="fit the table to the width of the terminal, even if the output is not a "
            "terminal (Env: CLIFF_FIT_WIDTH=1)",
        )
        group.add_argument(
            "--print-empty", action="store_true", help="print the table even if it has no rows"
        )

    def emit_list(
        self, names: Names, rows: Rows, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one row for each object."""
        from cratonclient_osc.output import table

        table.write_list(names, rows, out, options)

    def emit_one(
        self, names: Names, row: Row, out: t.TextIO, options: argparse.Namespace
    ) -> None:
        """Print one row for each field."""
        from cratonclient_osc.output import table

        table.write_one(names, row, out, options)


def _width(text: str) -> int:
    """Return a number of columns.

    :raises argparse.ArgumentTypeError: if it is not a whole number of at least 0.
    """
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of columns, such as 80")


def _number(variable: str) -> int:
    """Read an environment variable that holds a number; an unset one is 0."""
    text = os.environ.get(variable) or "0"
    try:
        return _width(text)
    except argparse.ArgumentTypeError:
        print(
            f"The environment variable {variable} is {printable(repr(text))}, which is not a "
            "whole number. Correct it or unset it.",
            file=sys.stderr,
        )
        raise SystemExit(exit_status.USAGE) from None


class Extension(t.NamedTuple):
    """A formatter with the attributes that cliff reads from a loaded entry point."""

    name: str
    obj: Formatter | InstalledFormatter


class Formatters:
    """The available formatters, with the interface of a stevedore extension manager.

    A name that is not one of ``classes`` is that of a formatter of another package.

    :param classes: classes of the formatters by the names that ``-f`` accepts.
    """

    def __init__(self, **classes: type[Formatter]) -> None:
        self._extensions = {name: Extension(name, cls()) for name, cls in classes.items()}

    def names(self) -> list[str]:
        """Return the names that ``-f`` accepts."""
        return list(self._extensions)

    def __iter__(self) -> t.Iterator[Extension]:
        return iter(self._extensions.values())

    def __getitem__(self, name: str) -> Extension:
        if name in self._extensions:
            return self._extensions[name]
        return Extension(name, InstalledFormatter(name))


def for_lists() -> Formatters:
    """Return the formatters for lists."""
    return Formatters(csv=Csv, json=Json, jsonl=JsonLines, table=Table, value=Value, yaml=Yaml)


def for_objects() -> Formatters:
    """Return the formatters for single objects."""
    return Formatters(
        json=Json, jsonl=JsonLines, shell=Shell, table=Table, value=Value, yaml=Yaml
    )
