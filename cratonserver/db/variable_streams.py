# SPDX-License-Identifier: Apache-2.0
"""Build the conditions of a page that is filtered by variables.

A stream is a query that reads the rows which match, for one key or one place, in the order
of the list. The page is the beginning of all streams together, so its cost depends neither
on the number of rows in the fleet nor on the number of rows that match.

For example, the first 30 hosts with ``rack.row:7``, where one cell has such a variable, on
SQLite. A plus sign keeps a column out of the plan::

    SELECT devices.id, …
    FROM devices
    WHERE id IN (
        SELECT id FROM (
            SELECT devices.id
            FROM device_variable_keys AS k JOIN devices ON devices.id = k.owner_id
            WHERE k.key = :stream_id_0 AND k.name = :name0
                AND +project_id = :craton_project AND +kind = 'host' AND <nearest matches>
            ORDER BY k.created, k.owner_id LIMIT 30)
        UNION ALL
        SELECT id FROM (
            SELECT devices.id
            FROM devices
            WHERE cell_id = :stream_cell_id_0
                AND +project_id = :craton_project AND +kind = 'host' AND <nearest matches>
            ORDER BY created_at, id LIMIT 30))
    ORDER BY created_at, id LIMIT 30

``<nearest matches>`` tests the values themselves::

    CASE
        WHEN EXISTS (SELECT * FROM device_variables AS v
                     WHERE v.owner_id = devices.id AND v.name = :name0)
        THEN EXISTS (SELECT * FROM device_variables AS v
                     WHERE v.owner_id = devices.id AND v.name = :name0 AND <v.value matches>)
        WHEN EXISTS (SELECT * FROM cell_variables AS v
                     WHERE v.owner_id = devices.cell_id AND v.name = :name0)
        THEN devices.cell_id IN (:cell_id0)
        …
        ELSE false
    END

If devices have parents, the values of the nearest :data:`WALKED` ancestors are tested for
each row. For the few rows with more ancestors, the rows that inherit a value that matches
are one set, which a statement computes once.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import json_contains, page_query, trees
from cratonserver.db.aliases import Clause
from cratonserver.db.keyset import Order
from cratonserver.db.list_query import DEFAULT_SORT, Shape
from cratonserver.db.page_query import Marker
from cratonserver.db.tables import PROJECT, Tables

#: Up to this number of candidates, sorting all of them is faster than a scan of the list.
FEW = 5000
#: The number of ancestors of a row that are tested for each row.
WALKED = 16


def keys_parameter(place: str, number: int) -> str:
    """Return the name of the parameter for the keys that could match a condition.

    :param place: ``id`` for own values, ``parent_id`` for those of ancestors, or the field
        that refers to a place.
    :param number: number of the condition.
    """
    return f"keys_{place}{number}"


class Stream(t.NamedTuple):
    """Candidates for a list.

    :param place: ``id`` for owners of a key, ``parent_id`` for their descendants, or the
        field that refers to a place.
    :param at: number of the key or the place, for the name of the parameter; ``None`` for
        all keys or places, in no order.
    :param all: all rows with a parent are candidates.
    """

    place: str
    at: int | None = None
    all: bool = False

    @property
    def parameter(self) -> str:
        """The name of the parameter for the key or the place."""
        return f"stream_{self.place}_{self.at}"

    def candidates(self, tables: Tables, kind: Kind, driver: int) -> sa.Select[t.Any]:
        """Return the query for the ids of the candidates, in no order.

        :param driver: number of the condition that selects the candidates.
        """
        table, keys = tables.table(kind), tables.variable_keys(kind)
        if self.place in tables.ancestry(kind).containers:
            column = table.c[self.place]
            return sa.select(table.c.id).where(
                tables.dialect.in_parameter(column, f"{self.place}{driver}")
            )
        parameter = keys_parameter(self.place, driver)
        owners = sa.select(keys.c.owner_id).where(
            tables.dialect.in_parameter(keys.c.key, parameter)
        )
        if self.place == "id":
            return owners.where(keys.c.name == sa.bindparam(f"name{driver}"))
        return _heirs(tables, kind, owners.limit(page_query.literal(FEW + 1)), driver)


class Plan(t.NamedTuple):
    """The plan of a page. The statement depends on it and on the shape of the list only.

    :param conditions: number of conditions on variables.
    :param resolved: inherited values count if a row has no own value.
    :param nested: rows have parents.
    :param driver: number of the condition that selects the candidates.
    :param streams: the streams of the candidates, ``None`` for a scan of the list.
    """

    conditions: int
    resolved: bool
    nested: bool
    driver: int
    streams: tuple[Stream, ...] | None


def build(tables: Tables, shape: Shape, plan: Plan) -> page_query.Statements:
    """Build the statements for a page.

    :param shape: shape of the list.
    :param plan: plan of the page.
    """
    page, if_empty = page_query.build(tables, shape, Matching(tables, shape, plan))
    if plan.streams is not None:
        page = tables.dialect.by_index(page)
        if_empty = None if if_empty is None else tables.dialect.by_index(if_empty)
    return page_query.Statements(page, if_empty)


class Matching(page_query.Matching):
    """The rows of a list that match conditions on variables.

    :param tables: the tables.
    :param shape: shape of the list.
    :param plan: plan of the page.
    """

    def __init__(self, tables: Tables, shape: Shape, plan: Plan) -> None:
        conditions = page_query.conditions_of(tables, shape)
        for number in range(plan.conditions):
            conditions.append(_nearest_matches(tables, shape, plan, number))
        super().__init__(conditions, page_query.access(tables, shape).order)
        self.tables = tables
        self.shape = shape
        self.kind = shape.kind
        self.plan = plan
        self.table = tables.table(shape.kind)

    def first(
        self, order: Order, limit: int, marker: Marker | None, backwards: bool = False
    ) -> list[Clause]:
        """Return the condition that a row is one of the first rows of a stream."""
        if self.plan.streams is None:
            return super().first(order, limit, marker, backwards)
        branches = []
        for stream in self.plan.streams:
            rows, own_order = self._read(stream, order)
            if marker is not None:
                rows = rows.where(own_order.after(self._marker(marker), backwards))
            rows = rows.order_by(*own_order.clauses(backwards)).limit(page_query.literal(limit))
            branches.append(sa.select(rows.subquery().c.id))
        found = sa.union_all(*branches)
        return [self.tables.dialect.in_small_subquery(self.table.c.id, found)]

    def _marker(self, marker: Marker) -> Marker:
        """Return the values of a marker, also by the names of the columns of keys."""
        if self.shape.sort_keys != DEFAULT_SORT:
            return marker
        created = self.tables.dialect.microseconds(marker["created_at"])
        return {**marker, "created": created, "owner_id": marker["id"]}

    def _read(self, stream: Stream, order: Order) -> tuple[sa.Select[t.Any], Order]:
        """Return the query for the rows of a stream, and its order."""
        table = self.table
        hidden = map(self.tables.dialect.without_index, self.conditions)
        if stream.at is None and not stream.all:
            few = stream.candidates(self.tables, self.kind, self.plan.driver)
            ids = self.tables.dialect.in_small_subquery(table.c.id, sa.union_all(few))
            return sa.select(table.c.id).where(ids, *hidden).correlate(None), order
        if stream.all:
            nested = table.c.parent_id.is_not(None)
            return sa.select(table.c.id).where(nested, *self.conditions).correlate(None), order
        value: t.Any = sa.bindparam(stream.parameter)
        if stream.place != "id":
            inside = table.c[stream.place] == value
            return sa.select(table.c.id).where(inside, *hidden).correlate(None), order
        keys = self.tables.variable_keys(self.kind).alias()
        rows = (
            sa.select(table.c.id)
            .select_from(keys.join(table, table.c.id == keys.c.owner_id))
            .where(
                keys.c.key == value,
                keys.c.name == sa.bindparam(f"name{self.plan.driver}"),
                *hidden,
            )
            .correlate(None)
        )
        return rows, Order((keys.c.created, keys.c.owner_id), order.descending)


def inheriting(table: sa.Table, all_projects: bool) -> list[Clause]:
    """Return the conditions for rows that have parents, a range of an index.

    :param table: table of a kind whose rows have parents.
    :param all_projects: rows of all projects.
    """
    own: Clause = table.c.project_id == sa.bindparam(PROJECT)
    return [table.c.parent_id > sa.literal_column("0"), *([] if all_projects else [own])]


def value_matches(tables: Tables, kind: Kind, number: int) -> t.Any:
    """Return the condition that the value to which a key belongs matches.

    With a join, PostgreSQL may test values before it looks up their keys, and so values of
    other projects.

    :param kind: kind of the owners of the key.
    :param number: number of the condition.
    """
    keys, values = tables.variable_keys(kind), tables.variables(kind)
    same = (values.c.owner_id == keys.c.owner_id, values.c.name == keys.c.name)
    matches = json_contains.matches_condition(tables.dialect, values.c.value, number)
    return sa.select(matches).where(*same).correlate(keys).scalar_subquery()


def _nearest_matches(tables: Tables, shape: Shape, plan: Plan, number: int) -> Clause:
    """Return the condition that the nearest value of a variable matches."""
    kind, table = shape.kind, tables.table(shape.kind)
    own = _value_of(tables, kind, table.c.id, number)
    matches = own.where(
        json_contains.matches_condition(tables.dialect, tables.variables(kind).c.value, number)
    )
    if not plan.resolved:
        return t.cast("Clause", matches.correlate(table))
    cases: list[tuple[Clause, Clause]] = [(own.correlate(table), matches.correlate(table))]
    if plan.nested:
        cases += _ancestor_cases(tables, shape, number)
    for field, container in tables.ancestry(kind).containers.items():
        column = table.c[field]
        has = _value_of(tables, container, column, number).correlate(table)
        cases.append((has, tables.dialect.in_parameter(column, f"{field}{number}")))
    return sa.case(*cases, else_=sa.false())


def _value_of(tables: Tables, kind: Kind, owner: t.Any, number: int) -> t.Any:
    """Return the condition that an owner has a value of the variable of a condition."""
    values = tables.variables(kind)
    name: t.Any = sa.bindparam(f"name{number}")
    found: t.Any = sa.select(sa.literal_column("1")).where(
        values.c.owner_id == owner, values.c.name == name
    )
    # With an offset, PostgreSQL looks up each row that it reads. Without, it expects to read
    # more rows than the page has, and reads the values of all of them first.
    return found.offset(sa.literal_column("0")).exists()


def _ancestor_cases(
    tables: Tables, shape: Shape, number: int
) -> t.Iterator[tuple[Clause, Clause]]:
    """Yield the cases for the values of ancestors: for near ones, then for all."""
    kind, table = shape.kind, tables.table(shape.kind)
    values, keys = tables.variables(kind), tables.variable_keys(kind)
    above = tables.cached(_above, kind)
    name: t.Any = sa.bindparam(f"name{number}")
    nearest = (
        sa.select(values.c.value)
        .join(above, above.c.id == values.c.owner_id)
        .where(values.c.name == name)
        .order_by(above.c.distance)
        .limit(1)
        .correlate(table)
    )
    value = sa.case((table.c.parent_id.is_not(None), nearest.scalar_subquery()))
    yield value.is_not(None), json_contains.matches_condition(tables.dialect, value, number)
    further = (
        sa.exists()
        .where(above.c.distance == WALKED, above.c.parent_id.is_not(None))
        .correlate(table)
    )
    # Only rows with a parent have heirs, and few rows are parents.
    parents = sa.select(table.c.parent_id).where(*inheriting(table, shape.all_projects))
    having = sa.select(values.c.owner_id).where(
        values.c.name == name, values.c.owner_id.in_(parents.correlate(None))
    )
    matching = sa.select(keys.c.owner_id).where(
        tables.dialect.in_parameter(keys.c.key, keys_parameter("parent_id", number)),
        keys.c.name == name,
        keys.c.owner_id.in_(parents.correlate(None)),
        value_matches(tables, kind, number),
    )
    inherits, matches = (
        tables.dialect.in_small_subquery(
            table.c.id, sa.union_all(_heirs(tables, kind, owners.correlate(None), number))
        )
        for owners in (having, matching)
    )
    deep = sa.and_(table.c.parent_id.is_not(None), further)
    yield sa.case((deep, inherits), else_=sa.false()), matches


def _heirs(
    tables: Tables, kind: Kind, owners: sa.Select[t.Any], number: int
) -> sa.Select[t.Any]:
    """Return the query for the rows that inherit the variable of a condition from owners."""
    return trees.heirs(
        tables.table(kind),
        tables.table(kind).alias(),
        owners,
        lambda rows: _value_of(tables, kind, rows.c.id, number).correlate(rows),
    )


def _above(tables: Tables, kind: Kind) -> sa.CTE:
    return trees.correlated_ancestors(tables.table(kind), WALKED)
