# SPDX-License-Identifier: Apache-2.0
"""What the commands share that print objects.

A command gives names and values as the server sent them; how they look is the
business of :mod:`cratonclient_osc.output.formatters` alone.
"""

from __future__ import annotations

import argparse
import itertools
import typing as t

from cliff import lister, show

from cratonclient import exceptions
from cratonclient_osc import base_command, usage
from cratonclient_osc.output import exit_status, formatters, terminal, values

Info = t.Mapping[str, t.Any]


class Display(base_command.CratonCommand):
    """A command that prints objects."""

    @property
    def formatter_default(self) -> str:
        """The format that the global option asks for, else a table."""
        wanted = getattr(self.app.options, "format", "default")
        return "table" if wanted == "default" else str(wanted)

    def check_columns(self, known: t.Collection[str], parsed_args: argparse.Namespace) -> None:
        """Refuse columns that do not exist, before a request is made."""
        asked = [*parsed_args.columns, *getattr(parsed_args, "sort_columns", ())]
        usage.check_names("column", asked, known)

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> int:
        """Print; a disk that is full is no reason for a traceback."""
        try:
            super().produce_output(parsed_args, column_names, data)  # type: ignore[misc]
            self.app.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            terminal.discard(self.app.stdout)
            raise exceptions.CommandError(
                f"The output could not be written: {exc.strerror}.", exception=exc
            ) from exc
        return exit_status.DONE


class Lister(Display, lister.Lister):
    """A command that prints a list."""

    #: What the objects are called where they are counted.
    counted = "objects"

    def _load_formatter_plugins(self) -> t.Any:
        return formatters.for_lists()

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> int:
        """Print a list, once its first row is there."""
        rows = iter(data)
        # What fails before the first row fails before anything is printed.
        first = list(itertools.islice(rows, 1))
        return super().produce_output(parsed_args, column_names, itertools.chain(first, rows))

    def rows(
        self, names: values.Names, pages: t.Iterable[t.Iterable[Info]]
    ) -> t.Iterator[values.Row]:
        """Give the values of the objects of pages, in the order of names.

        What there is of a page is printed before the next one is fetched.
        """
        with terminal.Progress(self.counted, self.app.stderr) as progress:
            for page in pages:
                found = [tuple(map(one.get, names)) for one in page]
                progress.clear()
                yield from found
                self.app.stdout.flush()
                progress.add(len(found))


class ShowOne(Display, show.ShowOne):
    """A command that prints an object."""

    def _load_formatter_plugins(self) -> t.Any:
        return formatters.for_objects()
