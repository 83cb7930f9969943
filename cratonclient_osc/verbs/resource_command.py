# SPDX-License-Identifier: Apache-2.0
"""The base class of all verbs. A verb is one class, for any kind of resource."""

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
from cratonclient_osc.verbs import field_options, lookup, places


class ResourceCommand(base_command.CratonCommand):
    """A command for the objects of one kind."""

    #: The kind of the objects. :mod:`cratonclient_osc.commands` sets it in a subclass.
    kind: t.ClassVar[Kind]
    #: Returns the command ``list`` of the kind, likewise.
    list_class: t.ClassVar[t.Any]
    #: The description of the command, with ``{one}`` and ``{many}`` for the nouns.
    summary = ""

    def get_description(self) -> str:
        """Return the description of the command."""
        return self.summary.format(one=self.noun, many=self.kind.plural)

    @property
    def noun(self) -> str:
        """The singular of the kind, such as ``'network device'``."""
        return self.kind.noun

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser. Its help ends with an example, which is built when shown."""
        parser = super().get_parser(prog_name)
        format_options = parser.format_help

        def format_help() -> str:
            line = f"{prog_name} {shlex.join(self.example())}".rstrip()
            return f"{format_options()}\nexample:\n  {line}\n"

        parser.format_help = format_help  # type: ignore[method-assign]
        return parser

    def example(self) -> list[str]:
        """Return the arguments of the example: the words after those of the command."""
        from cratonclient_osc.verbs import examples

        return examples.object_arguments(self.kind)

    @property
    def client(self) -> t.Any:
        """The client, created on first use."""
        return t.cast("t.Any", self.app).client_manager.fleet_management

    @property
    def manager(self) -> crud.CRUDClient[t.Any]:
        """The manager of the objects of the kind.

        :raises cratonclient.exceptions.FeatureMissing: if the server does not have the kind.
        """
        if self.kind.manager.feature:
            self.client.require_feature(self.kind.manager.feature)
        return t.cast("crud.CRUDClient[t.Any]", getattr(self.client, self.kind.collection))

    @property
    def fields(self) -> dict[str, Field[t.Any]]:
        """The declared fields of the kind."""
        return dict(self.kind.fields)

    @functools.cached_property
    def scopes(self) -> dict[str, Ref[t.Any]]:
        """The scopes of the kind; see :mod:`cratonclient_osc.verbs.places`."""
        return places.scopes(self.kind)

    def add_scope_options(
        self,
        parser: argparse.ArgumentParser,
        fields: t.Mapping[str, Field[t.Any]] | None = None,
    ) -> None:
        """Add the options for scopes, which restrict where a name is looked up.

        :param parser: the parser.
        :param fields: fields that already have an option. The new options then restrict
            the look-up of the objects that these fields refer to. By default, they
            restrict the look-up of the object of the command itself.
        """
        if fields is None:
            wanted = set(self.scopes)
            looked_up = f"the {self.noun}"
        else:
            wanted = self._target_field_names(fields) - set(fields)
            looked_up = "names in other options"
        for name, field in self.scopes.items():
            if name in wanted:
                self.add_scope_option(parser, name, field, looked_up)

    def add_scope_option(
        self, parser: argparse.ArgumentParser, name: str, field: Ref[t.Any], looked_up: str
    ) -> None:
        """Add the option for a scope.

        :param looked_up: what it restricts the look-up of.
        """
        place = field_options.option_name(name, field).replace("-", " ")
        help = f"look up {looked_up} only in this {place} (name or id)"
        field_options.add_place_option(parser, name, field, help)

    def look_up_scopes(self, parsed_args: argparse.Namespace) -> places.Where:
        """Look up the objects that the options of :meth:`add_scope_options` name."""
        found = places.Where()
        for name in self.given_scopes(parsed_args):
            field, word = self.scopes[name], getattr(parsed_args, name)
            near = found.within(self.target_fields(field))
            found[name] = lookup.find_id(self.client, field.target, word, near)
            found.typed[name] = word
        return found

    def given_scopes(self, parsed_args: argparse.Namespace) -> list[str]:
        """Return the given scopes in the order of look-up: a region before its cells."""
        given = [name for name in self.scopes if hasattr(parsed_args, name)]
        outer = {n: set(given) & set(self.target_fields(self.scopes[n])) for n in given}
        return sorted(given, key=lambda name: len(outer[name]))

    def _target_field_names(self, fields: t.Mapping[str, Field[t.Any]]) -> set[str]:
        """Return the names of the fields of all kinds that the given fields refer to."""
        refs = [field for field in fields.values() if isinstance(field, Ref)]
        return {name for field in refs for name in self.target_fields(field)}

    @staticmethod
    def target_fields(field: Ref[t.Any]) -> dict[str, Field[t.Any]]:
        """Return the fields of the kind that a reference refers to."""
        return v1.kind(field.target).fields

    @property
    def parts(self) -> dict[str, Sub[t.Any]]:
        """The fields that have a path of their own, such as variables and labels."""
        return self.kind.parts

    def check_scope_options(
        self, fields: t.Mapping[str, Field[t.Any]], parsed_args: argparse.Namespace
    ) -> None:
        """Refuse an option of :meth:`add_scope_options` that would have no effect.

        :param fields: the fields whose options can hold names.
        :param parsed_args: the parsed arguments.
        :raises cratonclient_osc.output.exit_status.UsageError: for the first such option.
        """
        known = {**self.scopes, **fields}
        # The scopes in which an object of a given option is looked up.
        used = self._target_field_names(
            {n: f for n, f in known.items() if hasattr(parsed_args, n)}
        )
        for name, field in self.scopes.items():
            if hasattr(parsed_args, name) and name not in used and name not in fields:
                option = field_options.flag(name, field)
                raise exit_status.UsageError(
                    f"{option} only restricts the look-up of names in "
                    f"other options, and no such option is given: add one, or remove {option}."
                )

    def values(
        self,
        fields: t.Mapping[str, Field[t.Any]],
        parsed_args: argparse.Namespace,
        where: places.Where | None = None,
    ) -> dict[str, t.Any]:
        """Return the values of the given options, with ids in place of names.

        :param fields: the fields that have options.
        :param parsed_args: the parsed arguments.
        :param where: the result of :meth:`look_up_scopes`, if it was already called.
        """
        given = {n: getattr(parsed_args, n) for n in fields if hasattr(parsed_args, n)}
        if where is None:
            where = self.look_up_scopes(parsed_args)
        for name, field in fields.items():
            if given.get(name) is None:  # not given, or to be cleared
                continue
            if name in where:
                given[name] = where[name]
            elif isinstance(field, Ref):
                near = where.within(self.target_fields(field))
                given[name] = lookup.find_id(
                    self.client, field.target, given[name], near, strict=field.storage.cascade
                )
        return given

    def add_object(self, parser: argparse.ArgumentParser, **kwargs: t.Any) -> None:
        """Add the argument for the object, and options that restrict its look-up.

        :param parser: the parser.
        :param kwargs: keywords for :meth:`argparse.ArgumentParser.add_argument`.
        """
        parser.add_argument(
            "object",
            metavar=f"<{self.kind.hyphenated}>",
            type=usage.nonempty_name,
            help=f"name or id of the {self.noun}",
            **kwargs,
        )
        self.add_scope_options(parser)

    def find(self, parsed_args: argparse.Namespace, **query: t.Any) -> t.Any:
        """Return the object that the arguments identify.

        :param parsed_args: the parsed arguments.
        :param query: more query parameters, such as ``resolved_values``.
        """
        where = self.look_up_scopes(parsed_args)
        return lookup.find(self.manager, parsed_args.object, where, **query)
