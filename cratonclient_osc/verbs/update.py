# SPDX-License-Identifier: Apache-2.0
"""The verbs ``set`` and ``unset``."""

from __future__ import annotations

import argparse
import functools
import typing as t

from cratonclient import exceptions
from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import (
    field_options,
    lookup,
    moves,
    part_changes,
    places,
    resource_command,
)


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
        left = self.leave(parsed_args)
        if not left and not any(hasattr(parsed_args, name) for name in self.changeable):
            self.move(parsed_args)
            return
        where = self.look_up_scopes(parsed_args)
        found = self.find_to_change(parsed_args, where)
        values = {**left, **self.values(self.changeable, parsed_args, where)}
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

    def find_to_change(self, parsed_args: argparse.Namespace, where: places.Where) -> t.Any:
        """Return the object.

        :raises cratonclient.exceptions.NotFound: if there is none in the place.
        """
        return lookup.find(self.manager, parsed_args.object, where)

    def leave(self, parsed_args: argparse.Namespace) -> dict[str, None]:
        """Return the places that the object leaves, as values of fields.

        Remove their options from the arguments, unless they say where to look for the object.
        """
        return {}

    def move(self, parsed_args: argparse.Namespace) -> None:
        """Move the object, for example into another cell: nothing else changes.

        :raises cratonclient_osc.output.exit_status.UsageError: if the verb does not move
            objects, or if the place is not given either.
        """
        for name in self.scopes:
            if hasattr(parsed_args, name) and name in self.fields:
                raise moves.refusal(self, name)
        options = [field_options.flag(n, f) for n, f in self.changeable.items()]
        raise exit_status.UsageError(
            f"Nothing to change: use at least one of {', '.join(options)}."
        )


class Set(Update):
    """Change the given fields of an object."""

    summary = "Change a {one}; only the given fields change"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be set."""
        usual = {n for n, f in self.fields.items() if f.update} - {*self.scopes}
        return {n: f for n, f in self.fields.items() if n in self.parts or n in usual}

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

    def find_to_change(self, parsed_args: argparse.Namespace, where: places.Where) -> t.Any:
        """Return the object. The error says how to move it to the place."""
        try:
            return super().find_to_change(parsed_args, where)
        except exceptions.NotFound as exc:
            raise moves.explained(self, exc, where) from None

    def move(self, parsed_args: argparse.Namespace) -> None:
        """Move the object, if the place is one that it can move to."""
        names = [n for n in self.given_scopes(parsed_args) if moves.is_movable(self, n)]
        if not names:
            super().move(parsed_args)
        moves.check(self, names)
        move = moves.Move(self, parsed_args)
        found = move.find(parsed_args.object)
        self.manager.update(found.id, **move.values(found))


class Unset(Update):
    """Clear fields of an object, or remove labels or variables from it."""

    summary = "Remove values from a {one}"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """The fields that can be cleared, and the parts."""
        usual = {n for n, f in self.fields.items() if f.clear} - {*self.scopes}
        return {n: f for n, f in self.fields.items() if n in self.parts or n in usual}

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

    def add_object(self, parser: argparse.ArgumentParser, **kwargs: t.Any) -> None:
        """Add the argument for the object.

        argparse can take it for the value of an option: ``unset --cell web-1``.
        """
        can_leave = any(moves.can_leave(self, name) for name in self.scopes)
        super().add_object(parser, **({"nargs": "?"} if can_leave else {}), **kwargs)

    def add_scope_option(
        self, parser: argparse.ArgumentParser, name: str, field: Ref[t.Any], looked_up: str
    ) -> None:
        """Add the option for a scope. It also takes the object out of the place."""
        if moves.can_leave(self, name):
            moves.add_leaving_option(parser, self.noun, name, field)
        else:
            super().add_scope_option(parser, name, field, looked_up)

    def leave(self, parsed_args: argparse.Namespace) -> dict[str, None]:
        """Return the places that the object leaves."""
        others = any(hasattr(parsed_args, name) for name in self.changeable)
        names = moves.left(self, parsed_args, others)
        if parsed_args.object is None:
            parsed_args.object = moves.swallowed(self, parsed_args, names)
        for name in names:
            if getattr(parsed_args, name) is None:
                delattr(parsed_args, name)
        if names:
            moves.check(self, names)
        return dict.fromkeys(names)


def _is_good_example(field: Field[t.Any]) -> bool:
    """Return true for a boolean field, and for an optional field with an example value."""
    return field.type is bool or bool(field.cli.example and not field.required)
