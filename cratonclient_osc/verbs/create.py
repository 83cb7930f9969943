# SPDX-License-Identifier: Apache-2.0
"""The verb ``create``."""

from __future__ import annotations

import argparse
import functools
import itertools
import sys
import typing as t

from cratonclient import keywords, paths
from cratonclient.fields import Field
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, part_changes, show


class Create(show.Show):
    """Create an object and show it."""

    writes = True

    summary = "Create a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the name as the argument, and an option for every other field."""
        # Skip Show.get_parser, which adds the argument for an existing object.
        parser = super(show.Show, self).get_parser(prog_name)
        name_attr = self.kind.resource_class.NAME_ATTR
        parser.add_argument(
            name_attr,
            metavar="<name>",
            type=usage.nonempty_name,
            help=self.fields[name_attr].help,
        )
        for name, field in self.creatable.items():
            if name != name_attr:
                field_options.add_option(parser, name, field, required=field.required)
        self.add_scope_options(parser, self.creatable)
        self._add_file(parser)
        parse = parser.parse_args
        parser.parse_args = functools.partial(  # type: ignore[method-assign, assignment]
            self._parse, parser, parse
        )
        return parser

    def _add_file(self, parser: argparse.ArgumentParser) -> None:
        """Add the options for creating the objects of a file."""
        from cratonclient_osc.verbs import object_files

        group = parser.add_argument_group(f"creating many {self.kind.plural} at once")
        group.add_argument(
            "--from-file",
            metavar="<file>",
            help=f"file with {self.kind.plural}, in place of the name: CSV, JSON Lines or "
            "YAML, - for standard input. Its columns are the names of options or fields, and "
            "variables.<path>; options are values for all lines that have no other ones",
        )
        group.add_argument(
            "--input-format",
            choices=sorted({*object_files.FORMATS.values()}),
            help="format of the file; by default, its name decides",
        )
        asking = group.add_mutually_exclusive_group()
        asking.add_argument(
            "-y", "--yes", action="store_true", help="do not ask; a terminal asks by default"
        )
        asking.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would be created, and create nothing",
        )

    def _parse(
        self,
        parser: argparse.ArgumentParser,
        parse: t.Callable[..., argparse.Namespace],
        args: t.Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> argparse.Namespace:
        """Parse a command line. With a file, no other option is required."""
        words = sys.argv[1:] if args is None else args
        options = itertools.takewhile(lambda word: word != "--", words)
        if not any(word.partition("=")[0] == "--from-file" for word in options):
            parsed = parse(args, namespace)
            for option in ("input_format", "yes", "dry_run"):
                if getattr(parsed, option):
                    flag = option.replace("_", "-")
                    parser.error(f"argument --{flag}: this needs --from-file")
            return parsed
        required = [action for action in parser._actions if action.required]
        for action in required:
            action.required = False
        try:
            parsed = parse(args, namespace)
        finally:
            for action in required:
                action.required = True
        if getattr(parsed, self.kind.resource_class.NAME_ATTR, None) is not None:
            parser.error("argument <name>: the file contains the names")
        return parsed

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command. With a file, it has an exit status and no output."""
        self._status = exit_status.DONE
        return super().run(parsed_args) or self._status

    def produce_output(self, parsed_args: argparse.Namespace, *shown: t.Any) -> int:
        """Print the object."""
        if parsed_args.from_file is not None:
            return exit_status.DONE
        return super().produce_output(parsed_args, *shown)

    @property
    def creatable(self) -> dict[str, Field[t.Any]]:
        """The fields with an option: those that a new object can have and the server stores."""
        return {
            name: field
            for name, field in self.fields.items()
            if name in self.parts
            or (field.create and (field.storage.column or field.type is dict))
        }

    def example(self) -> list[str]:
        """Return an example with the required options, and a label if the kind has labels."""
        from cratonclient_osc.verbs import examples

        name_attr = self.kind.resource_class.NAME_ATTR
        given = {n: f for n, f in self.creatable.items() if f.required and n != name_attr}
        given |= {n: f for n, f in self.parts.items() if f.type is list}
        options = [word for n, f in given.items() for word in examples.option(n, f)]
        return [*options, examples.name_of(self.kind)]

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Create the object; return the names and the values of its fields."""
        if parsed_args.from_file is not None:
            from cratonclient_osc.verbs import create_many

            self._status = create_many.FromFile(self, parsed_args).run()
            return (), ()
        return self.display(parsed_args, lambda: self.create(parsed_args))

    def create(self, parsed_args: argparse.Namespace) -> t.Any:
        """Create the object, and add the parts that the request to create cannot contain.

        :returns: the new object.
        :raises cratonclient_osc.output.exit_status.PartialFailure: if the object was
            created and a part could not be added.
        """
        self.check_scope_options(self.creatable, parsed_args)
        values = self.values(self.creatable, parsed_args)
        for name, value in values.items():
            if self.fields[name].type is dict:  # assignments to paths inside variables
                values[name] = paths.changed({}, value)
        return self.create_from(values)

    def create_from(self, values: dict[str, t.Any]) -> t.Any:
        """Create an object from its values.

        :param values: values by field.
        :returns: the new object.
        :raises cratonclient_osc.output.exit_status.PartialFailure: if the object was
            created and a part could not be added.
        """
        parts = {n: values.pop(n) for n in [*values] if not self.fields[n].create}
        self.error_prefix = f"{values[self.kind.resource_class.NAME_ATTR]}: "
        if parts and part_changes.is_atomic(self.client, self.kind.resource_class):
            return self._create_with(values, parts)
        created = self.manager.create(**values)
        self.error_prefix = ""
        part_changes.apply_singly(
            {
                n: part_changes.changes_of(created, n, self.parts[n]).prepare_add(v)
                for n, v in parts.items()
            },
            f"the {self.noun} was created with id {created.id}",
        )
        return created

    def _create_with(self, values: dict[str, t.Any], parts: dict[str, t.Any]) -> t.Any:
        """Create an object with its parts, with one change set.

        :param values: values of fields that a creation can contain.
        :param parts: values of the others.
        """
        body = keywords.checked_body(self.kind.resource_class, self.noun, values, "create")
        change_set = self.client.changes.new()
        created = part_changes.add_creation(change_set, self.kind, body, parts)
        part_changes.post(change_set)
        self.error_prefix = ""
        query = {"resolved_values": False} if self.kind.inherits else {}
        return self.manager.get(created.id, **query)
