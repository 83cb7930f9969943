# SPDX-License-Identifier: Apache-2.0
"""Change many objects: show which, ask, and post one change set, or say that it is not atomic.

The objects are fixed before the question, by their ids and by the revision of their project.
Objects that join later are not changed, and the server refuses to change an object that
somebody else has changed since. If nobody has seen the objects, as with ``--yes``, the command
then selects again and tries again.
"""

from __future__ import annotations

import argparse
import functools
import io
import itertools
import types
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.output import differences, exit_status, terminal
from cratonclient_osc.verbs import batch, many_names, places, selecting

if t.TYPE_CHECKING:
    from cratonclient import changes

#: The maximum number of objects that a change set of the server can have.
MOST = 20_000
#: The number of objects that a question names, and whose differences it shows.
_NAMED, _SHOWN = 10, 3
#: The number of times that objects are selected again, because others changed them.
_AGAIN = 5

#: Adds the changes of an object to a change set.
Work = t.Callable[["changes.ChangeSet", t.Any], object]


class Selection(t.NamedTuple):
    """The objects of a command.

    :param objects: the objects.
    :param revisions: revision of each project, from before the objects were read; empty if
        the server has no change sets.
    :param named: the user named the objects; otherwise filters select them.
    :param errors: the errors of names that do not mean one object, by name.
    """

    objects: list[t.Any]
    revisions: dict[str, int]
    named: bool
    errors: t.Mapping[str, exceptions.ClientException] = types.MappingProxyType({})


