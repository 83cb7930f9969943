# SPDX-License-Identifier: Apache-2.0
"""The command ``change list``."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import typing as t

from cratonclient_osc import usage
from cratonclient_osc.change import command, filters, summary
from cratonclient_osc.output import terminal, values
from cratonclient_osc.verbs import display, lists


class ChangeList(display.Lister, command.ChangeCommand):
    """List the changes of the project, the newest first"""

    counted = "changes"
    columns = summary.KNOWN
    #: The changes are in the order of their times, too.
    sort_keys = ("revision", "created_at")

    @property
    def targets(self) -> command.Targets:  # type: ignore[override]
        """The collections whose names the options complete."""
        return {"project": "projects", **filters.targets()}

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the filters, sorting and paging."""
        parser = super().get_parser(prog_name)
        filters.add_options(parser)
        filters.add_times(parser)
        parser.add_argument(
            "--long", action="store_true", help="show all columns except counts and objects"
        )
        parser.add_argument(
            "--sort",
            metavar="<field>[:asc|desc]",
            type=usage.argument_type(lists.sort_order),
            help="revision:asc for the oldest first",
        )
        parser.add_argument(
            "--limit", metavar="<number>", type=lists.row_count, help="maximum number of rows"
        )
        parser.add_argument(
            "--marker",
            metavar="<revision>",
            type=command.revision,
            help="start after the change with this revision",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the changes, one for each row."""
        self.check_columns(summary.KNOWN, parsed_args)
        asked = {
            "sort_dir": self._direction(parsed_args),
            "limit": parsed_args.limit,
            "marker": parsed_args.marker,
            **filters.values(self, parsed_args),
        }
        shown = self.shown_columns(parsed_args)
        names = list(dict.fromkeys([*shown, *parsed_args.sort_columns]))
        return names, self._rows(self.client.changes.list(**asked), names)

    def _direction(self, parsed_args: argparse.Namespace) -> str:
        if parsed_args.sort is None:
            return "desc"
        names, direction = parsed_args.sort
        usage.check_names("sort key", names, self.sort_keys)
        return str(direction)

    def shown_columns(
        self, parsed_args: argparse.Namespace, column_names: values.Names = ()
    ) -> list[str]:
        """Return the columns to print: with ``--long``, ``-c`` adds to the others."""
        asked = parsed_args.columns
        shown: t.Sequence[str] = () if asked else summary.COLUMNS
        if parsed_args.long:
            shown = [name for name in summary.KNOWN if name not in ("counts", "objects")]
        return list(dict.fromkeys([*shown, *asked]))

    def _rows(
        self, found: t.Iterator[t.Any], names: t.Sequence[str]
    ) -> t.Iterator[tuple[t.Any, ...]]:
        """Generate the rows. The first one is requested at once, so its error comes first."""
        with self.needing("changes"):
            first = [*itertools.islice(found, 1)]
        with terminal.Progress(self.counted, self.app.stderr, quiet=self.quiet) as progress:
            for change in itertools.chain(first, found):
                progress.clear()
                yield summary.row(with_objects(self.client, change, names), names)
                progress.add()


def with_objects(client: t.Any, change: t.Any, names: t.Collection[str]) -> t.Any:
    """Return a change with its objects, if the columns need them.

    :param client: the client.
    :param change: the change.
    :param names: names of the columns.
    """
    if "objects" not in names:
        return change
    project_id = {"project_id": change.project_id}
    complete = client.changes.get(change.revision, **project_id)
    return dataclasses.replace(change, objects=complete.objects)
