# SPDX-License-Identifier: Apache-2.0
"""The verbs: one class each, for any kind of resource."""

from __future__ import annotations

import argparse
import functools
import shlex
import typing as t

from cratonclient import crud, v1
from cratonclient.fields import Field, Ref, Sub
from cratonclient_osc import base_command
from cratonclient_osc.output import display, exit_status
from cratonclient_osc.verbs import field_options, lookup, paths, subresource_changes


class Command(base_command.Command):
    """What all verbs share."""

    #: The manager class of the kind that the command is about.
    kind: t.ClassVar[type[crud.CRUDClient[t.Any]]]
    #: What the verb does, with ``{one}`` and ``{many}`` for the objects.
    does = ""

    def get_description(self) -> str:
        """Say what the command does."""
        return self.does.format(one=self.noun, many=f"{self.noun}s")

    @property
    def noun(self) -> str:
        """What an object of the kind is called."""
        return self.kind.key.replace("_", " ")

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Make the parser; its help ends with an example, made when it is shown."""
        parser = super().get_parser(prog_name)
        help_of_options = parser.format_help

        def format_help() -> str:
            line = f"{prog_name} {shlex.join(self.example())}".rstrip()
            return f"{help_of_options()}\nexample:\n  {line}\n"

        parser.format_help = format_help  # type: ignore[method-assign]
        return parser

    def example(self) -> list[str]:
        """Give the words of an example, after those of the command."""
        from cratonclient_osc.verbs import examples

        return examples.called(self.kind)

    @property
    def client(self) -> t.Any:
        """The client, made when it is first used."""
        return t.cast("t.Any", self.app).client_manager.fleet_management

    @property
    def manager(self) -> crud.CRUDClient[t.Any]:
        """The manager of the kind."""
        return t.cast(
            "crud.CRUDClient[t.Any]", getattr(self.client, v1.collection_of(self.kind))
        )

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields of the kind."""
        return dict(self.kind.resource_class.fields())

    @functools.cached_property
    def places(self) -> dict[str, Ref[t.Any]]:
        """What an object can be in, which tells it from others of its name."""
        return lookup.places(self.kind.resource_class)

    def add_places(
        self,
        parser: argparse.ArgumentParser,
        fields: t.Mapping[str, Field[t.Any]] | None = None,
    ) -> None:
        """Add the options that say where to look for what is given by name.

        :param fields: the fields that have options already, to look for what those
            refer to; left out, it is the object itself that is looked for.
        """
        wanted = set(self.places) if fields is None else self._above(fields) - set(fields)
        for name, field in self.places.items():
            if name in wanted:
                option = field_options.option_name(name, field)
                parser.add_argument(
                    f"--{option}",
                    dest=name,
                    metavar=f"<{option}>",
                    default=argparse.SUPPRESS,
                    help=f"where names are not unique: the {option.replace('-', ' ')}, "
                    "by name or id",
                )

    def where(self, parsed_args: argparse.Namespace) -> dict[str, int | str]:
        """Give the ids of what the options say it is in."""
        found: dict[str, int | str] = {}
        # What refers to nothing else comes first: cells are looked for in regions.
        for name in self._from_the_top(parsed_args):
            field = self.places[name]
            there = {n: v for n, v in found.items() if n in self._fields_of(field)}
            found[name] = lookup.find_id(
                self.client, field.target, getattr(parsed_args, name), there
            )
        return found

    def _from_the_top(self, parsed_args: argparse.Namespace) -> list[str]:
        given = [name for name in self.places if hasattr(parsed_args, name)]
        above = {n: set(given) & set(self._fields_of(self.places[n])) for n in given}
        return sorted(given, key=lambda name: len(above[name]))

    def _above(self, fields: t.Mapping[str, Field[t.Any]]) -> set[str]:
        """Give what can tell apart the objects that fields refer to."""
        refs = [field for field in fields.values() if isinstance(field, Ref)]
        return {name for field in refs for name in self._fields_of(field)}

    @staticmethod
    def _fields_of(field: Ref[t.Any]) -> dict[str, Field[t.Any]]:
        """Give the fields of what a reference refers to."""
        return dict(v1.kind(field.target).resource_class.fields())

    @property
    def subs(self) -> dict[str, Sub[t.Any]]:
        """The fields that are parts with paths of their own."""
        return {n: f for n, f in self.fields.items() if isinstance(f, Sub)}

    def check_places(
        self, fields: t.Mapping[str, Field[t.Any]], parsed_args: argparse.Namespace
    ) -> None:
        """Refuse an option that only says where to look, when nothing is looked for."""
        known = {**self.places, **fields}
        used = self._above({n: f for n, f in known.items() if hasattr(parsed_args, n)})
        for name, field in self.places.items():
            if hasattr(parsed_args, name) and name not in used and name not in fields:
                raise exit_status.UsageError(
                    f"{field_options.flag(name, field)} only says where other names are to be "
                    "looked for, and there are none."
                )

    def values(
        self, fields: t.Mapping[str, Field[t.Any]], parsed_args: argparse.Namespace
    ) -> dict[str, t.Any]:
        """Take the values of fields that were given; references become ids."""
        given = {n: getattr(parsed_args, n) for n in fields if hasattr(parsed_args, n)}
        where = self.where(parsed_args)
        for name, field in fields.items():
            if given.get(name) is None:  # not given, or to be taken away
                continue
            if name in where:
                given[name] = where[name]
            elif isinstance(field, Ref):
                there = {n: v for n, v in where.items() if n in self._fields_of(field)}
                given[name] = lookup.find_id(
                    self.client, field.target, given[name], there, strict=field.cascade
                )
        return given

    def add_object(self, parser: argparse.ArgumentParser, **how: t.Any) -> None:
        """Add the argument that names the object, and the options that say where it is."""
        parser.add_argument(
            "object",
            metavar=f"<{self.noun.replace(' ', '-')}>",
            type=field_options.named,
            help=f"name or id of the {self.noun}",
            **how,
        )
        self.add_places(parser)

    def find(self, parsed_args: argparse.Namespace, **query: t.Any) -> t.Any:
        """Find the object that is named."""
        where = self.where(parsed_args)
        return lookup.find(self.manager, parsed_args.object, where, **query)


