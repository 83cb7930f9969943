# SPDX-License-Identifier: Apache-2.0
"""The verb ``show``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient.http import response
from cratonclient_osc.verbs import display, extra_columns, part_changes, resource_command

#: The column with the revision of the last change of the object, and the column that says
#: more about that change.
REVISION, LAST_CHANGE = "revision", "last_change"


class Show(extra_columns.Columns, resource_command.ResourceCommand, display.ShowOne):
    """Show one object."""

    summary = "Show a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments that identify the object."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        return parser

    @property
    def field_columns(self) -> list[str]:
        """The columns that are fields."""
        return [n for n, f in self.fields.items() if f.shown != "never" or n in self.parts]

    @property
    def columns(self) -> list[str]:
        """The available columns. ``last_change`` needs one more request."""
        return list(dict.fromkeys([*super().columns, REVISION, LAST_CHANGE]))

    def help_of_columns(self) -> str:
        """Return the help of ``-c``, with the columns about the last change."""
        return (
            f"{super().help_of_columns()}; {REVISION} for the revision of the last change, and "
            f"{LAST_CHANGE} for who made it, when and why"
        )

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Return the names and the values of the fields."""
        return self.display(parsed_args, lambda: self.find(parsed_args))

    def display(
        self, parsed_args: argparse.Namespace, fetch: t.Callable[[], t.Any]
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Check the columns, fetch an object, and return the names and values of its fields.

        :param parsed_args: the parsed arguments.
        :param fetch: fetches or creates the object.
        """
        self.check_columns(self.columns, parsed_args)
        found = fetch()
        shown = found.to_dict()
        shown.update(self._revision(found, parsed_args.columns))
        asked = [name for name in parsed_args.columns if name != LAST_CHANGE]
        # Labels need one more request, so they are fetched only if -c asks for them.
        needed = extra_columns.needed_fields(self.fields, asked) & self.parts.keys()
        shown.update((n, part_changes.value_of(found, n)) for n in needed - shown.keys())
        ((shown,),) = extra_columns.with_values(self.client, self.fields, asked, [[shown]])
        names = [n for n in [*self.field_columns, *asked, REVISION] if n in shown]
        if LAST_CHANGE in parsed_args.columns:
            names.append(LAST_CHANGE)
            shown = {**shown, LAST_CHANGE: self._last_change(found)}
        return names, tuple(shown[name] for name in names)

    def _revision(self, found: t.Any, asked: t.Collection[str]) -> dict[str, t.Any]:
        """Return the revision of the last change of an object, which its entity tag contains.

        :param asked: the columns of ``-c``.
        :raises cratonclient.exceptions.FeatureMissing: if it is asked for, and the server has
            no history.
        """
        revision = response.revision(found.entity_tag)
        if REVISION in self.fields or (revision is None and REVISION not in asked):
            return {}
        if revision is None:
            self.client.require_feature("changes")
        return {REVISION: revision}

    def _last_change(self, found: t.Any) -> dict[str, t.Any] | None:
        """Return who changed an object last, when, why, and in which revision.

        :returns: ``None`` if the history does not go back so far.
        :raises cratonclient.exceptions.FeatureMissing: if the server has no history.
        """
        self.client.require_feature("changes")
        place = {"project_id": found.to_dict().get("project_id")}
        which = {"kind": self.kind.collection, "id": found.id, **place}
        for change in self.client.changes.list(limit=1, **which):
            names = ("revision", "created_at", "username", "reason")
            return {name: getattr(change, name) for name in names}
        return None
