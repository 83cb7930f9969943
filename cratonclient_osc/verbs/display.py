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

from cratonclient import exceptions, standard_output
from cratonclient_osc import base_command, usage
from cratonclient_osc.output import exit_status, formatters, terminal, values

#: The fields of one object, as the server sent them.
Info = t.Mapping[str, t.Any]


class Display(base_command.CratonCommand):
    """A command that prints objects."""

    @property
    def formatter_default(self) -> str:
        """The format of the global option ``--format``; without it, ``table``."""
        wanted = getattr(self.app.options, "format", "default")
        return "table" if wanted == "default" else str(wanted)

    def check_columns(self, known: t.Collection[str], parsed_args: argparse.Namespace) -> None:
        """Refuse unknown columns. Call this before the first request.

        :param known: names of the columns that the command can print.
        :param parsed_args: the parsed arguments.
        """
        asked = [*parsed_args.columns, *getattr(parsed_args, "sort_columns", ())]
        usage.check_names("column", asked, known)

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> int:
        """Print the objects. An error such as a full disk becomes one line of text."""
        try:
            super().produce_output(parsed_args, column_names, data)  # type: ignore[misc]
            self.app.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            standard_output.discard(self.app.stdout)
            raise exceptions.CommandError(
                f"Cannot write the output: {exc.strerror}.", exception=exc
            ) from exc
        return exit_status.DONE


class Lister(Display, lister.Lister):
    """A command that prints a list."""

    #: The noun of the progress counter.
    counted = "objects"

    def _load_formatter_plugins(self) -> t.Any:
        return formatters.for_lists()

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> int:
        """Print a list. Printing begins when the first row arrives."""
        rows = iter(data)
        # Fetch the first row before printing: an error must not follow a table header.
        first = list(itertools.islice(rows, 1))
        return super().produce_output(parsed_args, column_names, itertools.chain(first, rows))

    def rows(
        self, names: values.Names, pages: t.Iterable[t.Iterable[Info]]
    ) -> t.Iterator[values.Row]:
        """Yield the rows of the pages of a list.

        Each page is printed before the next one is fetched.

        :param names: the fields of a row, in order.
        :param pages: the pages of the list.
        """
        with terminal.Progress(self.counted, self.app.stderr) as progress:
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
