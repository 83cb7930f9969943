# SPDX-License-Identifier: Apache-2.0
"""Find what later changes did to the objects of a change, before and after it is undone.

Later changes that come to nothing do not count: a note that was changed and changed back, a
host that was deleted and brought back. So the first value before each field, variable and
label after the change is compared with the last one.

The objects are looked up some hundred at a time, because PostgreSQL has no statistics of new
rows and would compare each object of a change with each row of the log. Values of variables do
not leave the database. For example, the hosts whose variables or labels differ, on PostgreSQL::

    SELECT DISTINCT bounds.owner FROM (
        SELECT part.owner, min(part.seq) AS first_seq, max(part.seq) AS last_seq
        FROM unnest(:change_ids, :owners) AS given(change_id, owner)
        JOIN change_rows AS part ON part.change_id = given.change_id
            AND part.owner = given.owner AND part.source IN ('device_variables', …)
        GROUP BY part.owner, part.source, part.member) AS bounds
    JOIN change_rows AS first_one ON first_one.seq = bounds.first_seq
    JOIN change_rows AS last_one ON last_one.seq = bounds.last_seq
    WHERE first_one.before IS DISTINCT FROM last_one.after
"""

from __future__ import annotations

import itertools
import json
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables

#: The number of objects that are looked up at once.
_AT_ONCE = 500
#: A row of the log of an object: owner, id of the change, before and after.
_Logged = t.Sequence[t.Any]


def changed_since(
    connection: sa.Connection, tables: Tables, change_id: int
) -> list[tuple[Kind, str]]:
    """Return the objects of a change that are not what they were right after it.

    :returns: the kind and the id of each.
    """
    found: list[tuple[Kind, str]] = []
    for kind in tables.kinds:
        owners = tables.prepared(_owners).scalars(
            connection, {"change_id": change_id, "source": kind.key}
        )
        for begin in range(0, len(owners), _AT_ONCE):
            some = {"owners": [*owners[begin : begin + _AT_ONCE]], "source": kind.key}
            logged = tables.prepared(_later).rows(connection, {**some, "change_id": change_id})
            changed = {*_changed(connection, tables, kind, logged)}
            found += [(kind, owner) for owner in some["owners"] if owner in changed]
    return found


def deleted_with_others(
    connection: sa.Connection, tables: Tables, new_id: int, change_id: int
) -> list[tuple[Kind, str]]:
    """Return the objects that undoing a change deleted, and that the change did not create.

    :param new_id: id of the change that undoes it.
    :returns: the kind and the id of each.
    """
    rows = tables.log.rows.c
    objects = sa.select(rows.source, rows.owner).where(rows.member.is_(None))
    deleted = objects.where(rows.change_id == new_id, rows.after.is_(None))
    # Set operations need no statistics, unlike NOT EXISTS.
    created = objects.where(rows.change_id == change_id, rows.before.is_(None))
    query = deleted.except_(created)
    kinds = {kind.key: kind for kind in tables.kinds}
    order = [*kinds]
    found = sorted(
        ((source, owner) for source, owner in connection.execute(query)),
        key=lambda one: (order.index(one[0]), len(one[1]), one[1]),
    )
    return [(kinds[source], owner) for source, owner in found]


def missing(
    connection: sa.Connection, tables: Tables, change_id: int, limit: int | None = None
) -> list[tuple[Kind, str]]:
    """Return the objects that a change updated and that do not exist any more.

    :param limit: maximum number of objects.
    :returns: the kind and the id of each.
    """
    rows, found = tables.log.rows.c, []
    for kind in tables.kinds:
        table = tables.table(kind)
        query = (
            sa.select(rows.owner)
            .outerjoin_from(
                tables.log.rows, table, table.c.id == sa.cast(rows.owner, table.c.id.type)
            )
            .where(rows.change_id == change_id, rows.source == kind.key, rows.member.is_(None))
            .where(rows.before.is_not(None), rows.after.is_not(None), table.c.id.is_(None))
            .group_by(rows.owner)
            .order_by(sa.func.length(rows.owner), rows.owner)
            .limit(limit)
        )
        found += [(kind, owner) for owner in connection.scalars(query)]
    return found[:limit]


