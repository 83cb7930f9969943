# SPDX-License-Identifier: Apache-2.0
"""The verb ``list``: filters, sorting, paging and columns."""

from __future__ import annotations

import argparse
import itertools
import sys
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import (
    comparing,
    display,
    extra_columns,
    field_options,
    lookup,
    part_changes,
    resource_command,
)

#: The limits of the API for the number of objects on a page.
_MAX_PAGE_SIZE, _MIN_PAGE_SIZE = 100, 10
Pages = t.Iterator[t.Sequence[display.Info]]


class List(extra_columns.Columns, resource_command.ResourceCommand, display.Lister):
    """List the objects of a kind."""

    summary = "List {many}"
    #: Fields that the original server cannot sort by.
    unsortable: t.ClassVar[tuple[str, ...]] = ()

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options for columns, sorting and paging, and the filters of the kind."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help=self._help_of_long())
        parser.add_argument(
            "--sort",
            metavar="<field>[:asc|desc],...",
            type=usage.argument_type(sort_order),
            help="fields to sort by, all in the same direction (default: created_at)",
        )
        parser.add_argument(
            "--limit", metavar="<number>", type=row_count, help="maximum number of rows"
        )
        parser.add_argument(
            "--marker", metavar="<id>", help="start after the object with this id"
        )
        self.add_filters(parser)
        comparing.add_where_option(parser, self.kind.has_variables)
        return parser

    def add_filters(
        self, parser: argparse.ArgumentParser, taken: t.Container[str] = ()
    ) -> None:
        """Add the options that select objects.

        :param parser: the parser.
        :param taken: options that the parser has already.
        """
        for name, field in self.filters.items():
            if field_options.flag(name, field) not in taken:
                field_options.add_option(parser, name, field)
        known = {n: f for n, f in self.scopes.items() if field_options.flag(n, f) in taken}
        self.add_scope_options(parser, {**known, **self.filters})
        if "variables" in self.kind.parts and "--var" not in taken:
            comparing.add_var_option(parser)
        if self.kind.inherits:
            field_options.add_inheritance_options(parser)

    def _help_of_long(self) -> str:
        """Return the help of ``--long``, with the columns that it does not show."""
        fields = {n: f for n, f in self.fields.items() if n in self.field_columns}
        others = " and ".join(n for n, f in fields.items() if f.shown != "always")
        if not others:
            return "show all fields, and the columns of -c"
        slow = [n for n in fields if n in self.parts and n != "variables"]
        cost = f" ({', '.join(slow)}: one request for each object)" if slow else ""
        return f"show all fields except {others}; -c adds these{cost}"

    def example(self) -> list[str]:
        """Return an example that filters by the innermost place and sorts by name."""
        from cratonclient_osc.verbs import examples

        refs = [
            (n, f) for n, f in self.filters.items() if isinstance(f, Ref) and f.storage.cascade
        ]
        place = [word for n, f in refs[-1:] for word in examples.option(n, f)]
        return [*place, "--sort", self.kind.resource_class.NAME_ATTR]

    @property
    def counted(self) -> str:  # type: ignore[override]
        """The plural of the kind, such as ``'hosts'``."""
        return self.kind.plural

    @property
    def filters(self) -> dict[str, Field[t.Any]]:
        """The fields and parameters that the list can be filtered by."""
        resource = self.kind.resource_class
        return {**{n: self.fields[n] for n in resource.filters}, **resource.parameters}

    @property
    def detailed(self) -> bool:
        """True if the API can add variables to the list, with the query ``details``."""
        return "variables" in self.kind.parts

    @property
    def field_columns(self) -> list[str]:
        """The columns that are fields."""
        return [
            name
            for name, field in self.fields.items()
            if field.shown == "always"
            or (field.shown == "details" and self.detailed)
            or name in self.parts
        ]

    @property
    def sort_keys(self) -> list[str]:
        """The fields that ``--sort`` takes."""
        return [
            name
            for name, field in self.fields.items()
            if field.storage.column and field.shown == "always" and name not in self.unsortable
        ]

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Iterator[t.Sequence[t.Any]]]:
        """Return the names of the columns, and an iterator that fetches the rows."""
        self.check_columns(self.columns, parsed_args)
        comparing.add_parsed(parsed_args, self.parse_where(parsed_args.where))
        shown = self.shown_columns(parsed_args, self.columns)
        names = list(dict.fromkeys([*shown, *parsed_args.sort_columns, *self._unshown()]))
        query = self._query(parsed_args, names)
        pages = self._pages({**self.selection(parsed_args), **query})
        pages = self._with_places_checked(pages, parsed_args)
        pages = self._with_labels(_first_rows(pages, parsed_args.limit), names)
        pages = extra_columns.with_values(self.client, self.fields, names, pages)
        return names, self.rows(names, pages)

    def shown_columns(
        self, parsed_args: argparse.Namespace, column_names: t.Sequence[str]
    ) -> list[str]:
        """Return the columns to print: with ``--long``, ``-c`` adds to the others."""
        asked = parsed_args.columns
        shown = [] if asked else list(self.kind.resource_class.columns)
        if parsed_args.long:
            shown = [n for n in self.field_columns if self.fields[n].shown == "always"]
        elif not asked:
            shown = [n for n in self.field_columns if n in shown]
        return list(dict.fromkeys([*shown, *asked]))

    def _unshown(self) -> list[str]:
        """Return the fields that the formatter gets although no column shows them."""
        if not self.wants_all_fields:
            return []
        return [n for n in self.field_columns if self.fields[n].shown == "always"]

    def _query(
        self, parsed_args: argparse.Namespace, names: t.Sequence[str]
    ) -> dict[str, t.Any]:
        """Return the query parameters, except those that select objects.

        :param parsed_args: the parsed arguments.
        :param names: the columns.
        """
        query = {**self._sorting(parsed_args), **self._paging(parsed_args)}
        needed = extra_columns.needed_fields(self.fields, names)
        if self.detailed and any(self.fields[n].shown == "details" for n in needed):
            query["details"] = True
        return query

    def selection(self, parsed_args: argparse.Namespace) -> dict[str, t.Any]:
        """Return the query parameters that select objects, with ids in place of names.

        :param parsed_args: the parsed arguments of :meth:`add_filters`.
        """
        self.check_scope_options(self.filters, parsed_args)
        query = self.values(self.filters, parsed_args)
        query.update(comparing.query_of(parsed_args))
        if hasattr(parsed_args, "resolved_values"):
            query["resolved_values"] = parsed_args.resolved_values
        return query

    def parse_where(self, given: t.Sequence[str]) -> argparse.Namespace:
        """Parse the values of ``--where``: options of the list, and comparisons.

        :param given: the values, such as ``region=east`` or ``name~^web``.
        :returns: the arguments of the list, with the comparisons as ``where``.
        :raises cratonclient_osc.output.exit_status.UsageError: if a value is not valid.
        """
        if not given:
            return argparse.Namespace(where=[])
        from cratonclient import comparisons

        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        self.add_filters(parser)
        fields = comparisons.comparable(self.kind.fields)
        return comparing.parse_where(parser, fields, given, self.kind.has_variables)

    def select(self, parsed_args: argparse.Namespace, **query: t.Any) -> Pages:
        """Fetch the pages of the objects that :meth:`selection` selects.

        :param parsed_args: the parsed arguments of :meth:`add_filters`.
        :param query: more query parameters, such as ``details``.
        """
        pages = self._pages({**self.selection(parsed_args), "limit": _MAX_PAGE_SIZE, **query})
        return self._with_places_checked(pages, parsed_args)

    def _sorting(self, parsed_args: argparse.Namespace) -> dict[str, str]:
        """Return the query for ``--sort``. The id is the last key, so the order is unique."""
        if not parsed_args.sort:
            return {}
        names, direction = parsed_args.sort
        usage.check_names("sort key", names, self.sort_keys)
        return {"sort_keys": ",".join(dict.fromkeys([*names, "id"])), "sort_dir": direction}

    @staticmethod
    def _paging(parsed_args: argparse.Namespace) -> dict[str, t.Any]:
        rows = parsed_args.limit or _MAX_PAGE_SIZE
        query = {"limit": max(_MIN_PAGE_SIZE, min(rows, _MAX_PAGE_SIZE))}
        return {**query, "marker": parsed_args.marker} if parsed_args.marker else query

    def _with_places_checked(self, pages: Pages, parsed_args: argparse.Namespace) -> Pages:
        """Refuse the id of a place that does not exist; the list would merely be empty.

        Names were looked up before. Ids are checked only if the first page has no rows.
        """
        pages = iter(pages)
        first = next(pages, [])
        for name, field in self.filters.items() if not first else ():
            if isinstance(field, Ref) and hasattr(parsed_args, name):
                lookup.check_number(self.client, field.target, getattr(parsed_args, name))
        yield from itertools.chain([first], pages)

    def _pages(self, query: dict[str, t.Any]) -> Pages:
        """Fetch the pages."""
        return self.manager.pages(short_is_last=True, ahead=False, **query)

    def _with_labels(self, pages: Pages, names: t.Sequence[str]) -> Pages:
        """Add the parts that no list contains, with one request for each object."""
        missing = [n for n in names if n in self.parts and n != "variables"]
        if not missing:
            yield from pages
            return
        for page in pages:
            complete = []
            for info in page:
                found = self.kind.resource_class(self.manager, dict(info), loaded=True)
                parts = {name: part_changes.value_of(found, name) for name in missing}
                complete.append({**info, **parts})
            yield complete


def _first_rows(pages: Pages, rows: int | None) -> Pages:
    """Yield pages up to a number of rows, and fetch no page after that.

    :param rows: the number of rows, or ``None`` for all.
    """
    for page in pages:
        if rows is None:
            yield page
            continue
        yield page[:rows]
        rows -= len(page)
        if rows <= 0:
            return


def sort_order(text: str) -> tuple[list[str], str]:
    """Parse ``<field>[:asc|desc],...`` into names and the direction they share."""
    names, directions = [], set()
    for part in text.split(","):
        name, colon, direction = part.strip().partition(":")
        if not name or (colon and direction not in ("asc", "desc")):
            raise exit_status.UsageError(
                f"{text!r} must be a list of <field>[:asc|desc], separated by commas."
            )
        names.append(name)
        directions.add(direction or "asc")
    if len(directions) > 1:
        raise exit_status.UsageError(
            f"{text!r} mixes asc and desc, but the API sorts in one direction only."
        )
    return names, directions.pop()


def row_count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return min(int(text), sys.maxsize)
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
