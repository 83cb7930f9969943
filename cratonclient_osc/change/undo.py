# SPDX-License-Identifier: Apache-2.0
"""The command ``change undo``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.change import command, references, summary
from cratonclient_osc.output import differences, exit_status, terminal

#: The number of objects that the question shows.
_SHOWN = 50


class ChangeUndo(command.ChangeCommand):
    """Undo a change with another change: deleted objects come back with their ids"""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the revision, and the options of the question."""
        parser = super().get_parser(prog_name)
        command.add_revision(parser)
        parser.add_argument(
            "--force",
            action="store_true",
            help="undo it although its objects changed since: overwrite the later values of "
            "the fields, whole variables and labels that it changed, and keep all others",
        )
        asking = parser.add_mutually_exclusive_group()
        asking.add_argument(
            "-y",
            "--yes",
            action="store_true",
            help="do not ask; without a terminal, this or --dry-run is required",
        )
        asking.add_argument(
            "--dry-run", action="store_true", help="show what would happen, and change nothing"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Show what undoing does, ask, and do it."""
        asks = not (parsed_args.yes or parsed_args.dry_run)
        if asks and not terminal.is_interactive():
            raise exit_status.UsageError(
                "Standard input is not a terminal, so nobody can be asked: use --yes to undo "
                "the change, or --dry-run to see what that does."
            )
        project_id = self.project_id(parsed_args)
        options = {"force": parsed_args.force, "project_id": project_id}
        with self.needing("undo", parsed_args.revision):
            if not parsed_args.yes:
                would = self._undo(parsed_args.revision, dry_run=True, **options)
                self._show(would.objects, None if parsed_args.dry_run else _SHOWN)
                self._tell_missing(would)
            if parsed_args.dry_run:
                return exit_status.DONE
            if asks:
                if not self._agreed(parsed_args.revision, would.objects):
                    self.app.LOG.error("Nothing was undone.")
                    return exit_status.FAILED
                options["unchanged_since"] = would.revision - 1  # what was shown is done
            done = self._undo(parsed_args.revision, **options)
        self._tell_missing(done if parsed_args.yes else None)
        if not self.quiet:
            self.app.stderr.write(
                f"Revision {parsed_args.revision} is undone by revision {done.revision}: "
                f"{summary.of_objects(done.objects)}.\n"
            )
        return exit_status.DONE

    def _show(self, objects: t.Any, limit: int | None) -> None:
        """Print what undoing does to each object."""
        names = references.names_of(self.client, objects[:limit])
        differences.write(objects, self.app.stdout, names, limit)
        self.app.stdout.flush()

    def _tell_missing(self, outcome: t.Any) -> None:
        """Say which objects undoing leaves out, because they do not exist any more."""
        for one in () if outcome is None or self.quiet else outcome.missing:
            line = (
                f"{_described(**one)} does not exist any more: undo its deletion to change it"
            )
            self.app.stderr.write(f"{printable(line)}\n")

    def _agreed(self, revision: int, objects: t.Any) -> bool:
        """Ask whether to undo a change in this way."""
        what = summary.of_objects(objects)
        try:
            return terminal.confirm(f"Undo revision {revision}: {what}?")
        except KeyboardInterrupt:
            self.app.LOG.error("Interrupted: nothing was undone.")
            raise

    def _undo(self, revision: int, **options: t.Any) -> t.Any:
        """Undo a change.

        :raises cratonclient.exceptions.Conflict: if objects prevent it, after one line for each
            of them.
        """
        try:
            return self.client.changes.undo(revision, **options)
        except exceptions.Conflict as exc:
            found = _objects_of(exc)
            if not found or _has_obstacle(exc):
                raise  # the message names the objects
            for line in found:
                self.app.stderr.write(f"{printable(line)}\n")
            raise exceptions.Conflict(
                f"Revision {revision} cannot be undone: later changes of these objects depend "
                "on it. Undo those changes first, or use --force: it overwrites the later "
                f"values of the fields, whole variables and labels that revision {revision} "
                "changed, and keeps all others.",
                response=exc.response,
            ) from exc


def _objects_of(error: exceptions.Conflict) -> list[str]:
    """Return a line for each object that a server describes in an error, and their number."""
    try:
        body = t.cast("t.Any", error.response).json()
        lines = [_line(**one) for one in body["objects"]]
        more = body.get("number", len(lines)) - len(lines)
        return [*lines, f"... and {more} more"] if more > 0 else lines
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _has_obstacle(error: t.Any) -> bool:
    """Return True if objects that are not part of the change prevent undoing it."""
    return any("problem" in one for one in error.response.json()["objects"])


def _line(revision: int | None, deleted: bool = False, **one: t.Any) -> str:
    """Return a line about an object that prevents undoing a change."""
    what = "deleted" if deleted else "changed"
    return f"{_described(**one)}: {what} in revision {revision}"


def _described(kind: str, id: t.Any, name: str | None, **_: t.Any) -> str:
    """Return an object in words."""
    named = f" {name}" if name else ""
    return f"{summary.noun(kind)}{named} (id {id})"
