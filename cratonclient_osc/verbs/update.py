# SPDX-License-Identifier: Apache-2.0
"""The verbs ``set`` and ``unset``."""

from __future__ import annotations

import argparse
import functools
import typing as t

from cratonclient.fields import Field
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, resource_command, subresource_changes


class Update(resource_command.ResourceCommand):
    """What the verbs share that change something of an object."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object, and an option for everything that can be changed."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        for name, field in self.changeable.items():
            self.add_option(parser, name, field)
        return parser

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """What can be changed."""
        raise NotImplementedError

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option for a field that can be changed."""
        raise NotImplementedError

    @staticmethod
    def add_change(parser: argparse.ArgumentParser, name: str, field: Field[t.Any]) -> None:
        """Add the option that changes a field."""
        raise NotImplementedError

    def change_part(
        self, part: subresource_changes.Part, value: t.Any
    ) -> subresource_changes.Change:
        """Prepare to change a part of the object."""
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Check what was given, and send it."""
        if not any(hasattr(parsed_args, name) for name in self.changeable):
            options = [field_options.flag(n, f) for n, f in self.changeable.items()]
            raise exit_status.UsageError(f"There is nothing to do. Give {', '.join(options)}.")
        one = self.find(parsed_args)
        values = self.values(self.changeable, parsed_args)
        own = {n: v for n, v in values.items() if n not in self.parts}
        changes: dict[str, subresource_changes.Change] = {}
        if own:
            changes[", ".join(own)] = functools.partial(self.manager.update, one.id, **own)
        for name in values.keys() & self.parts.keys():
            part = subresource_changes.of(one, name, self.parts[name])
            changes[name] = self.change_part(part, values[name])
        subresource_changes.carry_out(changes)


class Set(Update):
    """Change what is given of an object, and nothing else."""

    does = "Change a {one}; what is not given stays"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """What can be set."""
        return {n: f for n, f in self.fields.items() if f.update or n in self.parts}

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that gives a field its value."""
        field_options.add_option(parser, name, field)

    def example(self) -> list[str]:
        """Change something that need not be given, or else the name."""
        from cratonclient_osc.verbs import examples

        choice = sorted(self.changeable.items(), key=lambda item: not _is_shown(item[1]))
        name, field = choice[0]
        if name == self.kind.resource_class.NAME_ATTR:
            return ["--name", f"{examples.name_of(self.kind)}-2", *super().example()]
        return [*examples.option(name, field), *super().example()]

    def change_part(
        self, part: subresource_changes.Part, value: t.Any
    ) -> subresource_changes.Change:
        """Prepare to add to a part."""
        return part.add(value)


class Unset(Update):
    """Take something away from an object."""

    does = "Take something away from a {one}"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """What can be taken away."""
        return {n: f for n, f in self.fields.items() if f.clear or n in self.parts}

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that takes the value of a field away."""
        field_options.add_clearing_option(parser, name, field)

    def example(self) -> list[str]:
        """Take a label or a variable away."""
        from cratonclient_osc.verbs import examples

        name, field = next(iter((self.parts or self.changeable).items()))
        given = examples.option(name, field)
        if field.type is dict:
            given[1] = examples.SHOW
        return [*given[: 2 if name in self.parts else 1], *super().example()]

    def change_part(
        self, part: subresource_changes.Part, value: t.Any
    ) -> subresource_changes.Change:
        """Prepare to take from a part."""
        return part.remove(value)


def _is_shown(field: Field[t.Any]) -> bool:
    """Tell whether a field is a good one to show how fields are changed."""
    return field.type is bool or bool(field.cli.example and not field.required)