class Bulk(selecting.Selecting):
    """A verb that can change many objects at once."""

    writes = True
    #: The verb in a question, and what it did, such as ``Delete`` and ``deleted``.
    verb, past = "Change", "changed"
    #: What follows the objects in a question, such as `` to cell c2``.
    aim = ""
    #: Change the other objects if some are missing or are refused.
    goes_on = False

    @property
    def is_atomic(self) -> bool:
        """True if the server can change the objects of the kind in one change set."""
        return (
            self.kind.resource_class.in_change_sets
            and {
                "change_sets",
                "lookups",
            }
            <= self.client.features
        )

    def change_many(
        self,
        parsed_args: argparse.Namespace,
        work: Work,
        single: t.Callable[[t.Any], object],
        *,
        variables: str | None = None,
        where: places.Where | None = None,
    ) -> int:
        """Change the selected objects.

        :param parsed_args: the parsed arguments.
        :param work: function that adds the changes of an object to a change set.
        :param single: function that changes an object with requests of its own, for a server
            without change sets.
        :param variables: ``own`` or ``resolved``, if the work reads variables of the objects.
        :param where: the place of named objects, if it was looked up already.
        :returns: the exit status.
        """
        select = functools.partial(self._select, parsed_args, variables, where)
        selection = select()
        statuses = self.report_missing(selection.errors)
        if statuses and not self.goes_on:
            self._log("Nothing was changed.")
            return batch.combined(statuses)
        if not selection.objects:
            if not statuses:
                self._tell(f"No {self.kind.plural} match. Nothing was {self.past}.")
            return batch.combined(statuses or [exit_status.DONE])
        selection = selection._replace(objects=self.chosen(parsed_args, selection.objects))
        if not selection.objects:
            return exit_status.DONE
        if self.is_atomic:
            statuses.append(_Posting(self, parsed_args, selection, work, select).run())
        else:
            statuses.append(self._change_singly(parsed_args, selection, single))
        return batch.combined(statuses)

    def _select(
        self,
        parsed_args: argparse.Namespace,
        variables: str | None,
        where: places.Where | None,
    ) -> Selection:
        """Return the selected objects."""
        if parsed_args.object:
            if where is None:
                where = self.look_up_scopes(parsed_args)
            found = many_names.find(
                self.client,
                self.manager,
                parsed_args.object,
                where,
                variables=variables,
                one_by_one=not self.is_atomic,
            )
            return Selection(found.objects, found.revisions, True, found.errors)
        filters = self.filters_of(parsed_args)
        if not self.is_atomic:
            return Selection(self._listed(filters), {}, named=False)
        revisions = self._own_revision()
        objects = self._listed(filters)
        others = {_project_of(one) for one in objects} - revisions.keys()
        if others:  # only root users see them
            for project_id in others:
                last = self.client.changes.last_revision(project_id=project_id)
                revisions[project_id] = last
            objects = [one for one in self._listed(filters) if _project_of(one) in revisions]
        if variables:
            words = [f"id:{one.id}" for one in objects]
            objects, _ = many_names.request(self.client, [self.manager], words, variables)
        return Selection(objects, revisions, named=False)

    def report_missing(self, errors: t.Mapping[str, exceptions.ClientException]) -> list[int]:
        """Report the names that do not mean one object, and return an exit status for each."""
        return [self.report(exc, f"{text}: ") for text, exc in errors.items()]

    def _own_revision(self) -> dict[str, int]:
        """Return the revision of the own project, by its id."""
        return dict(self.client.changes.look_up(self.kind.collection).revisions)

    def _listed(self, filters: argparse.Namespace) -> list[t.Any]:
        """Return the objects that filters select.

        :raises cratonclient_osc.output.exit_status.UsageError: if there are too many.
        """
        pages = self.lister.select(filters)
        infos = [*itertools.islice(itertools.chain.from_iterable(pages), MOST + 1)]
        if len(infos) > MOST:
            raise exit_status.UsageError(
                f"More than {MOST} {self.kind.plural} are selected, and a change set can have "
                f"at most {MOST} changes: select fewer, and repeat the command."
            )
        manager, cls = self.manager, self.kind.resource_class
        return [cls(manager, {**info}, loaded=True) for info in infos]

    def chosen(self, parsed_args: argparse.Namespace, objects: list[t.Any]) -> list[t.Any]:
        """Return the objects to change, in the order of the changes. By default, all."""
        return objects

    def asks_about_named(self, parsed_args: argparse.Namespace) -> bool:
        """Return True if a terminal asks about objects that are named."""
        return False

    def effects(self, outcome: changes.Outcome, objects: t.Sequence[t.Any]) -> list[str]:
        """Return lines about the effects of a change set: the first differences.

        :param outcome: the outcome of a dry run.
        :param objects: the selected objects.
        """
        out = io.StringIO()
        differences.write(outcome.objects[:_SHOWN], out)
        more = len(outcome.objects) - _SHOWN
        return [*out.getvalue().splitlines(), *([f"… and {more} more"] if more > 0 else [])]

    def _change_singly(
        self,
        parsed_args: argparse.Namespace,
        selection: Selection,
        single: t.Callable[[t.Any], object],
    ) -> int:
        """Change objects one after the other, and say that this is not atomic."""
        if parsed_args.dry_run:
            raise exit_status.UsageError(
                f"--dry-run: this server cannot show the effects on several {self.kind.plural}."
            )
        objects = selection.objects
        if not selection.named and not self.agreed(
            parsed_args, len(objects), [self.summary_of(objects)]
        ):
            return exit_status.FAILED
        if len(objects) > 1 and not self.quiet:
            self._tell(
                f"{self.counted(objects)} are {self.past} one after the other, because the "
                "server cannot change them together: this is not atomic."
            )
        by_label = {label(one): one for one in objects}
        return batch.run(self, [*by_label], lambda name, _: single(by_label[name]), self.past)

    def show(self, outcome: changes.Outcome, objects: t.Sequence[t.Any]) -> None:
        """Print the outcome of a dry run.

        :param outcome: the outcome.
        :param objects: the selected objects.
        """
        differences.write(outcome.objects, self.app.stdout)

    def question(
        self, number: int, effects: t.Sequence[str], changing: int | None = None
    ) -> str:
        """Return the question before a change.

        :param number: number of objects.
        :param effects: lines of :meth:`effects`.
        :param changing: number of the objects that have other values, if it is known.
        """
        what = f"the {self.noun}" if number == 1 else f"{number} {self.kind.plural}"
        if changing is not None and changing < number:
            what = f"{changing} of the {number} {self.kind.plural}"
        return f"{self.verb} {what}{self.aim}"

    def summary_of(self, objects: t.Sequence[t.Any]) -> str:
        """Return the selected objects in words, and where they move to, if they do.

        For example: ``2 hosts to move to cell c2: web-1 (id 1), web-2 (id 2)``.
        """
        does = f" to {self.verb.lower()}{self.aim}" if self.aim else ""
        return f"{self.counted(objects)}{does}: {listed(objects)}"

    def agreed(
        self,
        parsed_args: argparse.Namespace,
        number: int,
        before: t.Sequence[str],
        changing: int | None = None,
    ) -> bool:
        """Show what is selected, and ask.

        :param number: number of objects.
        :param before: a line about the objects, and lines about the effects.
        :param changing: as for :meth:`question`.
        :raises cratonclient_osc.output.exit_status.UsageError: if nobody can be asked.
        """
        if parsed_args.yes:
            self._tell(*before)
            return True
        if not terminal.is_interactive():
            raise exit_status.UsageError(
                f"{printable(before[0])}. To {self.verb.lower()} "
                f"{'it' if number == 1 else 'them'} without a terminal, add --yes; --dry-run "
                "shows more."
            )
        question = self.question(number, before[1:], changing)
        if terminal.confirm(f"{question}?", *before):
            return True
        self._log(f"Nothing was {self.past}.")
        return False

    def counted(self, objects: t.Sized) -> str:
        """Return a number of objects in words, such as ``12 hosts``."""
        number = len(objects)
        return f"{number} {self.noun if number == 1 else self.kind.plural}"

    def _tell(self, *lines: str) -> None:
        """Write lines to standard error, unless ``--quiet`` is given."""
        if not self.quiet:
            for line in lines:
                self.app.stderr.write(f"{printable(line)}\n")

    def _log(self, text: str) -> None:
        self.app.LOG.error("%s", printable(text))


