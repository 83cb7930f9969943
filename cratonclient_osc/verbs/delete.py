# SPDX-License-Identifier: Apache-2.0
"""The verb ``delete``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status, terminal
from cratonclient_osc.verbs import batch, bulk, effects, lookup, places

if t.TYPE_CHECKING:
    from cratonclient import changes


class Delete(bulk.Bulk):
    """Delete objects and what belongs to them."""

    verb, past = "Delete", "deleted"
    goes_on = True
    _ignores_missing = False

    def get_description(self) -> str:
        """Return the description, which names the kinds of objects that are deleted."""
        return f"Delete {effects.in_words(self.kind)}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the limits of the server to the description."""
        parser = super().get_parser(prog_name)
        parser.description = f"{self.get_description()}. {effects.limits(self.kind)}".strip()
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the option about objects that do not exist."""
        parser.add_argument(
            "--ignore-missing",
            action="store_true",
            help=f"ignore {self.kind.plural} that do not exist",
        )

    def add_ways(self, asking: argparse._MutuallyExclusiveGroup) -> None:
        """Add the option that asks about each object."""
        asking.add_argument(
            "-i", "--interactive", action="store_true", help="ask before deleting each object"
        )

    def report(self, error: exceptions.ClientException, prefix: str = "") -> int:
        """Report an error, except a missing object with ``--ignore-missing``."""
        if self._ignores_missing and isinstance(error, exceptions.NotFound):
            return exit_status.DONE
        return super().report(error, prefix)

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete the objects; report each failure, and delete the others.

        :returns: the exit status: that of all objects if they agree, otherwise 1.
        """
        self.check_selection(parsed_args)
        if parsed_args.interactive and not terminal.is_interactive():
            raise exit_status.UsageError(
                "--interactive needs a terminal, but standard input is not a terminal."
            )
        self._ignores_missing = parsed_args.ignore_missing
        if not parsed_args.object or self._together(parsed_args):
            return self.change_many(
                parsed_args,
                lambda changes, found: changes.delete(found),
                lambda found: self.manager.delete(found.id),
            )
        names, where = parsed_args.object, self.look_up_scopes(parsed_args)
        if parsed_args.dry_run:
            return batch.run(self, names, lambda name, _: self._show(self._find(name, where)))
        if parsed_args.interactive:
            return batch.run(
                self, names, lambda *given: self._ask_and_delete(where, *given), "deleted"
            )
        if terminal.is_interactive() and not parsed_args.yes and effects.possible(self.kind):
            return self._ask_once(names, where)
        return batch.run(
            self,
            names,
            lambda name, _: self.manager.delete(self._find(name, where).id),
            "deleted",
        )

    def _together(self, parsed_args: argparse.Namespace) -> bool:
        """Return True if named objects are deleted with a change set.

        The server then refuses to delete what joined after the question.
        """
        if parsed_args.interactive:
            return False
        asks = self.asks_about_named(parsed_args) and not parsed_args.dry_run
        return (asks or len({*parsed_args.object}) > 1) and self.is_atomic

    def chosen(self, parsed_args: argparse.Namespace, objects: list[t.Any]) -> list[t.Any]:
        """Return the objects to delete: with ``--interactive``, those that the user chooses.

        Objects that others refer to come last, such as the parents of hosts.
        """
        if parsed_args.interactive:
            parsed_args.yes = True
            objects = [one for one in objects if self._wants_to_delete(one)]
        return effects.referring_first(self.kind, objects)

    def asks_about_named(self, parsed_args: argparse.Namespace) -> bool:
        """Return True if a terminal may ask, because other objects are deleted, too."""
        interactive = terminal.is_interactive() and not parsed_args.yes
        return interactive and bool(effects.possible(self.kind))

    def summary_of(self, objects: t.Sequence[t.Any]) -> str:
        """Return the selected objects in words. A single one is described in full."""
        if len(objects) == 1:
            return f"The {effects.describe(objects[0])}"
        return super().summary_of(objects)

    def effects(self, outcome: changes.Outcome, objects: t.Sequence[t.Any]) -> list[str]:
        """Return a line about the other objects that are deleted with the selected ones."""
        chosen = {(self.kind.collection, one.id) for one in objects}
        others = [o.kind for o in outcome.objects if (o.kind, o.id) not in chosen]
        those = "it" if len(objects) == 1 else "them"
        return [f"With {those}: {effects.counted(others)}."] if others else []

    def question(
        self, number: int, effects: t.Sequence[str], changing: int | None = None
    ) -> str:
        """Return the question before a deletion."""
        inside = "it" if number == 1 else "them"
        more = f" and everything in {inside}" if effects else ""
        return super().question(number, effects) + more

    def show(self, outcome: changes.Outcome, objects: t.Sequence[t.Any]) -> None:
        """Print which objects would be deleted."""
        lines = [f"Would delete the {effects.describe(one)}." for one in objects]
        for line in [*lines, *self.effects(outcome, objects)]:
            self.app.stdout.write(printable(line) + "\n")

    def _find(self, name: str, where: places.Where) -> t.Any:
        """Return an object. DELETE succeeds even if the object does not exist."""
        return lookup.find_to_delete(self.manager, name, where)

    def _show(self, found: t.Any) -> None:
        """Print what a deletion would do.

        :raises cratonclient.exceptions.Conflict: if other objects prevent it.
        """
        taken, blocked_by = effects.of(self.client, found)
        described = effects.describe(found)
        if blocked_by:
            raise exceptions.Conflict(
                f"The {described} cannot be deleted: it or something in it is in use by "
                f"{blocked_by}."
            )
        also = f", and with it {taken}" if taken else ""
        self.app.stdout.write(printable(f"Would delete the {described}{also}.") + "\n")

    def _ask_and_delete(
        self, where: places.Where, name: str, progress: terminal.Progress
    ) -> object:
        """Ask whether to delete an object, and delete it or keep it."""
        found, since = self._find(name, where), None
        if effects.possible(self.kind) and self.is_atomic:
            since = self.client.changes.last_revision(project_id=found.project_id)
        if not self._wants_to_delete(found, progress):
            return batch.KEPT
        if since is None:
            return self.manager.delete(found.id)
        with self.client.changes.new(unchanged_since=since) as changes:
            changes.delete(found)
        return None

    def _wants_to_delete(self, found: t.Any, progress: terminal.Progress | None = None) -> bool:
        """Ask whether to delete an object and the other objects that are deleted with it."""
        taken = effects.of(self.client, found).taken if effects.possible(self.kind) else ""
        also = f", and with it {taken}" if taken else ""
        if progress is not None:
            progress.clear()
        return terminal.confirm(f"Delete the {effects.describe(found)}{also}?")

    def _ask_once(self, names: t.Sequence[str], where: places.Where) -> int:
        """Delete objects. Ask first if other objects are deleted with them."""
        try:
            status, found, agreed = self._look_up_and_ask(names, where)
        except KeyboardInterrupt:
            self.app.LOG.error("Interrupted: nothing was deleted.")
            raise
        if not found:
            return status
        if not agreed:
            self.app.LOG.error("Nothing was deleted.")
            return exit_status.FAILED
        deleted = batch.run(self, [*found], lambda name, _: found[name].delete(), "deleted")
        return batch.combined([status, deleted])

    def _look_up_and_ask(
        self, names: t.Sequence[str], where: places.Where
    ) -> tuple[int, dict[str, t.Any], bool]:
        """Look up objects, and ask whether to delete them if they contain others.

        :returns: the exit status of the lookups, the objects by name, and whether to delete
            them.
        """
        found: dict[str, t.Any] = {}
        taken: list[str] = []

        def look_up(name: str, _: terminal.Progress) -> None:
            one = self._find(name, where)
            also = effects.of(self.client, one).taken  # if that fails, nothing is deleted
            if also:
                taken.append(f"The {effects.describe(one)} contains {also}.")
            found[name] = one

        status = batch.run(self, names, look_up)
        return status, found, not taken or self._agreed(taken, len(found))

    def _agreed(self, taken: t.Sequence[str], number: int) -> bool:
        """Show what is deleted with the objects, and ask whether to delete all of it."""
        those = f"the {self.noun}" if number == 1 else f"{number} {self.kind.plural}"
        inside = "it" if number == 1 else "them"
        return terminal.confirm(f"Delete {those} and everything in {inside}?", *taken)
