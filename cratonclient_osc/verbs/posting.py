# SPDX-License-Identifier: Apache-2.0
"""Post the changes of a command: ask before, try again, and report what was refused."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient_osc.output import exit_status, terminal
from cratonclient_osc.verbs import batch, selections

if t.TYPE_CHECKING:
    from cratonclient import changes

#: The number of times that objects are selected again, because others changed them.
_AGAIN = 5


class Posting:
    """The work of changing objects with a change set for each project, usually one.

    :param command: the command, a :class:`~cratonclient_osc.verbs.bulk.Bulk`.
    :param parsed_args: its arguments.
    :param selection: the objects.
    :param work: function that adds the changes of an object.
    :param select: function that selects the objects again.
    """

    def __init__(
        self,
        command: t.Any,
        parsed_args: argparse.Namespace,
        selection: selections.Selection,
        work: t.Callable[[changes.ChangeSet, t.Any], object],
        select: t.Callable[[], selections.Selection],
    ) -> None:
        self._command = command
        self._args = parsed_args
        self._selection = selection
        self._work = work
        self._select = select
        #: A person has seen the objects, and agreed to change these.
        self._agreed = bool(getattr(parsed_args, "interactive", False))
        self._attempts = 0
        self._told: list[str] = []
        #: The ids of objects that are not changed, because the server refuses to.
        self._kept: set[t.Any] = set()

    def run(self) -> int:
        """Show and post the changes, and return the exit status."""
        projects: dict[str, list[t.Any]] = {}
        for one in self._selection.objects:
            projects.setdefault(selections.project_of(one), []).append(one)
        if len(projects) > 1 and not self._args.dry_run:
            self._command.tell(
                f"The {self._command.kind.plural} are in {len(projects)} projects, so there is "
                "one change set for each of them."
            )
        self._sent = False
        try:
            return batch.combined([self._run(*each) for each in projects.items()])
        except KeyboardInterrupt:
            past = self._command.past
            self._command.log(
                f"Interrupted: either all was {past} or nothing; 'craton change list' shows it."
                if self._sent
                else f"Interrupted: nothing was {past}."
            )
            raise

    def _run(self, project_id: str, objects: list[t.Any]) -> int:
        """Change the objects of a project."""
        statuses: list[int] = []
        asked = self._selection.named and not self._command.asks_about_named(self._args)
        while objects:
            change_set, positions = self._change_set(project_id, objects)
            try:
                if self._args.dry_run:
                    self._command.show(change_set.preview(), objects)
                    return batch.combined([*statuses, exit_status.DONE])
                refused = None if asked else self._ask(change_set, objects)
                if refused is not None:
                    return refused
                asked = self._sent = True
                revision = change_set.post().revision
            except exceptions.HTTPError as exc:
                if not exc.refused:
                    raise
                if again := self._selected_again(project_id, exc):
                    objects, missing = again
                    if self._ends(objects, missing, statuses):
                        return batch.combined(statuses)
                    asked = self._selection.named
                    continue
                self._report(exc, positions, statuses)
                if not self._command.goes_on or not self._selection.named:
                    self._command.log("Nothing was changed.")
                    return batch.combined(statuses)
                objects = [one for one in objects if one.id not in self._kept]
                continue
            self._report_done(objects, revision)
            return batch.combined([*statuses, exit_status.DONE])
        return batch.combined(statuses)

    def _selected_again(
        self, project_id: str, error: exceptions.HTTPError
    ) -> tuple[list[t.Any], dict[str, exceptions.ClientException]] | None:
        """Select again if others changed or deleted objects, and nobody has seen them yet.

        :returns: the objects, and the errors of names that are gone; ``None`` if that is not
            the reason, or after too many attempts.
        """
        if self._agreed or self._attempts == _AGAIN:
            return None
        if not {one.status for one in error.refused} <= {404, 412}:
            return None
        from cratonclient import entity_tags

        self._attempts += 1
        entity_tags.pause(self._attempts)
        found = self._select()
        gone = {str(one.id) for one in error.refused if one.status == 404}
        if gone & {str(one.id) for one in found.objects}:
            return None  # something else is missing
        known = self._selection.errors
        missing = {name: exc for name, exc in found.errors.items() if name not in known}
        self._selection = found
        objects = [one for one in found.objects if selections.project_of(one) == project_id]
        objects = [one for one in objects if one.id not in self._kept]
        return self._command.chosen(self._args, objects), missing

    def _ends(
        self,
        objects: list[t.Any],
        missing: t.Mapping[str, exceptions.ClientException],
        statuses: list[int],
    ) -> bool:
        """Report names that are gone. Return True if nothing is left to be changed."""
        command = self._command
        statuses += command.report_missing(missing)
        if missing and not command.goes_on:
            command.log("Nothing was changed.")
            return True
        if not (objects or self._selection.named):
            command.tell(f"No {command.kind.plural} match. Nothing was {command.past}.")
            statuses.append(exit_status.DONE)
        return not objects

    def _change_set(
        self, project_id: str, objects: list[t.Any]
    ) -> tuple[changes.ChangeSet, list[t.Any]]:
        """Return the change set, and the object of each position."""
        since = self._selection.revisions[project_id]
        change_set = self._command.client.changes.new(unchanged_since=since)
        positions: list[t.Any] = []
        for one in objects:
            self._work(change_set, one)
            positions += [one] * (len(change_set) - len(positions))
        return change_set, positions

    def _ask(self, change_set: changes.ChangeSet, objects: list[t.Any]) -> int | None:
        """Show the objects, and on a terminal the first differences, and ask.

        :returns: ``None`` to go on, or else the exit status.
        """
        command = self._command
        before = [command.summary_of(objects)]
        if self._args.yes and self._told == before:
            return None
        self._told = before
        changing = None
        if not self._args.yes and terminal.is_interactive():
            outcome = change_set.preview()
            if not outcome.objects:
                self._report_done(objects, None)
                return exit_status.DONE
            before += command.effects(outcome, objects)
            if self._selection.named and len(before) == 1:
                return None  # nothing else is affected
            ids = {one.id for one in outcome.objects if one.kind == command.kind.collection}
            changing = sum(one.id in ids for one in objects)
        if not command.agreed(self._args, len(objects), before, changing):
            return exit_status.FAILED
        self._agreed = not self._args.yes
        return None

    def _report(
        self, error: exceptions.HTTPError, positions: list[t.Any], statuses: list[int]
    ) -> None:
        """Report each refused change, and keep their objects as they are."""
        for one in error.refused:
            reason = exceptions.class_for(one.status)(one.message)
            prefix = f"{selections.label(positions[one.position])}: "
            statuses.append(self._command.report(reason, prefix))
        self._kept |= {positions[one.position].id for one in error.refused}

    def _report_done(self, objects: list[t.Any], revision: int | None) -> None:
        command = self._command
        if self._selection.named:
            return
        if revision is None:
            command.tell("Nothing was to do: they have these values already.")
        else:
            command.tell(f"{command.past.capitalize()} in revision {revision}.")
