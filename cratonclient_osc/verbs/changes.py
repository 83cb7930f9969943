# SPDX-License-Identifier: Apache-2.0
"""The verbs that change what is there: set, unset, delete."""

from __future__ import annotations

import argparse
import functools
import sys
import typing as t

from cratonclient import exceptions, secrets
from cratonclient.fields import Field
from cratonclient_osc.output import exit_status, terminal
from cratonclient_osc.verbs import field_options, lookup, resource_command, subresource_changes


class Change(resource_command.Command):
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
        own = {n: v for n, v in values.items() if n not in self.subs}
        changes: dict[str, subresource_changes.Change] = {}
        if own:
            changes[", ".join(own)] = functools.partial(self.manager.update, one.id, **own)
        for name in values.keys() & self.subs.keys():
            part = subresource_changes.of(one, name, self.subs[name])
            changes[name] = self.change_part(part, values[name])
        subresource_changes.carry_out(changes)


class Set(Change):
    """Change what is given of an object, and nothing else."""

    does = "Change a {one}; what is not given stays"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """What can be set."""
        return {n: f for n, f in self.fields.items() if f.update or n in self.subs}

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


class Unset(Change):
    """Take something away from an object."""

    does = "Take something away from a {one}"

    @property
    def changeable(self) -> dict[str, Field[t.Any]]:
        """What can be taken away."""
        return {n: f for n, f in self.fields.items() if f.clear or n in self.subs}

    def add_option(
        self, parser: argparse.ArgumentParser, name: str, field: Field[t.Any]
    ) -> None:
        """Add the option that takes the value of a field away."""
        field_options.add_clearing_option(parser, name, field)

    def example(self) -> list[str]:
        """Take a label or a variable away."""
        from cratonclient_osc.verbs import examples

        name, field = next(iter((self.subs or self.changeable).items()))
        given = examples.option(name, field)
        if field.type is dict:
            given[1] = examples.SHOW
        return [*given[: 2 if name in self.subs else 1], *super().example()]

    def change_part(
        self, part: subresource_changes.Part, value: t.Any
    ) -> subresource_changes.Change:
        """Prepare to take from a part."""
        return part.remove(value)


class Delete(resource_command.Command):
    """Delete objects, and what lives in them."""

    does = "Delete {many}, and whatever is in them"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the objects."""
        parser = super().get_parser(prog_name)
        field_options.in_any_order(parser)
        self.add_object(parser, nargs="+")
        parser.add_argument(
            "-i", "--interactive", action="store_true", help="ask before each is deleted"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete one after the other; one that cannot be deleted stops nothing."""
        if parsed_args.interactive and not sys.stdin.isatty():
            raise exit_status.UsageError("--interactive needs a terminal to ask on.")
        where = self.where(parsed_args)
        wanted = parsed_args.object
        results: list[int] = []
        with terminal.Progress(f"{self.noun}s", self.app.stderr, len(wanted)) as progress:
            for text in wanted:
                try:
                    # The API does not say whether there was anything to delete.
                    one = lookup.find(self.manager, text, where)
                    if parsed_args.interactive:
                        progress.clear()
                    if not parsed_args.interactive or self._agreed(one):
                        self.manager.delete(one.id)
                except exceptions.ClientException as exc:
                    progress.clear()
                    results.append(self.report(exc, f"{text}: " if len(wanted) > 1 else ""))
                else:
                    results.append(exit_status.DONE)
                progress.add()
        return results[0] if len(set(results)) == 1 else exit_status.FAILED

    def _agreed(self, one: t.Any) -> bool:
        name = secrets.printable(getattr(one, self.kind.resource_class.NAME_ATTR))
        question = f"Delete the {self.noun} {name}, {lookup.describe(one)}? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def _is_shown(field: Field[t.Any]) -> bool:
    """Tell whether a field is a good one to show how fields are changed."""
    return field.type is bool or bool(field.example and not field.required)
