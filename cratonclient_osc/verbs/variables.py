# SPDX-License-Identifier: Apache-2.0
"""``<object> variable list|show|set|unset``, for any kind that has variables."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions, paths
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import (
    assignments,
    display,
    field_options,
    input_files,
    resource_command,
    subresource_changes,
)

_PATH = "variable, or a path into it such as hw.bios.version or nics[0].mac"


class VariableCommand(resource_command.ResourceCommand):
    """What these commands share."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object."""
        parser = super().get_parser(prog_name)
        usage.in_any_order(parser)
        self.add_object(parser)
        return parser

    #: The part that holds the variables.
    attribute = "variables"

    @property
    def inherits(self) -> bool:
        """Whether objects of the kind inherit variables."""
        return bool(self.kind.inherits)

    def find_variables(self, parsed_args: argparse.Namespace) -> tuple[t.Any, dict[str, t.Any]]:
        """Find an object and its variables, inherited ones too unless told otherwise."""
        given = vars(parsed_args)
        query = {n: given[n] for n in ("resolved_values",) if n in given}
        one = self.find(parsed_args, **query)
        return one, one.to_dict().get(self.attribute) or {}


class List(VariableCommand, display.Lister):
    """List the variables of an object."""

    does = "List the variables of a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add whose variables to list."""
        parser = super().get_parser(prog_name)
        if self.inherits:
            field_options.add_origin(parser)
            parser.add_argument(
                "--long",
                action="store_true",
                help="show, too, whether each is the object's own (one more request)",
            )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Iterable[t.Sequence[t.Any]]]:
        """Give the names and the values."""
        known = ["name", "value", *(["own"] if self.inherits else [])]
        self.check_columns(known, parsed_args)
        asked = {*parsed_args.columns, *parsed_args.sort_columns}
        wants_own = "own" in asked or getattr(parsed_args, "long", False)
        one, found = self.find_variables(parsed_args)
        names = known if wants_own else known[:2]
        own = subresource_changes.own_variables(one, self.attribute) if wants_own else {}
        return names, [(name, found[name], name in own)[: len(names)] for name in sorted(found)]


class Show(VariableCommand, display.ShowOne):
    """Show variables of an object."""

    does = "Show the variables of a {one}, or one value"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add what to show."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "paths",
            metavar="<path>",
            nargs="*",
            type=usage.typed(paths.parse),
            help=f"{_PATH}; of one alone, the bare value is printed",
        )
        if self.inherits:
            field_options.add_origin(parser)
        parser.set_defaults(formatter=None)
        return parser

    def example(self) -> list[str]:
        """Give the object and what to show."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), examples.SHOW]

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print one value as it is, unless another format is wanted."""
        if parsed_args.formatter is None:
            default = self.formatter_default
            one = len(parsed_args.paths) == 1 and default == "table"
            parsed_args.formatter = "value" if one else default
        return super().run(parsed_args)

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Sequence[t.Any]]:
        """Give the names and the values."""
        _, found = self.find_variables(parsed_args)
        wanted = parsed_args.paths or [(name,) for name in sorted(found)]
        shown = {}
        for path in wanted:
            said = path[0] if len(path) == 1 else paths.write(path)
            if not paths.has(found, path):
                meant = usage.nearest(str(path[0]), found)
                raise exceptions.NotFound(
                    f"The {self.noun} {parsed_args.object!r} has no variable {said!r}.{meant}"
                )
            shown[said] = paths.get(found, path)
        self.check_columns(list(shown), parsed_args)
        return list(shown), list(shown.values())


class Set(VariableCommand):
    """Set variables of an object."""

    does = "Set variables of a {one}; the others stay"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add what to set."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "assignments",
            metavar="<path>=<value>",
            nargs="*",
            type=usage.typed(_assignments),
            help=f"{_PATH}, and its value: JSON, else a string; @file is read from a file, "
            "@- from stdin. A single - stands for an object on stdin.",
        )
        parser.add_argument(
            "--from-file",
            metavar="<file>",
            action="append",
            default=[],
            type=usage.typed(_from_file),
            help="file with an object of JSON or YAML, - for stdin (repeat as needed)",
        )
        return parser

    def example(self) -> list[str]:
        """Give the object and what to set."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), *examples.SET]

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Set them. What is given on the command line goes before what is in files."""
        groups = [*parsed_args.from_file, *parsed_args.assignments]
        if not groups:
            raise exit_status.UsageError(
                "There is nothing to set. Give <path>=<value>, --from-file <file>, or - to "
                "read stdin."
            )
        one = self.find(parsed_args)
        given = [assignment for group in groups for assignment in group]
        subresource_changes.Variables(one, self.attribute).add(given)()


class Unset(VariableCommand):
    """Take variables away from an object."""

    does = "Take variables away from a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add what to take away."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "paths",
            metavar="<path>",
            nargs="+",
            type=usage.typed(paths.parse),
            help=_PATH,
        )
        return parser

    def example(self) -> list[str]:
        """Give the object and what to unset."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), examples.UNSET]

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Take them away; when one is not there, none is."""
        one = self.find(parsed_args)
        subresource_changes.Variables(one, self.attribute).remove(parsed_args.paths)()


def _assignments(text: str) -> list[assignments.Assignment]:
    return _from_file(text) if text == "-" else [assignments.assignment(text)]


def _from_file(name: str) -> list[assignments.Assignment]:
    found = input_files.read_object(name)
    return [assignments.Assignment((key,), value) for key, value in found.items()]
