# SPDX-License-Identifier: Apache-2.0
"""Keyset pagination: find a page by its sort keys, so that all pages cost the same.

For example, the page after a host, sorted by ``cell_id``, which may be null::

    WHERE (m.id IS NOT NULL
           AND (cell_id > m.cell_id OR cell_id IS NULL AND m.cell_id IS NOT NULL)
        OR m.id IS NOT NULL AND cell_id IS NOT DISTINCT FROM m.cell_id AND id > m.id)
    ORDER BY cell_id IS NULL, cell_id, id

Each ``m.x`` is a subquery for a value of the marker row. SQLite writes ``IS`` for ``IS NOT
DISTINCT FROM``. Columns that are never null are compared as a tuple:
``(created_at, id) > (m.created_at, m.id)``.
"""

from __future__ import annotations

import dataclasses
import typing as t

import sqlalchemy as sa


@dataclasses.dataclass(frozen=True)
class Order:
    """The order of a list.

    :param keys: columns to sort by. The last column is unique, because pages would skip
        rows with equal values otherwise.
    :param descending: sort by all columns from high to low.
    """

    keys: tuple[sa.Column[t.Any], ...]
    descending: bool = False

    def clauses(self, backwards: bool = False) -> list[sa.ColumnElement[t.Any]]:
        """Return the terms of ORDER BY. Nulls come last, or first when descending."""
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
        """Return the condition that a row comes after a marker row.

        :param marker: expressions for the values of the marker row, by column name. If
            the row does not exist, they are null, and no row comes after it.
        :param backwards: return the condition that a row comes before the marker row.
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
    """Return the condition that one key lies beyond a value. Nulls are the highest."""
    if descending:
        return sa.or_(key < value, sa.and_(key.is_not(None), value.is_(None)))
    return sa.or_(key > value, sa.and_(key.is_(None), value.is_not(None)))
