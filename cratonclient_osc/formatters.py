# SPDX-License-Identifier: Apache-2.0
"""cliff's formatters, without the search for them.

cliff finds formatters by entry point and makes one of each for every command,
which takes longer than many a request. These are the same ones, from a table,
and PrettyTable is imported only when a table is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import typing as t

from cliff.formatters import commaseparated, json_format, shell, value, yaml_format

from cratonclient_osc import status


class Table:
    """cliff's table, imported when it is used; its options are declared here."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that cliff's own formatter reads."""
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
            help="fit the table to the display; implied by --max-width "
            "(Env: CLIFF_FIT_WIDTH=1)",
        )
        group.add_argument(
            "--print-empty", action="store_true", help="print a table without rows too"
        )

    def emit_list(self, *args: t.Any) -> None:
        """Print a list."""
        self._cliff().emit_list(*args)

    def emit_one(self, *args: t.Any) -> None:
        """Print one object."""
        self._cliff().emit_one(*args)

    @staticmethod
    def _cliff() -> t.Any:
        from cliff.formatters import table

        return table.TableFormatter()


def _number(variable: str) -> int:
    """Read a number from the environment."""
    text = os.environ.get(variable) or "0"
    try:
        return int(text)
    except ValueError:
        print(f"{variable}: {text!r} is not a number", file=sys.stderr)
        raise SystemExit(status.USAGE) from None


class Formatter(t.NamedTuple):
    """What cliff expects of an entry point: a name and the object it gave."""

    name: str
    obj: t.Any


class Formatters:
    """The formatters of a kind of output, in the shape of an extension manager.

    :param classes: the class of each formatter by its name.
    """

    def __init__(self, **classes: t.Any) -> None:
        self._found = {name: Formatter(name, cls()) for name, cls in classes.items()}

    def names(self) -> list[str]:
        """Give the names, as ``-f`` takes them."""
        return list(self._found)

    def __iter__(self) -> t.Iterator[Formatter]:
        return iter(self._found.values())

    def __getitem__(self, name: str) -> Formatter:
        return self._found[name]


def for_lists() -> Formatters:
    """Give the formatters of lists."""
    return Formatters(
        csv=commaseparated.CSVLister,
        json=json_format.JSONFormatter,
        table=Table,
        value=value.ValueFormatter,
        yaml=yaml_format.YAMLFormatter,
    )


def for_objects() -> Formatters:
    """Give the formatters of single objects."""
    return Formatters(
        json=json_format.JSONFormatter,
        shell=shell.ShellFormatter,
        table=Table,
        value=value.ValueFormatter,
        yaml=yaml_format.YAMLFormatter,
    )
