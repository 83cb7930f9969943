# SPDX-License-Identifier: Apache-2.0
"""The verb ``show``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient_osc.verbs import display, extra_columns, part_changes, resource_command

#: The column with the last change of the object.
LAST_CHANGE = "last_change"


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
        return [*super().columns, LAST_CHANGE]

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
        asked = [name for name in parsed_args.columns if name != LAST_CHANGE]
        # Labels need one more request, so they are fetched only if -c asks for them.
        needed = extra_columns.needed_fields(self.fields, asked) & self.parts.keys()
        shown.update((n, part_changes.value_of(found, n)) for n in needed - shown.keys())
        ((shown,),) = extra_columns.with_values(self.client, self.fields, asked, [[shown]])
        names = [name for name in [*self.field_columns, *asked] if name in shown]
        if LAST_CHANGE in parsed_args.columns:
            names.append(LAST_CHANGE)
            shown = {**shown, LAST_CHANGE: self._last_change(found)}
        return names, tuple(shown[name] for name in names)

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
