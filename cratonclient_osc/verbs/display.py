# SPDX-License-Identifier: Apache-2.0
"""Base classes of the commands that print objects.

A command returns field names, and values as the server sent them. The formatters in
:mod:`cratonclient_osc.output.formatters` decide how to print them.
"""

from __future__ import annotations

import argparse
import itertools
import typing as t

from cliff import lister, show

from cratonclient import exceptions
from cratonclient.process import standard_output
from cratonclient_osc import base_command
from cratonclient_osc.output import (
    exit_status,
    formatters,
    installed_formatters,
    sort_order,
    terminal,
    values,
)
from cratonclient_osc.verbs import extra_columns

#: The help of cliff's options for columns. The help of ``-c`` depends on the command.
COLUMN_OPTIONS = {
    "-c": "",
    "--sort-column": "column to sort by, like those of -c, after all rows have arrived "
    "(repeatable)",
}

#: The fields of one object, as the server sent them.
Info = t.Mapping[str, t.Any]


class Display(base_command.CratonCommand):
    """A command that prints objects."""

    @property
    def formatter_default(self) -> str:
        """The format of the global option ``--format``; without it, ``table``."""
        wanted = getattr(self.app.options, "format", "default")
        return "table" if wanted == "default" else str(wanted)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Replace the help of cliff's options for columns."""
        parser = super().get_parser(prog_name)
        options = parser._option_string_actions
        for option in options.keys() & COLUMN_OPTIONS.keys():
            options[option].metavar = "<column>"
            options[option].help = COLUMN_OPTIONS[option] or self.help_of_columns()
        # cliff knows only the formats of this package.
        options["-f"].choices = installed_formatters.Choices(options["-f"].choices or ())
        options["-f"].default = self.formatter_default
        options["-f"].help = f"the output format, defaults to {self.formatter_default}"
        return parser

    def help_of_columns(self) -> str:
        """Return the help of ``-c``."""
        return "column to show (repeatable), in the given order"

    @property
    def wants_all_fields(self) -> bool:
        """True if the formatter gets the fields that no column shows, too."""
        return bool(t.cast("t.Any", self).formatter.whole)

    def check_columns(self, known: t.Collection[str], parsed_args: argparse.Namespace) -> None:
        """Refuse unknown columns. Call this before the first request.

        :param known: names of the columns that the command can print.
        :param parsed_args: the parsed arguments.
        """
        extra_columns.check("-c", parsed_args.columns, known)
        extra_columns.check("--sort-column", getattr(parsed_args, "sort_columns", ()), known)

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> int:
        """Print the objects. An error such as a full disk becomes one line of text."""
        parsed_args.quiet = self.quiet
        try:
            self.emit(parsed_args, column_names, data)
            self.app.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            standard_output.discard(self.app.stdout)
            raise exceptions.CommandError(
                f"Cannot write the output: {exc.strerror}.", exception=exc
            ) from exc
        return exit_status.DONE

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print the objects with the formatter.

        :param parsed_args: the parsed arguments.
        :param column_names: the names of the values.
        :param data: the values of an object, or an iterable of rows.
        """
        raise NotImplementedError

    def shown_columns(
        self, parsed_args: argparse.Namespace, column_names: values.Names
    ) -> values.Names:
        """Return the columns to print: those of ``-c`` in the given order, or all.

        :param parsed_args: the parsed arguments.
        :param column_names: the columns that :meth:`take_action` returned.
        """
        return list(dict.fromkeys(parsed_args.columns)) or column_names


class Lister(Display, lister.Lister):
    """A command that prints a list."""

    #: The noun of the progress counter, and of the message for an empty list.
    counted = "objects"

    def _load_formatter_plugins(self) -> t.Any:
        return formatters.for_lists()

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print a list. Printing begins when the first row arrives."""
        rows = sort_order.by_columns(data, column_names, parsed_args)
        # Fetch the first row before printing: an error must not follow a table header.
        first = list(itertools.islice(rows, 1))
        parsed_args.shown = self.shown_columns(parsed_args, column_names)
        kept = column_names if self.wants_all_fields else parsed_args.shown
        self.formatter.emit_list(
            kept,
            values.select(itertools.chain(first, rows), column_names, kept),
            self.app.stdout,
            parsed_args,
        )
        if not first and self.app.stdout.isatty() and not self.quiet:
            self.app.stdout.flush()
            self.app.stderr.write(f"No {self.counted} match.\n")

    def rows(
        self, names: values.Names, pages: t.Iterable[t.Iterable[Info]]
    ) -> t.Iterator[values.Row]:
        """Yield the rows of the pages of a list.

        Each page is printed before the next one is fetched.

        :param names: the fields of a row, in order.
        :param pages: the pages of the list.
        """
        with terminal.Progress(self.counted, self.app.stderr, quiet=self.quiet) as progress:
            for page in pages:
                rows = [tuple(map(info.get, names)) for info in page]
                progress.clear()
                yield from rows
                self.app.stdout.flush()
                progress.add(len(rows))


class ShowOne(Display, show.ShowOne):
    """A command that prints one object."""

    def _load_formatter_plugins(self) -> t.Any:
        return formatters.for_objects()

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print an object."""
        shown = self.shown_columns(parsed_args, column_names)
        (row,) = values.select([data], column_names, shown)
        self.formatter.emit_one(shown, row, self.app.stdout, parsed_args)
