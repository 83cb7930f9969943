# SPDX-License-Identifier: Apache-2.0
"""Pages of a list: where one begins, and the links between them.

A page is found by comparing the sort keys with those of the marker row, so its
cost does not depend on where it lies (wire document, sections 6.3 and 8).
"""

from __future__ import annotations

import dataclasses
import typing as t
from urllib import parse

import sqlalchemy as sa

DEFAULT_LIMIT, MIN_LIMIT, MAX_LIMIT = 30, 10, 100
DEFAULT_SORT = ("created_at", "id")


def sortable(resource: t.Any) -> list[str]:
    """Give the names of the fields that a list can be sorted by."""
    return [name for name, field in resource.fields().items() if field.stored]


@dataclasses.dataclass(frozen=True)
class Order:
    """The order of a list.

    :param keys: the columns to sort by. The id is added as the last one where
        it is missing: without it, rows with equal values could be skipped.
    :param descending: whether all of them are sorted from high to low.
    """

    keys: tuple[sa.Column[t.Any], ...]
    descending: bool = False

    def clauses(self, backwards: bool = False) -> list[sa.ColumnElement[t.Any]]:
        """Give the terms of ORDER BY. Nulls come last, or first when descending."""
        descending = self.descending != backwards
        terms: list[sa.ColumnElement[t.Any]] = []
        for key in self.keys:
            if key.nullable:
                terms.append(key.is_(None))
            terms.append(key)
        return [term.desc() if descending else term.asc() for term in terms]

    def after(
        self, marker: t.Mapping[str, sa.ColumnElement[t.Any]], backwards: bool = False
    ) -> sa.ColumnElement[bool]:
        """Give the condition that a row comes after a marker row.

        :param marker: the values of that row, as expressions. Those of a row that
            does not exist are null, and nothing comes after it.
        """
        descending = self.descending != backwards
        if not any(key.nullable for key in self.keys):
            here = sa.tuple_(*self.keys)
            there = sa.tuple_(*(marker[key.name] for key in self.keys))
            return here < there if descending else here > there
        alternatives: list[sa.ColumnElement[bool]] = []
        equal: list[sa.ColumnElement[bool]] = [marker["id"].is_not(None)]
        for key in self.keys:
            value = marker[key.name]
            alternatives.append(sa.and_(*equal, _beyond(key, value, descending)))
            equal.append(key.is_not_distinct_from(value))
        return sa.or_(*alternatives)


def _beyond(
    key: sa.Column[t.Any], value: sa.ColumnElement[t.Any], descending: bool
) -> sa.ColumnElement[bool]:
    """Give the condition that one key alone lies beyond a value; nulls are highest."""
    if descending:
        return sa.or_(key < value, sa.and_(key.is_not(None), value.is_(None)))
    return sa.or_(key > value, sa.and_(key.is_(None), value.is_not(None)))


def links(
    url: str,
    parameters: t.Mapping[str, t.Any],
    marker: t.Any,
    previous: t.Any,
    last: t.Any,
) -> list[dict[str, str]]:
    """Give the links of a page.

    :param url: the URL of the list.
    :param parameters: the parameters that all links carry.
    :param marker: the marker of this page, ``None`` on the first.
    :param previous: the marker of the page before, ``None`` if it is the first.
    :param last: the id of the last row of this page, ``None`` if it is empty.
    """

    base = f"{url}?{parse.urlencode(parameters)}"

    def link(rel: str, after: t.Any) -> dict[str, str]:
        more = "" if after is None else f"&{parse.urlencode({'marker': after})}"
        return {"href": base + more, "rel": rel}

    found = [link("first", None), link("prev", previous), link("self", marker)]
    return found if last is None else [*found, link("next", last)]
