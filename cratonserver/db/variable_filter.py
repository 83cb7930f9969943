# SPDX-License-Identifier: Apache-2.0
"""Filter rows by their variables, own or inherited, in SQL.

The nearest value of a variable counts, as in :func:`cratonserver.db.variables.resolve`.
Each value is tested once, not once for each row that inherits it.

For example, hosts with ``rack:"r1"`` where only hosts and regions have such a variable,
on SQLite::

    WHERE …
        AND devices.id IN (                              -- if there are few candidates
            SELECT owner_id FROM device_variables
            WHERE name = 'rack' AND <index> AND <matches>
            UNION ALL
            SELECT id FROM devices WHERE region_id IN (
                SELECT owner_id FROM region_variables
                WHERE name = 'rack' AND <index> AND <matches>))
        AND CASE WHEN … AND CASE
                WHEN EXISTS (SELECT * FROM device_variables
                             WHERE owner_id = devices.id AND name = 'rack')
                THEN EXISTS (SELECT * FROM device_variables
                             WHERE owner_id = devices.id AND name = 'rack' AND <matches>)
                ELSE region_id IN (SELECT owner_id FROM region_variables
                                   WHERE name = 'rack' AND <index> AND <matches>)
            END THEN true ELSE false END

PostgreSQL gets ``devices.id = ANY (ARRAY(…))`` for the first condition. ``<index>`` and
``<matches>`` are in :mod:`cratonserver.db.json_contains`.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import json_contains, trees
from cratonserver.db.aliases import Clause
from cratonserver.db.list_query import Condition
from cratonserver.db.tables import Tables

#: Up to this number of candidates, testing all of them is faster than scanning the list
#: until a page is full.
FEW = 5000
#: The number of own values that are tested to estimate the number of candidates. If more
#: than one in :data:`RARE` values matches, scanning the list fills a page soon.
SAMPLE, RARE = 1000, 200

Query = sa.Select[tuple[t.Any]]


class Level(t.NamedTuple):
    """A condition applied to the values from one place: the row itself, its cell, ….

    :param has: the condition that a row has a value from this place.
    :param matches: the condition that this value matches.
    :param candidates: the query for the ids of all rows that could match by this value.
    :param sample: the same query, for at most :data:`SAMPLE` own values.
    :param size: number of values that the sample tests, up to :data:`SAMPLE`.
    """

    has: Clause
    matches: Clause
    candidates: Query
    sample: Query
    size: sa.ColumnElement[int]


def narrow(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    wanted: t.Sequence[Condition],
    resolved: bool,
    others: t.Sequence[Clause],
) -> list[Clause]:
    """Add conditions on variables to the conditions of a list, at the cost of two queries.

    :param wanted: conditions on variables.
    :param resolved: inherited values count if a row has no own value.
    :param others: other conditions of the list.
    :returns: all conditions. They make the database begin with the candidates if there
        are few of them, else with the order of the list.
    """
    places = _places(kind) if resolved else _places(kind)[:1]
    names = {f"name{number}": condition.name for number, condition in enumerate(wanted)}
    found = iter(
        connection.execute(tables.cached(_presence_query, kind, len(wanted)), names).one()
    )
    present = [{place for place in _places(kind) if next(found)} for _ in wanted]
    levels = [
        [_level(tables, kind, place, condition) for place in places if place in there]
        for condition, there in zip(wanted, present, strict=True)
    ]
    if not all(levels):
        return [sa.false()]
    exact = [*others, *map(_exact, levels)]
    estimates = _estimates(connection, levels)
    fewest = min(range(len(estimates)), key=lambda number: estimates[number].candidates)
    if estimates[fewest].candidates > FEW:
        return exact
    if not estimates[fewest].candidates and estimates[fewest].sampled < SAMPLE:
        return [sa.false()]  # the sample contained all values, and none matches
    # CASE keeps the planner from evaluating one of the exact conditions first.
    candidates = sa.union_all(*(level.candidates for level in levels[fewest]))
    return [
        tables.dialect.in_small_subquery(tables.table(kind).c.id, candidates),
        sa.case((sa.and_(*exact), sa.true()), else_=sa.false()),
    ]


def _places(kind: Kind) -> list[str]:
    """Return the fields that refer to places with values, the nearest first.

    ``id`` stands for the row itself, ``parent_id`` for its ancestors in the same table.
    """
    return ["id", *kind.ancestry]


def _presence_query(tables: Tables, kind: Kind, number: int) -> sa.Select[t.Any]:
    """Build the query for the places that have any value for some names.

    For example, for one name and two places::

        SELECT EXISTS (SELECT * FROM device_variables WHERE name = :name0),
            EXISTS (SELECT * FROM region_variables WHERE name = :name0)

    :param number: number of names.
    """
    nested, containers = tables.ancestry(kind)
    table = tables.table(kind)
    # Ids are positive. For IS NOT NULL, SQLite would read the whole index.
    nests = sa.exists().where(table.c.parent_id > 0) if nested else sa.false()
    columns: list[Clause] = []
    for name in (f"name{n}" for n in range(number)):
        for place in _places(kind):
            values = tables.variables(containers.get(place, kind))
            there = sa.exists().where(values.c.name == sa.bindparam(name))
            elsewhere = place == "id" or place in containers
            columns.append(there if elsewhere else sa.and_(there, nests))
    return sa.select(*t.cast("list[t.Any]", columns))


class Estimate(t.NamedTuple):
    """The estimated number of candidates of a condition.

    :param candidates: number of candidates, more than :data:`FEW` for any larger number.
    :param sampled: number of own values that were tested.
    """

    candidates: int
    sampled: int


def _estimates(
    connection: sa.Connection, levels: t.Sequence[t.Sequence[Level]]
) -> list[Estimate]:
    """Estimate the number of candidates of each condition, with one query.

    :param levels: levels of each condition, the nearest first.
    """
    columns = [column for each in levels for column in (_count(each), each[0].size)]
    row = connection.execute(sa.select(*columns)).one()
    return [
        Estimate(FEW + 1 if size == SAMPLE and count * RARE > size else count, size)
        for count, size in zip(row[::2], row[1::2], strict=True)
    ]


def _count(levels: t.Sequence[Level]) -> sa.ScalarSelect[int]:
    """Return the number of candidates, counted up to :data:`FEW` + 1."""
    some = sa.union_all(*(level.sample for level in levels)).limit(FEW + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _exact(levels: t.Sequence[Level]) -> Clause:
    """Return the condition that the nearest value matches."""
    *nearer, furthest = levels
    if not nearer:
        return furthest.matches
    return sa.case(*((level.has, level.matches) for level in nearer), else_=furthest.matches)


def _level(tables: Tables, kind: Kind, place: str, condition: Condition) -> Level:
    """Apply a condition to the values from one place."""
    containers = tables.ancestry(kind).containers
    if place in containers:
        return _container_level(tables, kind, containers[place], place, condition)
    if place == "id":
        return _own_level(tables, kind, condition)
    return _ancestor_level(tables, kind, condition)


def _container_level(
    tables: Tables, kind: Kind, container: Kind, field: str, condition: Condition
) -> Level:
    table, values = tables.table(kind), tables.variables(container)
    column = table.c[field]
    having = sa.select(values.c.owner_id).where(values.c.name == condition.name)
    owners = _owners(values, condition)
    inside = sa.select(table.c.id).where(column.in_(owners)).correlate(None)
    return Level(column.in_(having), column.in_(owners), inside, inside, sa.literal(0))


def _own_level(tables: Tables, kind: Kind, condition: Condition) -> Level:
    table, values = tables.table(kind), tables.variables(kind)
    has = sa.exists().where(values.c.owner_id == table.c.id, values.c.name == condition.name)
    has = has.correlate(table)
    matches = has.where(json_contains.matches_condition(values.c.value, condition))
    tested = _named(values, condition).limit(SAMPLE).subquery()
    size = sa.select(sa.func.count()).select_from(tested).scalar_subquery()
    owners, some = _owners(values, condition), _owners(values, condition, SAMPLE)
    return Level(has, matches, owners, some, size)


def _ancestor_level(tables: Tables, kind: Kind, condition: Condition) -> Level:
    table, values = tables.table(kind), tables.variables(kind)
    value = _value_above(tables, kind, condition.name)
    further = tables.cached(_alias, table)
    owners, some = _owners(values, condition), _owners(values, condition, SAMPLE)
    return Level(
        value.is_not(None),
        json_contains.matches_condition(value, condition),
        trees.descendants_of(table, further, owners),
        trees.descendants_of(table, further, some),
        sa.literal(0),
    )


def _owners(values: sa.Table, condition: Condition, limit: int | None = None) -> Query:
    """Return the query for the owners of values that match.

    :param limit: maximum number of values to test.
    """
    named = _named(values, condition)
    if limit is None:
        matches = json_contains.matches_condition(values.c.value, condition)
        return named.with_only_columns(values.c.owner_id).where(matches).correlate(None)
    some = named.limit(limit).subquery()
    return sa.select(some.c.owner_id).where(
        json_contains.matches_condition(some.c.value, condition)
    )


def _named(values: sa.Table, condition: Condition) -> sa.Select[t.Any]:
    """Return the query for the values that could match, as far as the index knows."""
    starts = json_contains.index_conditions(values.c.value, condition)
    return sa.select(values.c.owner_id, values.c.value).where(
        values.c.name == condition.name, *starts
    )


def _value_above(tables: Tables, kind: Kind, name: str) -> sa.ColumnElement[t.Any]:
    """Return the value of the nearest ancestor that has a value."""
    table, values = tables.table(kind), tables.variables(kind)
    above = tables.cached(_above, table)
    nearest = (
        sa.select(values.c.value)
        .join(above, above.c.id == values.c.owner_id)
        .where(values.c.name == name)
        .order_by(above.c.distance)
        .limit(1)
        .correlate(table)
    )
    return sa.case((table.c.parent_id.is_not(None), nearest.scalar_subquery()))


def _above(_tables: Tables, table: sa.Table) -> sa.CTE:
    return trees.correlated_ancestors(table)


def _alias(_tables: Tables, table: sa.Table) -> t.Any:
    return table.alias()
