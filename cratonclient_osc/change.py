# SPDX-License-Identifier: Apache-2.0
"""The commands ``change list``, ``show``, ``undo`` and ``follow``: the history of a project."""

from __future__ import annotations

import argparse
import dataclasses
import typing as t

from cratonclient_osc import base_command
from cratonclient_osc.output import differences, exit_status, terminal, values
from cratonclient_osc.verbs import display

#: The columns of a list of changes.
_COLUMNS = ("revision", "created_at", "username", "reason", "counts")


class ChangeCommand(base_command.CratonCommand):
    """A command about the history."""

    #: The object of the command, in the help.
    noun = "change"

    @property
    def client(self) -> t.Any:
        """The client, created on first use."""
        return t.cast("t.Any", self.app).client_manager.fleet_management


def _add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that select changes."""
    from cratonclient import v1

    kinds = [kind.collection for kind in v1.kinds()]
    parser.add_argument(
        "--kind", metavar="<kind>", choices=kinds, help=f"kind of object: {', '.join(kinds)}"
    )
    parser.add_argument("--id", metavar="<id>", help="id of an object; needs --kind")
    parser.add_argument("--user", metavar="<user>", dest="username", help="name of the user")


def _filters(parsed_args: argparse.Namespace) -> dict[str, t.Any]:
    names = ("kind", "id", "username", "since", "until", "reason")
    if parsed_args.id is not None and parsed_args.kind is None:
        raise exit_status.UsageError("--id needs --kind, such as --kind hosts.")
    found = {name: getattr(parsed_args, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


class ChangeList(display.Lister, ChangeCommand):
    """List the changes of the project, the newest first"""

    counted = "changes"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the filters."""
        parser = super().get_parser(prog_name)
        _add_filters(parser)
        parser.add_argument(
            "--since", metavar="<time>", help="not earlier than this time (UTC)"
        )
        parser.add_argument("--until", metavar="<time>", help="up to this time (UTC)")
        parser.add_argument("--reason", metavar="<text>", help="text in the reason")
        parser.add_argument("--limit", metavar="<number>", type=int, help="number of changes")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the changes, one for each row."""
        from cratonclient import changes

        known = [field.name for field in dataclasses.fields(changes.Change)]
        self.check_columns(known, parsed_args)
        found = self.client.changes.list(limit=parsed_args.limit, **_filters(parsed_args))
        return _rows(found, known if parsed_args.columns else _COLUMNS)


class ChangeShow(display.ShowOne, ChangeCommand):
    """Show a change: who made it, when, why, and each object before and after it"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the revision."""
        parser = super().get_parser(prog_name)
        parser.add_argument("revision", metavar="<revision>", type=int)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the change."""
        found = self.client.changes.get(parsed_args.revision)
        self._change = found
        names = [f.name for f in dataclasses.fields(found) if f.name != "counts"]
        self.check_columns(names, parsed_args)
        shown = {**vars(found), "objects": [vars(one) for one in found.objects]}
        return names, tuple(shown[name] for name in names)

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print the change; for people, with the differences as text."""
        if parsed_args.formatter != "table" or parsed_args.columns:
            super().emit(parsed_args, column_names, data)
            return
        names, row = column_names[:-1], data[:-1]
        super().emit(parsed_args, names, row)
        differences.write(self._change.objects, self.app.stdout)


class ChangeUndo(ChangeCommand):
    """Undo a change with another change: deleted objects come back with their ids"""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the revision, and the options of the question."""
        parser = super().get_parser(prog_name)
        parser.add_argument("revision", metavar="<revision>", type=int)
        parser.add_argument(
            "--force", action="store_true", help="undo it although its objects changed since"
        )
        asking = parser.add_mutually_exclusive_group()
        asking.add_argument("-y", "--yes", action="store_true", help="do not ask")
        asking.add_argument(
            "--dry-run", action="store_true", help="show what would happen, and change nothing"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Show what undoing does, ask, and do it."""
        undo, options = self.client.changes.undo, {"force": parsed_args.force}
        if parsed_args.dry_run or (terminal.is_interactive() and not parsed_args.yes):
            would = undo(parsed_args.revision, dry_run=True, **options)
            differences.write(would.objects, self.app.stdout)
            self.app.stdout.flush()
            if parsed_args.dry_run:
                return exit_status.DONE
            if not terminal.confirm(f"Undo revision {parsed_args.revision} in this way?"):
                self.app.LOG.error("Nothing was undone.")
                return exit_status.FAILED
        done = undo(parsed_args.revision, **options)
        if not self.quiet:
            self.app.stderr.write(
                f"Revision {parsed_args.revision} is undone by revision {done.revision}.\n"
            )
        return exit_status.DONE


class ChangeFollow(display.Lister, ChangeCommand):
    """Print changes as they happen, until Ctrl-C"""

    counted = "changes"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the filters, and where to begin."""
        parser = super().get_parser(prog_name)
        _add_filters(parser)
        parser.add_argument(
            "--after",
            metavar="<revision>",
            type=int,
            help="begin after this revision, by default after the present one",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[values.Names, t.Any]:
        """Return the changes, one for each row."""
        found = self.client.changes.follow(parsed_args.after, **_filters(parsed_args))
        return _rows(self._flushed(found), _COLUMNS)

    def _flushed(self, found: t.Iterable[t.Any]) -> t.Iterator[t.Any]:
        """Yield changes, and print each before the next one is awaited."""
        for change in found:
            yield change
            self.app.stdout.flush()


def _rows(found: t.Iterable[t.Any], names: t.Sequence[str]) -> tuple[values.Names, t.Any]:
    rows = (tuple(getattr(change, name) for name in names) for change in found)
    return [*names], rows