class Show(Command, display.ShowOne):
    """Show one object."""

    does = "Show a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object."""
        parser = super().get_parser(prog_name)
        self.add_object(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields and their values."""
        return self.display(parsed_args, lambda: self.find(parsed_args))

    def display(
        self, parsed_args: argparse.Namespace, fetch: t.Callable[[], t.Any]
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields of what is fetched, once it is sure that they can be shown."""
        asked = [n for n in parsed_args.columns if n in self.subs]
        known = [n for n, f in self.fields.items() if f.shown != "never" or n in self.subs]
        self.check_columns(known, parsed_args)
        one = fetch()
        shown = one.to_dict()
        # Labels have a path of their own; they cost a request, so they are asked for.
        shown.update((n, getattr(one, n).get()) for n in asked if n not in shown)
        names = [name for name in known if name in shown]
        return names, tuple(shown[name] for name in names)


class Create(Show):
    """Create an object and show it."""

    does = "Create a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the name, and an option for every other field."""
        parser = super(Show, self).get_parser(prog_name)
        name_attr = self.kind.resource_class.NAME_ATTR
        parser.add_argument(
            name_attr,
            metavar="<name>",
            type=field_options.named,
            help=f"name: {self.fields[name_attr].help}",
        )
        for name, field in self.creatable.items():
            if name != name_attr:
                field_options.add_option(parser, name, field, required=field.required)
        self.add_places(parser, self.creatable)
        return parser

    @property
    def creatable(self) -> dict[str, Field[t.Any]]:
        """What can be given, less what the server would not keep."""
        return {
            name: field
            for name, field in self.fields.items()
            if isinstance(field, Sub) or (field.create and (field.stored or field.type is dict))
        }

    def example(self) -> list[str]:
        """Give what must be given, and a label."""
        from cratonclient_osc.verbs import examples

        name_attr = self.kind.resource_class.NAME_ATTR
        given = {n: f for n, f in self.creatable.items() if f.required and n != name_attr}
        given |= {n: f for n, f in self.subs.items() if f.type is list}
        options = [word for n, f in given.items() for word in examples.option(n, f)]
        return [*options, examples.name_of(self.kind)]

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Create the object; give its fields and their values."""
        return self.display(parsed_args, lambda: self.create(parsed_args))

    def create(self, parsed_args: argparse.Namespace) -> t.Any:
        """Create the object, and add the parts that have to wait until it is there."""
        self.check_places(self.creatable, parsed_args)
        values = self.values(self.creatable, parsed_args)
        for name, value in values.items():
            if self.fields[name].type is dict:
                values[name] = paths.changed({}, value)
        later = {n: values.pop(n) for n in [*values] if not self.fields[n].create}
        self.about = f"{values[self.kind.resource_class.NAME_ATTR]}: "
        made = self.manager.create(**values)
        self.about = ""
        subresource_changes.carry_out(
            {n: subresource_changes.of(made, n, self.subs[n]).add(v) for n, v in later.items()},
            f"the {self.noun} was created, with the id {made.id}",
        )
        return made
