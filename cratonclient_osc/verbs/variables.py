# SPDX-License-Identifier: Apache-2.0
"""The verbs ``variable list``, ``show``, ``set`` and ``unset``, for kinds with variables."""

from __future__ import annotations

import argparse
import itertools
import typing as t

from cratonclient import exceptions, paths, suggestions
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status, terminal, values
from cratonclient_osc.verbs import (
    assignments,
    bulk,
    bulk_variables,
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


class Changing(bulk.Bulk):
    """The base class of the commands that change variables, of one object or of many."""

    #: Name of the part that holds the variables.
    attribute = VariableCommand.attribute

    def _has_names(self, parsed: argparse.Namespace) -> bool:
        """Return True: the options of filters are no values here."""
        return True

    def apply(self, found: t.Any, change: part_changes.Change) -> None:
        """Make a change of the variables of an object."""
        part_changes.apply(self.client, found, {self.attribute: change})

    def only_places(self, parsed: argparse.Namespace) -> bool:
        """Return True if all filters are places, which may also say where a name is."""
        return not (parsed.where or parsed.all) and {*self.given_filters(parsed)} <= {
            *self.scopes
        }


class Set(Changing):
    """Set variables of objects."""

    summary = "Set variables of a {one} or of many, and keep the others"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the assignments and the files."""
        parser.add_argument(
            "assignments",
            metavar="<path>=<value>",
            nargs="*",
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

    def read_words(self, parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
        """Read the names, which come first, and the assignments after them."""
        words = [*parsed.object, *parsed.assignments]
        names = [*itertools.takewhile(lambda word: not _is_assignment(word), words)]
        if (
            not names
            and words
            and self.given_filters(parsed) == []
            and self.only_places(parsed)
        ):
            names = words[:1]  # a name may contain an equals sign
        parsed.object = names
        try:
            parsed.assignments = [_read_argument(word) for word in words[len(names) :]]
        except exceptions.CommandError as exc:
            parser.error(f"argument <path>=<value>: {str(exc).rstrip('.')}")

    def example(self) -> list[str]:
        """Return an example with the object and assignments."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), *examples.SET]

    def take_action(self, parsed_args: argparse.Namespace) -> int | None:
        """Set the variables. Assignments on the command line override those in files."""
        one = self.selects_one(parsed_args)
        # Each argument is a list of assignments: a file or "-" contains several.
        arguments = [*parsed_args.from_file, *parsed_args.assignments]
        if not arguments:
            after = f" after {' '.join(parsed_args.object)!r}" if parsed_args.object else ""
            raise exit_status.UsageError(
                f"No variables to set{after}: use <path>=<value>, --from-file <file>, or - to "
                "read standard input."
            )
        given = [assignment for argument in arguments for assignment in argument]
        if one:
            self._set(self.find(parsed_args), given)
            return None
        return self.change_many(
            parsed_args,
            lambda changes, found: bulk_variables.set_variables(
                changes, found, self.attribute, given
            ),
            lambda found: self._set(self.manager.get(found.id), given),
            variables="resolved" if bulk_variables.has_nested(given) else None,
        )

    def _set(self, found: t.Any, given: t.Sequence[assignments.Assignment]) -> None:
        changes = part_changes.VariableChanges(found, self.attribute)
        self.apply(found, changes.prepare_add(given))


class Unset(Changing):
    """Remove variables of objects."""

    summary = "Remove variables of a {one} or of many"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the paths to remove."""
        parser.add_argument("paths", metavar="<path>", nargs="*", help=_PATH)
        parser.add_argument(
            "--path",
            metavar="<path>",
            action="append",
            default=[],
            dest="more_paths",
            help=f"a variable to remove; all other words are then {self.kind.plural}, and "
            "filters can select them (repeatable)",
        )
        parser.add_argument(
            "--ignore-missing",
            action="store_true",
            help="ignore variables that the object itself does not have",
        )

    def read_words(self, parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
        """Read the object, which comes first, and the paths after it."""
        words = [*parsed.object, *parsed.paths]
        if words and not (parsed.more_paths or self.only_places(parsed)):
            parser.error(  # a name in the place of a path would change the other objects
                f"{words[0]!r} would be the name of a {self.noun}, but filters select "
                f"{self.kind.plural}. Remove the filters, or name variables with --path."
            )
        number = len(words) if parsed.more_paths else 1
        parsed.object, given = words[:number], [*words[number:], *parsed.more_paths]
        try:
            parsed.paths = [paths.parse(word) for word in given]
        except exceptions.CommandError as exc:
            parser.error(f"argument <path>: {str(exc).rstrip('.')}")

    def example(self) -> list[str]:
        """Return an example with the object and a path."""
        from cratonclient_osc.verbs import examples

        return [*super().example(), examples.UNSET]

    def take_action(self, parsed_args: argparse.Namespace) -> int | None:
        """Remove the variables. If one of a single object does not exist, remove none."""
        one = self.selects_one(parsed_args)
        wanted = parsed_args.paths
        if not wanted:
            raise exit_status.UsageError(
                f"No variables to remove: give a path after the {self.noun}, or --path <path>; "
                f"to select {self.kind.plural} by their place alone, use --where."
            )
        if one:
            self._unset(self.find(parsed_args), wanted, parsed_args.ignore_missing)
            return None
        return self.change_many(
            parsed_args,
            lambda changes, found: bulk_variables.unset_variables(
                changes, found, self.attribute, wanted
            ),
            lambda found: self._unset(self.manager.get(found.id), wanted, True),
            variables="own" if bulk_variables.has_nested(wanted) else None,
        )

    def _unset(
        self, found: t.Any, wanted: t.Sequence[paths.Path], ignores_missing: bool
    ) -> None:
        changes = part_changes.VariableChanges(found, self.attribute)
        self.apply(found, changes.prepare_remove(wanted, ignores_missing))


def _is_assignment(word: str) -> bool:
    """Return True for ``<path>=<value>``, and for ``-``, which reads assignments."""
    return word == "-" or "=" in word


def _read_argument(text: str) -> list[assignments.Assignment]:
    return _read_file(text) if text == "-" else [assignments.parse_assignment(text)]


def _read_file(name: str) -> list[assignments.Assignment]:
    variables = input_files.read_object(name)
    for key in variables:
        paths.check_name(key)
    return [assignments.Assignment((key,), value) for key, value in variables.items()]
