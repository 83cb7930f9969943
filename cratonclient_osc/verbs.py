# SPDX-License-Identifier: Apache-2.0
"""The verbs: one class each, for any kind of resource."""

from __future__ import annotations

import argparse
import itertools
import sys
import typing as t

from cratonclient import crud, v1
from cratonclient.fields import Field, Ref, Sub
from cratonclient_osc import base, display, lookup, parsing

_MOST_PER_PAGE, _LEAST_PER_PAGE = 100, 10


class Command(base.Command):
    """What all verbs share."""

    #: The manager class of the kind that the command is about.
    kind: t.ClassVar[type[crud.CRUDClient[t.Any]]]
    #: What the verb does, with ``{one}`` and ``{many}`` for the objects.
    does = ""

    def get_description(self) -> str:
        """Say what the command does."""
        one = self.kind.key.replace("_", " ")
        return self.does.format(one=one, many=f"{one}s")

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

    def values(
        self, fields: t.Mapping[str, Field[t.Any]], parsed_args: argparse.Namespace
    ) -> dict[str, t.Any]:
        """Take the values of fields that were given; references become ids."""
        given = {n: getattr(parsed_args, n) for n in fields if hasattr(parsed_args, n)}
        for name, field in fields.items():
            if name in given and isinstance(field, Ref):
                given[name] = lookup.find_id(self.client, field.target, given[name])
            elif name in given and field.type is dict:
                given[name] = dict(given[name])
        return given


class List(Command, display.Lister):
    """List the objects of a kind."""

    does = "List {many}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add paging and the filters of the kind."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="show all fields")
        parser.add_argument(
            "--limit", metavar="<number>", type=_rows, help="show no more than so many"
        )
        parser.add_argument(
            "--marker", metavar="<id>", help="begin after the object with this id"
        )
        for name, field in self.filters.items():
            parsing.add_option(parser, name, field)
        return parser

    @property
    def filters(self) -> dict[str, Field[t.Any]]:
        """What the list can be filtered by."""
        resource = self.kind.resource_class
        by_field = {name: self.fields[name] for name in resource.filters if name != "id"}
        return {**by_field, **resource.parameters}

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Iterator[t.Sequence[t.Any]]]:
        """Give the columns and, page by page, the rows."""
        everything = [n for n, f in self.fields.items() if f.shown == "always"]
        self.check_columns(everything, parsed_args)
        wanted = everything if parsed_args.long else self.kind.resource_class.columns
        names = [n for n in everything if n in (parsed_args.columns or wanted)]
        query = self.values(self.filters, parsed_args)
        rows = parsed_args.limit
        query["limit"] = max(_LEAST_PER_PAGE, min(rows or _MOST_PER_PAGE, _MOST_PER_PAGE))
        if parsed_args.marker:
            query["marker"] = parsed_args.marker
        pages = self.manager.pages(**query)
        return names, itertools.islice(self.rows(names, pages), rows)


class Show(Command, display.ShowOne):
    """Show one object."""

    does = "Show a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the object."""
        parser = super().get_parser(prog_name)
        what = self.kind.key.replace("_", " ")
        parser.add_argument(
            "object", metavar=f"<{what.replace(' ', '-')}>", help=f"name or id of the {what}"
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields and their values."""
        return self.display(parsed_args, lambda: lookup.find(self.manager, parsed_args.object))

    def display(
        self, parsed_args: argparse.Namespace, fetch: t.Callable[[], t.Any]
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Give the fields of what is fetched, once it is sure that they can be shown."""
        known = [n for n, f in self.fields.items() if f.shown in ("always", "details")]
        self.check_columns(known, parsed_args)
        one = fetch().to_dict()
        names = [name for name in known if name in one]
        return names, tuple(one[name] for name in names)


class Create(Show):
    """Create an object and show it."""

    does = "Create a {one}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the name, and an option for every other field."""
        parser = super(Show, self).get_parser(prog_name)
        name_attr = self.kind.resource_class.NAME_ATTR
        parser.add_argument(
            name_attr, metavar="<name>", help=f"name: {self.fields[name_attr].help}"
        )
        for name, field in self.creatable.items():
            if name != name_attr:
                parsing.add_option(parser, name, field, required=field.required)
        return parser

    @property
    def creatable(self) -> dict[str, Field[t.Any]]:
        """What can be given, less what the server would not keep."""
        return {
            name: field
            for name, field in self.fields.items()
            if field.create and (field.stored or isinstance(field, Sub) or field.type is dict)
        }

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], tuple[t.Any, ...]]:
        """Create the object; give its fields and their values."""
        return self.display(
            parsed_args,
            lambda: self.manager.create(**self.values(self.creatable, parsed_args)),
        )


def _rows(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return min(int(text), sys.maxsize)
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
