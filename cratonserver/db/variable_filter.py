# SPDX-License-Identifier: Apache-2.0
"""The rows whose variables match, their own or inherited ones, as SQL.

What counts for a row is the nearest value, in the same order as in
:func:`cratonserver.db.variables.resolve` (wire document, section 9.2). Whether a value
matches is asked once for each value, not for each row that inherits it.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from cratonserver.api.vars_parameter import Condition
from cratonserver.db import json_contains, trees, variables
from cratonserver.db.tables import Kind, Schema

#: Up to so many rows, it is faster to look at all that could match than to walk
#: along the list until a page is full.
FEW = 5000
#: So many values of the rows themselves are looked at to find out. If one of
#: :data:`RARE` of them matches, a page is soon full.
SAMPLE, RARE = 1000, 200

Query = sa.Select[tuple[t.Any]]
Clause = sa.ColumnElement[bool]


class Level(t.NamedTuple):
    """What a condition asks of the values from one place: the row itself, its cell...

    :param has: the condition that a row has a value from there.
    :param matches: the condition that this value matches.
    :param candidates: the query for the ids of all rows that could match by it.
    :param sample: the same where there are few values, else a part of it.
    :param size: how many values were looked at for that, up to :data:`SAMPLE`.
    """

    has: Clause
    matches: Clause
    candidates: Query
    sample: Query
    size: sa.ColumnElement[int]


def narrow(
    connection: sa.Connection,
    schema: Schema,
    kind: Kind,
    wanted: t.Sequence[Condition],
    resolved: bool,
    others: t.Sequence[Clause],
) -> list[Clause]:
    """Add to the conditions of a list that variables match, at the cost of two queries.

    :param resolved: whether inherited values count where a row has none itself.
    :param others: the other conditions.
    :returns: all conditions, such that the database begins with the rows that could
        match if these are few, and with the order of the list otherwise.
    """
    places = _places(schema, kind) if resolved else _places(schema, kind)[:1]
    names = {f"name{number}": condition.name for number, condition in enumerate(wanted)}
    found = iter(connection.execute(schema.once(_presence, kind, len(wanted)), names).one())
    present = [{place for place in _places(schema, kind) if next(found)} for _ in wanted]
    levels = [
        [_level(schema, kind, place, condition) for place in places if place in there]
        for condition, there in zip(wanted, present, strict=True)
    ]
    if not all(levels):
        return [sa.false()]
    exact = [*others, *map(_exact, levels)]
    columns = [column for each in levels for column in (_count(each), each[0].size)]
    counted = connection.execute(sa.select(*columns)).one()
    numbers = [
        FEW + 1 if size == SAMPLE and count * RARE > size else count
        for count, size in zip(counted[::2], counted[1::2], strict=True)
    ]
    fewest = min(range(len(numbers)), key=lambda number: numbers[number])
    if numbers[fewest] > FEW:
        return exact
    if not numbers[fewest] and counted[2 * fewest + 1] < SAMPLE:
        return [sa.false()]
    # Within CASE the others are no invitation to use an index.
    candidates = sa.union_all(*(level.candidates for level in levels[fewest]))
    return [
        _among(connection, schema.table(kind).c.id, candidates),
        sa.case((sa.and_(*exact), sa.true()), else_=sa.false()),
    ]


def _among(
    connection: sa.Connection, column: sa.Column[t.Any], ids: sa.CompoundSelect[t.Any]
) -> Clause:
    """Give the condition that a column is among some ids, which are few."""
    if connection.dialect.name != "postgresql":
        return column.in_(ids)
    # It would rather read the whole table than join it with them.
    array = sa.func.array(ids.scalar_subquery(), type_=postgresql.ARRAY(column.type))
    return column == sa.any_(array)


def _places(schema: Schema, kind: Kind) -> list[str]:
    """Give the fields that lead to where a value can be, the nearest first.

    The row itself is ``id``; what is above it in the same table is ``parent_id``.
    """
    return ["id", *kind.resource_class.inherits]


def _presence(schema: Schema, kind: Kind, number: int) -> sa.Select[t.Any]:
    """Make the query that tells where there are any values of some names."""
    nested, containers = schema.once(variables.inheritance, kind)
    table = schema.table(kind)
    # Ids are positive. For IS NOT NULL, SQLite would read the whole index.
    nests = sa.exists().where(table.c.parent_id > 0) if nested else sa.false()
    columns: list[Clause] = []
    for name in (f"name{n}" for n in range(number)):
        for place in _places(schema, kind):
            values = schema.variables(containers.get(place, kind))
            there = sa.exists().where(values.c.name == sa.bindparam(name))
            inner = place == "id" or place in containers
            columns.append(there if inner else sa.and_(there, nests))
    return sa.select(*t.cast("list[t.Any]", columns))


def _count(levels: t.Sequence[Level]) -> sa.ScalarSelect[int]:
    """Count the rows that could match, as far as it matters."""
    some = sa.union_all(*(level.sample for level in levels)).limit(FEW + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _exact(levels: t.Sequence[Level]) -> Clause:
    """Give the condition that the nearest value matches."""
    *nearer, furthest = levels
    if not nearer:
        return furthest.matches
    return sa.case(*((lv.has, lv.matches) for lv in nearer), else_=furthest.matches)


def _level(schema: Schema, kind: Kind, place: str, condition: Condition) -> Level:
    """Say what a condition asks of the values from one place."""
    table, values, name = schema.table(kind), schema.variables(kind), condition.name
    _, containers = schema.once(variables.inheritance, kind)
    if place in containers:
        values, column = schema.variables(containers[place]), table.c[place]
        having = sa.select(values.c.owner_id).where(values.c.name == name)
        owners = _owners(values, condition)
        inside = sa.select(table.c.id).where(column.in_(owners)).correlate(None)
        return Level(column.in_(having), column.in_(owners), inside, inside, sa.literal(0))
    owners, some = _owners(values, condition), _owners(values, condition, SAMPLE)
    if place == "id":
        own = sa.exists().where(values.c.owner_id == table.c.id, values.c.name == name)
        own = own.correlate(table)
        matches = own.where(json_contains.condition(values.c.value, condition))
        looked = _named(values, condition).limit(SAMPLE).subquery()
        size = sa.select(sa.func.count()).select_from(looked).scalar_subquery()
        return Level(own, matches, owners, some, size)
    value = _value_above(schema, kind, name)
    further = schema.once(_alias, table)
    return Level(
        value.is_not(None),
        json_contains.condition(value, condition),
        trees.below(table, further, owners),
        trees.below(table, further, some),
        sa.literal(0),
    )


def _owners(values: sa.Table, condition: Condition, limit: int | None = None) -> Query:
    """Give the query for the owners of values that match.

    :param limit: of how many values to look at.
    """
    named = _named(values, condition)
    if limit is None:
        matches = json_contains.condition(values.c.value, condition)
        return named.with_only_columns(values.c.owner_id).where(matches).correlate(None)
    some = named.limit(limit).subquery()
    return sa.select(some.c.owner_id).where(json_contains.condition(some.c.value, condition))


def _named(values: sa.Table, condition: Condition) -> sa.Select[t.Any]:
    """Give the query for the values that the index knows could match."""
    begins = json_contains.begins(values.c.value, condition)
    return sa.select(values.c.owner_id, values.c.value).where(
        values.c.name == condition.name, *begins
    )


def _value_above(schema: Schema, kind: Kind, name: str) -> sa.ColumnElement[t.Any]:
    """Give the value of the nearest of the rows that a row is below."""
    table, values = schema.table(kind), schema.variables(kind)
    above = schema.once(_above, table)
    nearest = (
        sa.select(values.c.value)
        .join(above, above.c.id == values.c.owner_id)
        .where(values.c.name == name)
        .order_by(above.c.distance)
        .limit(1)
        .correlate(table)
    )
    return sa.case((table.c.parent_id.is_not(None), nearest.scalar_subquery()))


def _above(_schema: Schema, table: sa.Table) -> sa.CTE:
    return trees.above(table)


def _alias(_schema: Schema, table: sa.Table) -> t.Any:
    return table.alias()