def _owners(tables: Tables) -> sa.Select[t.Any]:
    """Return the query for the ids of the objects of a kind in a change, shorter ones first."""
    rows = tables.log.rows.c
    return (
        sa.select(rows.owner)
        .where(rows.change_id == sa.bindparam("change_id"))
        .where(rows.source == sa.bindparam("source"), rows.member.is_(None))
        .group_by(rows.owner)
        .order_by(sa.func.length(rows.owner), rows.owner)
    )


def _later(tables: Tables) -> sa.Select[t.Any]:
    """Return the query for later rows of objects, in their order for each object."""
    rows = tables.log.rows.c
    return (
        sa.select(rows.owner, rows.change_id, rows.before, rows.after)
        .where(rows.source == sa.bindparam("source"))
        .where(tables.dialect.in_parameter(rows.owner, "owners"), rows.member.is_(None))
        .where(rows.change_id > sa.bindparam("change_id"))
        .order_by(rows.owner, rows.seq)
    )


def _changed(
    connection: sa.Connection, tables: Tables, kind: Kind, logged: t.Iterable[_Logged]
) -> t.Iterator[str]:
    """Generate the ids of the objects of a kind that later changes changed.

    :param logged: later rows of the objects.
    """
    others: dict[tuple[int, str], None] = {}  # changes of objects with the same fields
    for owner, group in itertools.groupby(logged, lambda row: row[0]):
        rows = [*group]
        if _differs([(before, after) for *_, before, after in rows]):
            yield owner
        else:
            others.update(((change_id, owner), None) for _, change_id, *_ in rows)
    if others and tables.logged_parts(kind):
        given = [{"change_id": change_id, "owner": owner} for change_id, owner in others]
        values = tables.dialect.row_parameters(_given(tables), given)
        yield from tables.prepared(_with_other_parts, kind).scalars(connection, values)


def _differs(logged: t.Sequence[tuple[str | None, str | None]]) -> bool:
    """Return True if the fields of an object before some rows of the log differ from after."""
    (first, gone), (back, last) = logged[0], logged[-1]
    if first is None or last is None:
        return first is not last
    if gone is None and back is None:  # both are complete
        return first != last
    origin: Row = {}
    now: Row = {}
    for before, after in logged:
        old, new = json.loads(before or "{}"), json.loads(after or "{}")
        if before is None:
            now = new
            continue
        names = {*old, *new}
        origin = {**{name: old.get(name) for name in names}, **origin}
        now.update((name, new.get(name)) for name in names)
    return any(origin.get(name) != now.get(name) for name in {*origin, *now})


def _given(tables: Tables) -> list[sa.Column[t.Any]]:
    """Return the columns of the parameter of :func:`_with_other_parts`."""
    rows = tables.log.rows.c
    return [rows.change_id, rows.owner]


def _with_other_parts(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    """Return the query for the ids of objects that have other variables, labels or quotas."""
    log = tables.log.rows
    part, first, last = (log.alias(name).c for name in ("part", "first_one", "last_one"))
    given = tables.dialect.given_rows(_given(tables)).subquery("given")
    change_id, owner = given.c
    names = [table.name for table in tables.logged_parts(kind).values()]
    seqs = sa.func.min(part.seq).label("first_seq"), sa.func.max(part.seq).label("last_seq")
    bounds = (
        sa.select(part.owner, *seqs)
        .where(part.change_id == change_id, part.owner == owner)
        .where(sa.or_(*(part.source == sa.literal(name) for name in names)))
        .group_by(part.owner, part.source, part.member)
        .subquery("bounds")
    ).c
    return (
        sa.select(bounds.owner)
        .where(first.seq == bounds.first_seq, last.seq == bounds.last_seq)
        .where(first.before.is_distinct_from(last.after))
        .distinct()
    )
