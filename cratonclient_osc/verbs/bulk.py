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
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.output import differences, exit_status, terminal
from cratonclient_osc.verbs import batch, many_names, places, posting, selecting, selections

if t.TYPE_CHECKING:
    from cratonclient import changes

#: The maximum number of objects that a change set of the server can have.
MOST = 20_000
#: The number of objects whose differences a question shows.
_SHOWN = 3

#: Adds the changes of an object to a change set.
Work = t.Callable[["changes.ChangeSet", t.Any], object]


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
            self.log("Nothing was changed.")
            return batch.combined(statuses)
        if not selection.objects:
            if not statuses:
                self.tell(f"No {self.kind.plural} match. Nothing was {self.past}.")
            return batch.combined(statuses or [exit_status.DONE])
        selection = selection._replace(objects=self.chosen(parsed_args, selection.objects))
        if not selection.objects:
            return exit_status.DONE
        if self.is_atomic:
            statuses.append(posting.Posting(self, parsed_args, selection, work, select).run())
        else:
            statuses.append(self._change_singly(parsed_args, selection, single))
        return batch.combined(statuses)

    def _select(
        self,
        parsed_args: argparse.Namespace,
        variables: str | None,
        where: places.Where | None,
    ) -> selections.Selection:
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
            return selections.Selection(found.objects, found.revisions, True, found.errors)
        filters = self.filters_of(parsed_args)
        if not self.is_atomic:
            return selections.Selection(self._listed(filters), {}, named=False)
        revisions = self._own_revision()
        objects = self._listed(filters)
        others = {selections.project_of(one) for one in objects} - revisions.keys()
        if others:  # only root users see them
            for project_id in others:
                last = self.client.changes.last_revision(project_id=project_id)
                revisions[project_id] = last
            objects = [
                one for one in self._listed(filters) if selections.project_of(one) in revisions
            ]
        if variables:
            words = [f"id:{one.id}" for one in objects]
            objects, _ = many_names.request(self.client, [self.manager], words, variables)
        return selections.Selection(objects, revisions, named=False)

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
        selection: selections.Selection,
        single: t.Callable[[t.Any], object],
    ) -> int:
        """Change objects one after the other, and say that this is not atomic."""
        if parsed_args.dry_run:
            self.client.require_feature("change_sets")
            raise exit_status.UsageError(
                f"--dry-run: the server cannot show the effects on {self.kind.plural}."
            )
        objects = selection.objects
        if not selection.named and not self.agreed(
            parsed_args, len(objects), [self.summary_of(objects)]
        ):
            return exit_status.FAILED
        if len(objects) > 1 and not self.quiet:
            self.tell(
                f"{self.counted(objects)} are {self.past} one after the other, because the "
                "server cannot change them together: this is not atomic."
            )
        by_label = {selections.label(one): one for one in objects}
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
        names = [selections.label(one) for one in objects]
        return f"{self.counted(objects)}{does}: {selections.listed(names)}"

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
            self.tell(*before)
            return True
        if not terminal.is_interactive():
            raise exit_status.UsageError(
                f"{printable(before[0])}. To {self.verb.lower()} "
                f"{'it' if number == 1 else 'them'} without a terminal, add --yes"
                f"{'; --dry-run shows more' if self.is_atomic else ''}."
            )
        question = self.question(number, before[1:], changing)
        if terminal.confirm(f"{question}?", *before):
            return True
        self.log(f"Nothing was {self.past}.")
        return False

    def counted(self, objects: t.Sized) -> str:
        """Return a number of objects in words, such as ``12 hosts``."""
        number = len(objects)
        return f"{number} {self.noun if number == 1 else self.kind.plural}"

    def tell(self, *lines: str) -> None:
        """Write lines to standard error, unless ``--quiet`` is given."""
        if not self.quiet:
            for line in lines:
                self.app.stderr.write(f"{printable(line)}\n")

    def log(self, text: str) -> None:
        """Log an error."""
        self.app.LOG.error("%s", printable(text))
