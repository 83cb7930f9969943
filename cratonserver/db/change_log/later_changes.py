# SPDX-License-Identifier: Apache-2.0
"""Find what later changes did to the objects of a change, before and after it is undone.

Later changes that come to nothing do not count: a note that was changed and changed back, a
host that was deleted and brought back. So the first value before each field, variable and
label after the change is compared with the last one.

Texts of variables do not leave the database. For example, the hosts whose variables or labels
are not what they were right after change 7::

    SELECT DISTINCT bounds.source, bounds.owner FROM (
        SELECT later.source, later.owner, min(part.seq) AS first, max(part.seq) AS last
        FROM (SELECT DISTINCT source, owner, change_id FROM … WHERE change_id > 7) AS later
        JOIN change_rows AS part ON part.change_id = later.change_id
            AND part.owner = later.owner AND part.source IN ('device_variables', …)
        GROUP BY later.source, later.owner, part.source, part.member) AS bounds
    JOIN change_rows AS first ON first.seq = bounds.first
    JOIN change_rows AS last ON last.seq = bounds.last
    WHERE first.before IS DISTINCT FROM last.after
"""

from __future__ import annotations

import itertools
import json
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables

#: A row of the log of an object: source, owner, before and after.
_Logged = t.Sequence[t.Any]


def changed_since(
    connection: sa.Connection, tables: Tables, change_id: int
) -> list[tuple[Kind, str]]:
    """Return the objects of a change that are not what they were right after it.

    :returns: the kind and the id of each.
    """
    later = _later(tables, change_id)
    found = {*_with_other_fields(connection, tables, later)}
    for root in dict.fromkeys(map(tables.root, tables.kinds)):
        if tables.logged_parts(root):
            query = _with_other_parts(tables, later, root)
            found.update((source, owner) for source, owner in connection.execute(query))
    return _named(tables, found)


def deleted_with_others(
    connection: sa.Connection, tables: Tables, new_id: int, change_id: int
) -> list[tuple[Kind, str]]:
    """Return the objects that undoing a change deleted and that the change did not create.

    :param new_id: id of the change that undoes it.
    :returns: the kind and the id of each.
    """
    rows, known = tables.log.rows, tables.log.rows.alias("known")
    of_change = sa.exists().where(
        known.c.change_id == change_id,
        known.c.source == rows.c.source,
        known.c.owner == rows.c.owner,
    )
    query = (
        sa.select(rows.c.source, rows.c.owner)
        .where(rows.c.change_id == new_id, rows.c.member.is_(None), rows.c.after.is_(None))
        .where(~of_change)
        .distinct()
    )
    return _named(tables, {(source, owner) for source, owner in connection.execute(query)})


def _later(tables: Tables, change_id: int) -> sa.Subquery:
    """Return the query for the later changes of the objects of a change."""
    rows, later = tables.log.rows.c, tables.log.rows.alias().c
    objects = (
        sa.select(rows.source, rows.owner)
        .where(rows.change_id == change_id, rows.member.is_(None))
        .distinct()
        .subquery()
    ).c
    return (
        sa.select(later.source, later.owner, later.change_id)
        .where(later.source == objects.source, later.owner == objects.owner)
        .where(later.member.is_(None), later.change_id > change_id)
        .distinct()
        .subquery("later")
    )


def _with_other_fields(
    connection: sa.Connection, tables: Tables, later: sa.Subquery
) -> t.Iterator[tuple[str, str]]:
    """Generate source and owner of the objects that have other fields, or appeared or went."""
    rows = tables.log.rows.c
    same = [rows[name] == later.c[name] for name in ("source", "owner", "change_id")]
    something = sa.or_(
        rows.before.is_(None), rows.after.is_(None), rows.before != "{}", rows.after != "{}"
    )
    query = (
        sa.select(rows.source, rows.owner, rows.before, rows.after)
        .where(*same, rows.member.is_(None), something)
        .order_by(rows.source, rows.owner, rows.seq)
    )
    found = connection.execute(query)
    for key, logged in itertools.groupby(found, lambda row: (row.source, row.owner)):
        if _differs([*logged]):
            yield key


def _differs(logged: t.Sequence[_Logged]) -> bool:
    """Return True if the fields of an object before some rows of the log differ from after."""
    (*_, first, gone), (*_, back, last) = logged[0], logged[-1]
    if first is None or last is None:
        return first is not last
    if gone is None and back is None:  # both are complete
        return bool(first != last)
    origin: Row = {}
    now: Row = {}
    for *_, before, after in logged:
        old, new = json.loads(before or "{}"), json.loads(after or "{}")
        if before is None:
            now = new
            continue
        names = {*old, *new}
        origin = {**{name: old.get(name) for name in names}, **origin}
        now.update((name, new.get(name)) for name in names)
    return any(origin.get(name) != now.get(name) for name in {*origin, *now})


def _with_other_parts(tables: Tables, later: sa.Subquery, root: Kind) -> sa.Select[t.Any]:
    """Return the query for the objects that have other variables, labels or quotas."""
    log = tables.log.rows
    part, first, last = (log.alias(name).c for name in ("part", "first_one", "last_one"))
    bounds = (
        sa.select(
            later.c.source,
            later.c.owner,
            sa.func.min(part.seq).label("first_seq"),
            sa.func.max(part.seq).label("last_seq"),
        )
        .where(later.c.source.in_([kind.key for kind in tables.family(root)]))
        .where(part.change_id == later.c.change_id, part.owner == later.c.owner)
        .where(part.source.in_([table.name for table in tables.logged_parts(root).values()]))
        .group_by(later.c.source, later.c.owner, part.source, part.member)
        .subquery()
    ).c
    return (
        sa.select(bounds.source, bounds.owner)
        .where(first.seq == bounds.first_seq, last.seq == bounds.last_seq)
        .where(first.before.is_distinct_from(last.after))
        .distinct()
    )


def _named(tables: Tables, found: t.Collection[tuple[str, str]]) -> list[tuple[Kind, str]]:
    """Return kind and id of objects, the kinds in their order and the ids by their length."""
    kinds = {kind.key: kind for kind in tables.kinds}
    order = [*kinds]
    ordered = sorted(found, key=lambda one: (order.index(one[0]), len(one[1]), one[1]))
    return [(kinds[source], owner) for source, owner in ordered]
