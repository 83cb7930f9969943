# SPDX-License-Identifier: Apache-2.0
"""The verbs ``variable list``, ``show``, ``set`` and ``unset``, for kinds with variables."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions, paths, suggestions
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status, terminal, values
from cratonclient_osc.verbs import (
    assignments,
    display,
    field_options,
    input_files,
    part_changes,
    resource_command,
)

_PATH = "variable, or path of a value inside it, such as hw.bios.version or nics[0].mac"


class VariableCommand(resource_command.ResourceCommand):
    """The base class of the commands for variables."""

    #: Name of the part that holds the variables.
    attribute = "variables"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the arguments that identify the object."""
        parser = super().get_parser(prog_name)
        usage.allow_intermixed_arguments(parser)
        self.add_object(parser)
        return parser

    @property
    def inherits(self) -> bool:
        """True if objects of the kind inherit variables."""
        return bool(self.kind.inherits)

    def find_variables(self, parsed_args: argparse.Namespace) -> tuple[t.Any, dict[str, t.Any]]:
        """Return an object and its variables, by default with the inherited ones."""
        query = {}
        if hasattr(parsed_args, "resolved_values"):
            query["resolved_values"] = parsed_args.resolved_values
        found = self.find(parsed_args, **query)
        return found, found.to_dict().get(self.attribute) or {}


class List(VariableCommand, display.Lister):
    """List the variables of an object."""

    counted = "variables"
    summary = "List the variables of a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options for inherited variables."""
        parser = super().get_parser(prog_name)
        if self.inherits:
            field_options.add_inheritance_options(parser)
            parser.add_argument(
                "--long",
                action="store_true",
                help="add the column own: true if the object itself has the variable, false "
                "if it inherits it (one more request)",
            )
        return parser

    @property
    def columns(self) -> list[str]:
        """The available columns."""
        return ["name", "value", *(["own"] if self.inherits else [])]

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Iterable[t.Sequence[t.Any]]]:
        """Return the columns and the rows."""
        known = self.columns
        self.check_columns(known, parsed_args)
        asked = {*parsed_args.columns, *parsed_args.sort_columns}
        wants_own = "own" in asked or getattr(parsed_args, "long", False)
        found, variables = self.find_variables(parsed_args)
        columns = known if wants_own else known[:2]
        own = part_changes.own_variables(found, self.attribute) if wants_own else {}
        rows = [(name, variables[name], name in own) for name in sorted(variables)]
        return columns, [row[: len(columns)] for row in rows]


class Show(VariableCommand, display.ShowOne):
    """Show variables of an object."""

    summary = "Show all or some variables of a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the paths to show."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "paths",
            metavar="<path>",
            nargs="*",
            type=usage.argument_type(paths.parse),
            help=f"{_PATH}; with a single path, only the value is printed",
        )
        if self.inherits:
            field_options.add_inheritance_options(parser)
        parser.add_argument(
            "--raw",
            action="store_true",
            help="print the value of a single path as it is, without a line end: a string byte "
            "for byte, any other value as JSON",
        )
        parser.set_defaults(formatter=None)
        return parser

    def example(self) -> list[str]:
        """Return an example with the object and a path."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), examples.SHOW]

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; print the value of a single path bare, unless -f says otherwise."""
        parsed_args.given_format = parsed_args.formatter
        if parsed_args.formatter is None:
            default = self.formatter_default
            bare = len(parsed_args.paths) == 1 and default == "table"
            parsed_args.formatter = "value" if bare else default
        return super().run(parsed_args)

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Sequence[t.Any]]:
        """Return the names and the values of the variables."""
        if parsed_args.raw:
            _check_raw(parsed_args)
        _, variables = self.find_variables(parsed_args)
        shown = {}
        for path in parsed_args.paths or [(name,) for name in sorted(variables)]:
            text = path[0] if len(path) == 1 else paths.write(path)
            if not paths.has(variables, path):
                suggestion = suggestions.did_you_mean(str(path[0]), variables)
                raise exceptions.NotFound(
                    f"The {self.noun} {parsed_args.object!r} has no variable {text!r}."
                    f"{suggestion}"
                )
            shown[text] = paths.get(variables, path)
        self.check_columns(list(shown), parsed_args)
        return list(shown), list(shown.values())

    def emit(
        self, parsed_args: argparse.Namespace, column_names: values.Names, data: t.Any
    ) -> None:
        """Print the variables; with ``--raw``, print the value and nothing else."""
        if parsed_args.raw:
            terminal.write_raw(data[0], column_names[0], self.app.stdout)
        else:
            super().emit(parsed_args, column_names, data)


def _check_raw(parsed_args: argparse.Namespace) -> None:
    """Refuse arguments that contradict ``--raw``.

    :raises cratonclient_osc.output.exit_status.UsageError: for the first one.
    """
    if len(parsed_args.paths) != 1:
        raise exit_status.UsageError("--raw prints one value: give exactly one path.")
    for option, given in (("-f", parsed_args.given_format), ("-c", parsed_args.columns)):
        if given:
            raise exit_status.UsageError(
                f"--raw prints the value as it is: remove --raw or {option}."
            )


class Set(VariableCommand):
    """Set variables of an object."""

    writes = True

    summary = "Set variables of a {one}; other variables do not change"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the assignments and the files."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "assignments",
            metavar="<path>=<value>",
            nargs="*",
            type=usage.argument_type(_read_argument),
            help=f"{_PATH}, and its new value: {assignments.HELP}. "
            "@file reads the value from a file, @- from standard input. A single - reads a "
            "JSON or YAML object of variables from standard input.",
        )
        parser.add_argument(
            "--from-file",
            metavar="<file>",
            action="append",
            default=[],
            type=usage.argument_type(_read_file),
            help="file with a JSON or YAML object of variables, - for standard input "
            "(repeatable)",
        )
        return parser

    def example(self) -> list[str]:
        """Return an example with the object and assignments."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), *examples.SET]

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Set the variables. Assignments on the command line override those in files."""
        # Each argument is a list of assignments: a file or "-" contains several.
        arguments = [*parsed_args.from_file, *parsed_args.assignments]
        if not arguments:
            raise exit_status.UsageError(
                "No variables to set: use <path>=<value>, --from-file <file>, or - to read "
                "standard input."
            )
        found = self.find(parsed_args)
        given = [assignment for argument in arguments for assignment in argument]
        part_changes.VariableChanges(found, self.attribute).prepare_add(given)()


class Unset(VariableCommand):
    """Remove variables of an object."""

    writes = True

    summary = "Remove variables of a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the paths to remove."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "paths",
            metavar="<path>",
            nargs="+",
            type=usage.argument_type(paths.parse),
            help=_PATH,
        )
        parser.add_argument(
            "--ignore-missing",
            action="store_true",
            help="ignore variables that the object itself does not have",
        )
        return parser

    def example(self) -> list[str]:
        """Return an example with the object and a path."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), examples.UNSET]

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Remove the variables. If one does not exist, remove none."""
        found = self.find(parsed_args)
        changes = part_changes.VariableChanges(found, self.attribute)
        changes.prepare_remove(parsed_args.paths, parsed_args.ignore_missing)()


def _read_argument(text: str) -> list[assignments.Assignment]:
    return _read_file(text) if text == "-" else [assignments.parse_assignment(text)]


def _read_file(name: str) -> list[assignments.Assignment]:
    variables = input_files.read_object(name)
    for key in variables:
        paths.check_name(key)
    return [assignments.Assignment((key,), value) for key, value in variables.items()]
