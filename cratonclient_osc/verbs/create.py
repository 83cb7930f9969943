# SPDX-License-Identifier: Apache-2.0
"""The verb ``create``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import paths
from cratonclient.fields import Field
from cratonclient_osc import usage
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
        return parser

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
        parts = {n: values.pop(n) for n in [*values] if not self.fields[n].create}
        self.error_prefix = f"{values[self.kind.resource_class.NAME_ATTR]}: "
        created = self.manager.create(**values)
        self.error_prefix = ""
        part_changes.apply(
            {
                n: part_changes.changes_of(created, n, self.parts[n]).prepare_add(v)
                for n, v in parts.items()
            },
            f"the {self.noun} was created with id {created.id}",
        )
        return created
