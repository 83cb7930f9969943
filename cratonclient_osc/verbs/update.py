# SPDX-License-Identifier: Apache-2.0
"""The verbs ``set`` and ``unset``."""

from __future__ import annotations

import argparse
import functools
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, lookup, part_changes, resource_command


class Update(resource_command.ResourceCommand):
    """The base class of verbs that change an object."""

    writes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object, and an option for each field that can be changed."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        for name, field in self.changeable.items():
            self.add_option(parser, name, field)
        usage.explain_options(parser, self._refusals())
        return parser

    def _refusals(self) -> dict[str, str]:
        """Return an error message for each option of a field that the verb cannot change."""
        return {
            flag: f"{flag}: {self.refusal(name, field)}"
            for name, field in self.fields.items()
            if name not in self.changeable
            for flag in field_options.flags(name, field)
        }

    def refusal(self, name: str, field: Field[t.Any]) -> str:
        """Return the error message for a field that the verb cannot change."""
        what = name.removesuffix("_id") if isinstance(field, Ref) else name
        return f"the {what} of a {self.noun} cannot be changed"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that the verb can change."""
        raise NotImplementedError

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option for a field."""
        raise NotImplementedError

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to change a part of the object, that is, labels or variables.

        :param changes: prepares changes of the part.
        :param value: the value of the option for the part.
        """
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Prepare all changes, then send them in as few requests as possible."""
        if not any(hasattr(parsed_args, name) for name in self.changeable):
            self._refuse_moving(parsed_args)
            options = [field_options.flag(n, f) for n, f in self.changeable.items()]
            raise exit_status.UsageError(
                f"Nothing to change: use at least one of {', '.join(options)}."
            )
        where = self.look_up_scopes(parsed_args)
        found = lookup.find(self.manager, parsed_args.object, where)
        values = self.values(self.changeable, parsed_args, where)
        fields = {n: v for n, v in values.items() if n not in self.parts}
        changes: dict[str, part_changes.Change] = {}
        if fields:
            changes[", ".join(fields)] = functools.partial(
                self.manager.update, found.id, **fields
            )
        for name in values.keys() & self.parts.keys():
            part = part_changes.changes_of(found, name, self.parts[name])
            changes[name] = self.prepare(part, values[name])
        part_changes.apply(changes)

    def _refuse_moving(self, parsed_args: argparse.Namespace) -> None:
        """Refuse to move the object, for example into another cell.

        :param parsed_args: the parsed arguments, which change nothing.
        :raises cratonclient_osc.output.exit_status.UsageError: if the place of the object
            is given.
        """
        for name, field in self.scopes.items():
            if hasattr(parsed_args, name) and name in self.fields:
                option = field_options.flag(name, field)
                place = field_options.option_name(name, field)
                raise exit_status.UsageError(
                    f"A {self.noun} cannot be moved to another {place}: {option} only says "
                    f"where to look up the {self.noun}."
                )


class Set(Update):
    """Change the given fields of an object."""

    summary = "Change a {one}; only the given fields change"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be set."""
        return {n: f for n, f in self.fields.items() if f.update or n in self.parts}

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that sets a field."""
        field_options.add_option(parser, name, field)

    def example(self) -> list[str]:
        """Return an example that changes an optional field, or else the name."""
        from cratonclient_osc.verbs import examples

        choice = sorted(self.changeable.items(), key=lambda item: not _is_good_example(item[1]))
        name, field = choice[0]
        if name == self.kind.resource_class.NAME_ATTR:
            return ["--name", f"{examples.name_of(self.kind)}-2", *super().example()]
        return [*examples.option(name, field), *super().example()]

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to add labels, or to set variables."""
        return changes.prepare_add(value)


class Unset(Update):
    """Clear fields of an object, or remove labels or variables from it."""

    summary = "Remove values from a {one}"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be cleared, and the parts."""
        return {n: f for n, f in self.fields.items() if f.clear or n in self.parts}

    def refusal(self, name: str, field: Field[t.Any]) -> str:
        """Return the error message for a field that cannot be cleared."""
        if not field.update:
            return super().refusal(name, field)
        flag = field_options.flag(name, field)
        return (
            f"the {name} of a {self.noun} cannot be removed, only changed, "
            f"with '{self.noun} set {flag}'"
        )

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that clears a field."""
        field_options.add_clearing_option(parser, name, field)

    def example(self) -> list[str]:
        """Return an example that removes a label or a variable, or else clears a field."""
        from cratonclient_osc.verbs import examples

        name, field = next(iter((self.parts or self.changeable).items()))
        given = examples.option(name, field)
        if field.type is dict:
            given[1] = examples.SHOW
        return [*given[: 2 if name in self.parts else 1], *super().example()]

    def prepare(self, changes: part_changes.PartChanges, value: t.Any) -> part_changes.Change:
        """Prepare to remove labels or variables."""
        return changes.prepare_remove(value)


def _is_good_example(field: Field[t.Any]) -> bool:
    """Return true for a boolean field, and for an optional field with an example value."""
    return field.type is bool or bool(field.cli.example and not field.required)