class _Posting:
    """The work of changing objects with a change set for each project, usually one.

    :param command: the command.
    :param parsed_args: its arguments.
    :param selection: the objects.
    :param work: function that adds the changes of an object.
    :param select: function that selects the objects again.
    """

    def __init__(
        self,
        command: Bulk,
        parsed_args: argparse.Namespace,
        selection: Selection,
        work: Work,
        select: t.Callable[[], Selection],
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
            projects.setdefault(_project_of(one), []).append(one)
        if len(projects) > 1 and not self._args.dry_run:
            self._command._tell(
                f"The {self._command.kind.plural} are in {len(projects)} projects, so there is "
                "one change set for each of them."
            )
        self._sent = False
        try:
            return batch.combined([self._run(*each) for each in projects.items()])
        except KeyboardInterrupt:
            past = self._command.past
            self._command._log(
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
                    self._command._log("Nothing was changed.")
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
        objects = [one for one in found.objects if _project_of(one) == project_id]
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
            command._log("Nothing was changed.")
            return True
        if not (objects or self._selection.named):
            command._tell(f"No {command.kind.plural} match. Nothing was {command.past}.")
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
            prefix = f"{label(positions[one.position])}: "
            statuses.append(self._command.report(reason, prefix))
        self._kept |= {positions[one.position].id for one in error.refused}

    def _report_done(self, objects: list[t.Any], revision: int | None) -> None:
        command = self._command
        if self._selection.named:
            return
        if revision is None:
            command._tell("Nothing was to do: they have these values already.")
        else:
            command._tell(f"{command.past.capitalize()} in revision {revision}.")


def label(one: t.Any) -> str:
    """Return an object in words, such as ``web-1 (id 12)``."""
    return f"{getattr(one, type(one).NAME_ATTR)} (id {one.id})"


def listed(objects: t.Sequence[t.Any]) -> str:
    """Return the first objects in words, and the number of the others."""
    shown = ", ".join(label(one) for one in objects[:_NAMED])
    more = len(objects) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _project_of(one: t.Any) -> str:
    return str(one.to_dict().get("project_id"))
