# SPDX-License-Identifier: Apache-2.0
"""The command ``change show``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient_osc.change import command, references, summary
from cratonclient_osc.output import differences, values
from cratonclient_osc.verbs import display

_COLUMNS = tuple(
    column
    for name in summary.KNOWN
    for column in ((name, "undone_by") if name == "undoes" else (name,))
)


class ChangeShow(display.ShowOne, command.ChangeCommand):
    """Show a change: who made it, when, why, and each object before and after it"""

    columns = _COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the revision."""
        parser = super().get_parser(prog_name)
        command.add_revision(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the change."""
        self.check_columns(_COLUMNS, parsed_args)
        project_id = self.project_id(parsed_args)
        with self.needing("changes", parsed_args.revision):
            found = self.client.changes.get(parsed_args.revision, project_id=project_id)
        self._objects = found.objects
        names = [name for name in _COLUMNS if name != "counts"]
        return names, summary.row(found, names)

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print the change; for people, with the differences as text."""
        if parsed_args.formatter != "table" or parsed_args.columns:
            super().emit(parsed_args, column_names, data)
            return
        fields = [name for name in column_names if name != "objects"]
        (row,) = values.select([data], column_names, fields)
        super().emit(parsed_args, fields, row)
        names = references.names_of(self.client, self._objects)
        differences.write(self._objects, self.app.stdout, names)
