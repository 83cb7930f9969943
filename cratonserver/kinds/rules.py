# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to a kind on the server: the exceptions to the shared code.

The shared code asks the rules of a kind at a few places. A kind without
peculiarities has none; those that have some keep them in ``cratonserver/v1``,
in a module of the name of the collection.
"""

from __future__ import annotations

import importlib
import typing as t

import sqlalchemy as sa

from cratonclient import crud, v1
from cratonserver import errors
from cratonserver.identity import Identity

if t.TYPE_CHECKING:
    from cratonserver.db.objects import Objects
    from cratonserver.db.tables import Schema

#: The collections that have a module of rules. Kinds that extend one of them
#: share its rules, unless they are listed themselves.
_MODULES = (
    "clouds",
    "devices",
    "hosts",
    "network_interfaces",
    "networks",
    "projects",
    "regions",
    "users",
)


class Rules:
    """The rules of a kind without peculiarities.

    :param kind: the manager class of the kind.
    """

    #: Whether ``?id=`` and ``?name=`` find one object or fail with 404.
    finds_one = False
    #: Whether ``…/variables`` answers with inherited ones unless told otherwise.
    variables_path_resolves = False

    #: Filters that count as absent when they are empty or zero.
    optional_filters: tuple[str, ...] = ()
    #: Parameters of its list that are accepted without effect.
    ignores: tuple[str, ...] = ()

    def __init__(self, kind: type[crud.CRUDClient[t.Any]]) -> None:
        self.kind = kind
        resource = kind.resource_class
        named = resource.NAME_ATTR
        self.conflict = f"A {kind.key.replace('_', ' ')} with the given {named} already exists."

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Give columns of the table that the API does not know."""
        return []

    def computed(self, table: sa.Table) -> list[sa.ColumnElement[t.Any]]:
        """Give expressions that :meth:`present` needs beside the columns."""
        return []

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Refuse what a user may not do.

        :param method: of HTTP.
        :param part: what of the kind is asked for: ``collection``, ``item``, or
            a part of one, such as ``variables``.
        :raises cratonserver.errors.Refused: with status 403.
        """

    def visible(self, table: sa.Table, project_id: t.Any) -> sa.ColumnElement[bool]:
        """Give the condition that picks the rows that those of a project may see.

        :param project_id: the id, or what stands for it in a statement.
        """
        return t.cast("sa.ColumnElement[bool]", table.c.project_id == project_id)

    def condition(
        self, schema: Schema, name: str, value: t.Any, filters: t.Container[str]
    ) -> sa.ColumnElement[bool]:
        """Give the condition that a filter of a list stands for.

        :param name: the parameter.
        :param value: what it was given, or what stands for it in a statement.
        :param filters: all that were given, for those that mean something together.
        """
        parameters = self.kind.resource_class.parameters
        column = parameters[name].of if name in parameters else name
        return t.cast("sa.ColumnElement[bool]", schema.table(self.kind).c[column] == value)

    def sought(self, name: str, value: t.Any) -> t.Any:
        """Give what a filter compares with, for a value that was given for it."""
        return value

    def item_id(self, text: str) -> int | str:
        """Read the id in a path.

        :raises cratonserver.errors.Refused: with status 404 when it is none.
        """
        if text.isascii() and text.isdigit() and len(text) < 11 and int(text) < 2**31:
            return int(text)
        raise errors.not_found()

    def complete(self, values: dict[str, t.Any], who: Identity) -> dict[str, t.Any]:
        """Add what the server decides to the values of a new row, in place.

        :returns: what the answer to the POST shows beside the row.
        """
        values["project_id"] = who.project_id
        return {}

    def check(
        self, objects: Objects, row: t.Mapping[str, t.Any], values: dict[str, t.Any]
    ) -> None:
        """Refuse a change of a row that would break a promise.

        :param values: what changes; what follows from that can be added.
        """

    def check_deletion(self, objects: Objects, item_id: int | str) -> None:
        """Refuse a deletion that would break a promise.

        :param item_id: of what there may be nothing, or nothing visible.
        """

    def present(self, row: t.Mapping[str, t.Any], base: str) -> dict[str, t.Any]:
        """Give what an answer shows beside the columns.

        :param row: the row of the table.
        :param base: the URL of the API.
        """
        return {}


def of(kind: type[crud.CRUDClient[t.Any]]) -> Rules:
    """Give the rules of a kind."""
    if kind not in _found:
        _found[kind] = _rules(kind)
    return _found[kind]


_found: dict[type[crud.CRUDClient[t.Any]], Rules] = {}


def _rules(kind: type[crud.CRUDClient[t.Any]]) -> Rules:
    for resource in kind.resource_class.__mro__:
        for name in _MODULES:
            if v1.kind(name).resource_class is resource:
                module = importlib.import_module(f"cratonserver.kinds.{name}")
                return t.cast("Rules", module.Rules(kind))
    return Rules(kind)
