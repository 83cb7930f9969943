# SPDX-License-Identifier: Apache-2.0
"""The statement that reads one page of a list.

To put it together takes longer than the database needs to answer it. What it says
depends on little: it is made once for each :class:`Shape`, and run with the values
that a request brings.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.sql.operators import eq

from cratonserver.db import databases, keyset
from cratonserver.db.tables import Kind, Schema
from cratonserver.kinds import rules

Clause = sa.ColumnElement[bool]

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


def make(schema: Schema, shape: Shape, chosen: t.Sequence[Clause] | None = None) -> Statements:
    """Make the statements for a page.

    :param chosen: the conditions that pick the rows of the list, where they are
        others than :func:`conditions` gives.
    """
    table = schema.table(shape.kind)
    stretch = None
    if chosen is None:
        chosen = conditions(schema, shape)
        stretch = _stretch(schema, shape)
    keys = tuple(table.c[name] for name in dict.fromkeys((*shape.sort_keys, "id")))
    marker = _marker(schema, shape, keys)
    if stretch is not None:
        keys, ahead, behind = (*stretch.columns, *keys), stretch.upper, stretch.lower
        if shape.descending:
            ahead, behind = behind, ahead
        marker = {**stretch.values, **marker}
        chosen = () if shape.follows else (*ahead, *behind)
    else:
        ahead = behind = ()
    order = keyset.Order(keys, shape.descending)
    number = _variable if stretch is None else _constant
    select = schema.rows(shape.kind).where(*chosen)
    select = select.execution_options(**{databases.SETTLED: stretch is not None})
    page = select.order_by(*order.clauses()).limit(number(shape.limit))
    if not shape.follows:
        return Statements(page, None)
    earlier = (
        select.with_only_columns(table.c.id)
        .where(*behind, order.after(marker, backwards=True))
        .order_by(*order.clauses(backwards=True))
        .offset(number(shape.limit - 1))  # at most a page: the cost does not grow
        .limit(number(1))
    )
    before = earlier.correlate(None).scalar_subquery().label("before")
    return Statements(
        page.where(*ahead, order.after(marker)).add_columns(before),
        sa.select(marker["id"].label("marker"), before),
    )


def conditions(schema: Schema, shape: Shape) -> list[Clause]:
    """Give the conditions that pick the rows of a list."""
    peculiar = rules.of(shape.kind)
    return [
        *_visible(schema, shape),
        *(
            peculiar.condition(schema, name, sa.bindparam(name), shape.filters)
            for name in shape.filters
        ),
    ]


def _visible(schema: Schema, shape: Shape, project: t.Any = None) -> list[Clause]:
    project = sa.bindparam(PROJECT) if project is None else project
    own = rules.of(shape.kind).visible(schema.table(shape.kind), project)
    return [*([] if shape.everywhere else [own]), *schema.rows_of(shape.kind)]


def _marker(
    schema: Schema, shape: Shape, keys: t.Iterable[sa.Column[t.Any]]
) -> dict[str, sa.ColumnElement[t.Any]]:
    """Give the values of the row after which a page begins, null if there is none."""
    ids = schema.table(shape.kind).c.id
    row = sa.select(ids).where(ids == sa.bindparam(MARKER), *_visible(schema, shape))
    return {
        key.name: row.with_only_columns(key).correlate(None).scalar_subquery() for key in keys
    }


class Stretch(t.NamedTuple):
    """A list as a stretch of an index: of a project's hosts, say, by their age.

    To make a plan takes PostgreSQL longer than to read a page. It keeps one where it
    expects no more of others, so it is not to see which project it is. Told to look
    for rows of some project in the order of their age, it could then read those of
    all projects. Told where in an index they begin and end, it cannot go astray.

    :param columns: those that are the same in the whole list, with which it begins.
    :param values: what they are, by name.
    :param lower: the condition that a row is not before the stretch.
    :param upper: the condition that a row is not behind it.
    """

    columns: tuple[sa.Column[t.Any], ...]
    values: dict[str, sa.ColumnElement[t.Any]]
    lower: tuple[Clause, ...]
    upper: tuple[Clause, ...]


def _stretch(schema: Schema, shape: Shape) -> Stretch | None:
    """Give what a list is a stretch of, if it is one and the database keeps plans."""
    if shape.filters or shape.sort_keys != keyset.DEFAULT_SORT:
        return None
    hidden = sa.select(sa.bindparam(PROJECT, type_=sa.String)).scalar_subquery()
    same = [c for c in _visible(schema, shape, hidden) if isinstance(c, sa.BinaryExpression)]
    if not (databases.keeps_plans(schema.dialect) and all(c.operator is eq for c in same)):
        return None
    if not same:
        return Stretch((), {}, (), ())
    columns, values = [c.left for c in same], [c.right for c in same]
    first = schema.table(shape.kind).c[keyset.DEFAULT_SORT[0]]
    return Stretch(
        tuple(t.cast("list[sa.Column[t.Any]]", columns)),
        {column.name: value for column, value in zip(columns, values, strict=True)},
        (sa.tuple_(*columns, first) >= sa.tuple_(*values, sa.literal_column("''")),),
        (sa.tuple_(*columns) <= sa.tuple_(*values),),
    )


def _variable(number: int) -> sa.ColumnElement[int]:
    return sa.literal(number, sa.Integer)


def _constant(number: int) -> sa.ColumnElement[int]:
    """Give a number that is known when the plan is made."""
    return sa.literal_column(str(number), sa.Integer)
