# SPDX-License-Identifier: Apache-2.0
"""The verbs: one class each, for any kind of resource."""

from __future__ import annotations

import argparse
import functools
import shlex
import typing as t

from cratonclient import crud, v1
from cratonclient.fields import Field, Ref, Sub
from cratonclient.kinds import Kind
from cratonclient_osc import base_command, usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import field_options, lookup


class ResourceCommand(base_command.CratonCommand):
    """What all verbs share."""

    #: The kind of the objects.
    kind: t.ClassVar[Kind]
    #: What the verb does, with ``{one}`` and ``{many}`` for the objects.
    does = ""

    def get_description(self) -> str:
        """Say what the command does."""
        return self.does.format(one=self.noun, many=self.kind.plural)

    @property
    def noun(self) -> str:
        """What an object of the kind is called."""
        return self.kind.noun

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
        return t.cast("crud.CRUDClient[t.Any]", getattr(self.client, self.kind.collection))

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields of the kind."""
        return dict(self.kind.fields)

    @functools.cached_property
    def scopes(self) -> dict[str, Ref[t.Any]]:
        """What an object can be in, which tells it from others of its name."""
        return lookup.scopes(self.kind)

    def add_scopes(
        self,
        parser: argparse.ArgumentParser,
        fields: t.Mapping[str, Field[t.Any]] | None = None,
    ) -> None:
        """Add the options that say where to look for what is given by name.

        :param fields: the fields that have options already, to look for what those
            refer to; left out, it is the object itself that is looked for.
        """
        wanted = set(self.scopes) if fields is None else self._above(fields) - set(fields)
        for name, field in self.scopes.items():
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
            field = self.scopes[name]
            there = {n: v for n, v in found.items() if n in self._fields_of(field)}
            found[name] = lookup.find_id(
                self.client, field.target, getattr(parsed_args, name), there
            )
        return found

    def _from_the_top(self, parsed_args: argparse.Namespace) -> list[str]:
        given = [name for name in self.scopes if hasattr(parsed_args, name)]
        above = {n: set(given) & set(self._fields_of(self.scopes[n])) for n in given}
        return sorted(given, key=lambda name: len(above[name]))

    def _above(self, fields: t.Mapping[str, Field[t.Any]]) -> set[str]:
        """Give what can tell apart the objects that fields refer to."""
        refs = [field for field in fields.values() if isinstance(field, Ref)]
        return {name for field in refs for name in self._fields_of(field)}

    @staticmethod
    def _fields_of(field: Ref[t.Any]) -> dict[str, Field[t.Any]]:
        """Give the fields of what a reference refers to."""
        return v1.kind(field.target).fields

    @property
    def parts(self) -> dict[str, Sub[t.Any]]:
        """The fields that have a path of their own, such as variables and labels."""
        return self.kind.parts

    def check_scopes(
        self, fields: t.Mapping[str, Field[t.Any]], parsed_args: argparse.Namespace
    ) -> None:
        """Refuse an option that only says where to look, when nothing is looked for."""
        known = {**self.scopes, **fields}
        used = self._above({n: f for n, f in known.items() if hasattr(parsed_args, n)})
        for name, field in self.scopes.items():
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
                    self.client, field.target, given[name], there, strict=field.storage.cascade
                )
        return given

    def add_object(self, parser: argparse.ArgumentParser, **how: t.Any) -> None:
        """Add the argument that names the object, and the options that say where it is."""
        parser.add_argument(
            "object",
            metavar=f"<{self.noun.replace(' ', '-')}>",
            type=usage.named,
            help=f"name or id of the {self.noun}",
            **how,
        )
        self.add_scopes(parser)

    def find(self, parsed_args: argparse.Namespace, **query: t.Any) -> t.Any:
        """Find the object that is named."""
        where = self.where(parsed_args)
        return lookup.find(self.manager, parsed_args.object, where, **query)
