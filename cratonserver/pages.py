# SPDX-License-Identifier: Apache-2.0
"""The statement that reads one page of a list.

To put it together takes longer than the database needs to answer it. What it says
depends on little: it is made once for each :class:`Shape`, and run with the values
that a request brings.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver import paging, rules
from cratonserver.tables import Kind, Schema

#: The values that it is run with, beside those of the filters, by their names.
PROJECT, MARKER = "craton_project", "craton_marker"


class Shape(t.NamedTuple):
    """What a page is asked for, apart from values.

    :param everywhere: whether of all projects.
    :param filters: the names of the filters.
    :param sort_keys: the names of the columns to sort by.
    :param follows: whether it follows a marker.
    """

    kind: Kind
    everywhere: bool
    filters: tuple[str, ...]
    sort_keys: tuple[str, ...]
    descending: bool
    limit: int
    follows: bool


class Statements(t.NamedTuple):
    """What a page is read with.

    :param page: its rows. Those after a marker have the marker of the page before
        as ``before``, null if that is the first page.
    :param nothing: asked when there are no rows after a marker: the id of its row as
        ``marker``, null if there is none, and ``before``.
    """

    page: sa.Select[t.Any]
    nothing: sa.Select[t.Any] | None


def make(
    schema: Schema, shape: Shape, chosen: t.Sequence[sa.ColumnElement[bool]] | None = None
) -> Statements:
    """Make the statements for a page.

    :param chosen: the conditions that pick the rows of the list, where they are
        others than :func:`conditions` gives.
    """
    table = schema.table(shape.kind)
    order = paging.Order(
        tuple(table.c[name] for name in dict.fromkeys((*shape.sort_keys, "id"))),
        descending=shape.descending,
    )
    chosen = conditions(schema, shape) if chosen is None else chosen
    select = schema.rows(shape.kind).where(*chosen)
    page = select.order_by(*order.clauses()).limit(shape.limit)
    if not shape.follows:
        return Statements(page, None)
    row = sa.select(table.c.id).where(
        table.c.id == sa.bindparam(MARKER), *_visible(schema, shape)
    )
    marker = {
        key.name: row.with_only_columns(key).correlate(None).scalar_subquery()
        for key in order.keys
    }
    earlier = (
        select.with_only_columns(table.c.id)
        .where(order.after(marker, backwards=True))
        .order_by(*order.clauses(backwards=True))
        .offset(shape.limit - 1)  # at most a page: the cost does not grow
        .limit(1)
    )
    before = earlier.correlate(None).scalar_subquery().label("before")
    return Statements(
        page.where(order.after(marker)).add_columns(before),
        sa.select(marker["id"].label("marker"), before),
    )


def conditions(schema: Schema, shape: Shape) -> list[sa.ColumnElement[bool]]:
    """Give the conditions that pick the rows of a list."""
    peculiar = rules.of(shape.kind)
    return [
        *_visible(schema, shape),
        *(
            peculiar.condition(schema, name, sa.bindparam(name), shape.filters)
            for name in shape.filters
        ),
    ]


def _visible(schema: Schema, shape: Shape) -> list[sa.ColumnElement[bool]]:
    own = rules.of(shape.kind).visible(schema.table(shape.kind), sa.bindparam(PROJECT))
    return [*([] if shape.everywhere else [own]), *schema.rows_of(shape.kind)]
