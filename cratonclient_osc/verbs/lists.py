# SPDX-License-Identifier: Apache-2.0
"""The verb ``list``: filters, order, pages, and columns that have to be asked for."""

from __future__ import annotations

import argparse
import sys
import typing as t

from cratonclient import exceptions
from cratonclient.fields import Field, Ref
from cratonclient_osc import usage
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import assignments, display, field_options, lookup, resource_command

_MOST_PER_PAGE, _LEAST_PER_PAGE = 100, 10
Pages = t.Iterator[t.Sequence[display.Info]]


class List(resource_command.ResourceCommand, display.Lister):
    """List the objects of a kind."""

    does = "List {many}"
    #: Fields that an original server cannot sort by.
    unsortable: t.ClassVar[tuple[str, ...]] = ()

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add columns, order, paging and the filters of the kind."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help=self._long())
        parser.add_argument(
            "--sort",
            metavar="<field>[:asc|desc],...",
            type=usage.typed(_order),
            help="sort by these fields, all in one direction (default: created_at)",
        )
        parser.add_argument(
            "--limit", metavar="<number>", type=_rows, help="show no more than so many"
        )
        parser.add_argument(
            "--marker", metavar="<id>", help="begin after the object with this id"
        )
        for name, field in self.filters.items():
            field_options.add_option(parser, name, field)
        self.add_scopes(parser, self.filters)
        if "variables" in self.kind.parts:
            parser.add_argument(
                "--var",
                metavar="<path>=<value>",
                action="append",
                dest="vars",
                type=usage.typed(assignments.condition),
                help="only those whose variable has, or contains, this value; in a path, "
                "[*] is any element and .* any member (repeat as needed)",
            )
        if self.kind.inherits:
            field_options.add_origin(parser)
        return parser

    def _long(self) -> str:
        """Say what ``--long`` shows, and what not."""
        asked = {n: f for n, f in self.fields.items() if n in self.columns}
        more = " and ".join(f"-c {n}" for n, f in asked.items() if f.shown != "always")
        costs = any(field.shown == "never" for field in asked.values())
        cost = ", and labels cost a request for each object" if costs else ""
        return f"show all fields; {more} must be asked for{cost}" if more else "show all fields"

    def example(self) -> list[str]:
        """Narrow it down to what something else holds, and sort it."""
        from cratonclient_osc.verbs import examples

        refs = [
            (n, f) for n, f in self.filters.items() if isinstance(f, Ref) and f.storage.cascade
        ]
        where = [word for n, f in refs[-1:] for word in examples.option(n, f)]
        return [*where, "--sort", self.kind.resource_class.NAME_ATTR]

    @property
    def filters(self) -> dict[str, Field[t.Any]]:
        """What the list can be filtered by."""
        resource = self.kind.resource_class
        return {**{n: self.fields[n] for n in resource.filters}, **resource.parameters}

    @property
    def detailed(self) -> bool:
        """Whether the list can hold what ``details`` adds."""
        return "variables" in self.kind.parts

    @property
    def columns(self) -> list[str]:
        """The columns that can be shown; some only when they are asked for."""
        return [
            name
            for name, field in self.fields.items()
            if field.shown == "always"
            or (field.shown == "details" and self.detailed)
            or (name in self.parts and field.type is list)
        ]

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[t.Sequence[str], t.Iterator[t.Sequence[t.Any]]]:
        """Give the columns and, page by page, the rows."""
        self.check_columns(self.columns, parsed_args)
        self.check_scopes(self.filters, parsed_args)
        always = [name for name in self.columns if self.fields[name].shown == "always"]
        wanted = always if parsed_args.long else self.kind.resource_class.columns
        wanted = [*(parsed_args.columns or wanted), *parsed_args.sort_columns]
        names = [name for name in self.columns if name in wanted]
        query = {**self._order(parsed_args), **self._page(parsed_args)}
        if any(self.fields[name].shown == "details" for name in names):
            query["details"] = True
        if getattr(parsed_args, "vars", None):
            query["vars"] = ",".join(parsed_args.vars)
        if hasattr(parsed_args, "resolved_values"):
            query["resolved_values"] = parsed_args.resolved_values
        filters = self.values(self.filters, parsed_args)
        pages = self._pages({**filters, **query}, filters)
        pages = self._labelled(_cut(pages, parsed_args.limit), names)
        return names, self.rows(names, pages)

    def _order(self, parsed_args: argparse.Namespace) -> dict[str, str]:
        """Say how to sort; the id comes last, so that no rows are equal."""
        if not parsed_args.sort:
            return {}
        names, direction = parsed_args.sort
        known = [
            name
            for name, field in self.fields.items()
            if field.storage.column and field.shown == "always" and name not in self.unsortable
        ]
        usage.check_names("sort key", names, known)
        return {"sort_keys": ",".join(dict.fromkeys([*names, "id"])), "sort_dir": direction}

    @staticmethod
    def _page(parsed_args: argparse.Namespace) -> dict[str, t.Any]:
        rows = parsed_args.limit or _MOST_PER_PAGE
        query = {"limit": max(_LEAST_PER_PAGE, min(rows, _MOST_PER_PAGE))}
        return {**query, "marker": parsed_args.marker} if parsed_args.marker else query

    def _pages(self, query: dict[str, t.Any], filters: dict[str, t.Any]) -> Pages:
        """Fetch the pages.

        Asked for a name or an id, some kinds answer with 404 when there is none, and
        some overlook the other filters (wire document, section 6.3).
        """
        if not {"id", "name"} & set(filters):
            yield from self.manager.pages(short_is_last=True, **query)
            return
        where = {
            n: v for n, v in filters.items() if n == "id" or isinstance(self.filters[n], Ref)
        }
        try:
            for page in self.manager.pages(short_is_last=True, **query):
                yield [one for one in page if lookup.is_in(one, where)]
        except exceptions.NotFound:
            return

    def _labelled(self, pages: Pages, names: t.Sequence[str]) -> Pages:
        """Add the parts that no list holds, with a request for each object."""
        missing = [n for n in names if n in self.parts and self.fields[n].shown == "never"]
        if not missing:
            yield from pages
            return
        for page in pages:
            found = []
            for info in page:
                one = self.kind.resource_class(self.manager, dict(info), loaded=True)
                found.append({**info, **{name: getattr(one, name).get() for name in missing}})
            yield found


def _cut(pages: Pages, rows: int | None) -> Pages:
    """Give no more than so many rows, and fetch no page for nothing."""
    for page in pages:
        if rows is None:
            yield page
            continue
        yield page[:rows]
        rows -= len(page)
        if rows <= 0:
            return


def _order(text: str) -> tuple[list[str], str]:
    """Read ``<field>[:asc|desc],...``; the API knows one direction for all."""
    names, directions = [], set()
    for part in text.split(","):
        name, colon, direction = part.strip().partition(":")
        if not name or (colon and direction not in ("asc", "desc")):
            raise exit_status.UsageError(f"{text!r} is not <field>[:asc|desc],...")
        names.append(name)
        directions.add(direction or "asc")
    if len(directions) > 1:
        raise exit_status.UsageError(f"{text!r}: the API sorts in one direction only.")
    return names, directions.pop()


def _rows(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return min(int(text), sys.maxsize)
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
