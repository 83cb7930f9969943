# SPDX-License-Identifier: Apache-2.0
"""Read pages of the changes of a project.

For example, a page of the changes, the newest first::

    SELECT changes.id, … FROM changes
    WHERE project_id = :project_id AND revision < :marker
    ORDER BY revision DESC LIMIT 30

The changes of host 12 are read from the index of objects. Their ids are in the order of their
revisions, because a change gets both while it alone writes to the log of the project::

    SELECT changes.id, … FROM change_rows JOIN changes ON changes.id = change_rows.change_id
    WHERE source = 'host' AND owner = '12' AND member IS NULL
        AND change_id < (SELECT id FROM changes WHERE project_id = … AND revision = :marker)
        AND NOT EXISTS (SELECT 1 FROM change_rows AS later WHERE … AND later.seq > seq)
    ORDER BY change_id DESC LIMIT 30

Those of several objects with the same name are found first, because a planner could read the
whole history to sort them::

    WITH found AS MATERIALIZED (SELECT DISTINCT change_id FROM change_rows
        WHERE source = 'host' AND owner = ANY(:owners) AND member IS NULL AND change_id < …)
    SELECT changes.id, … FROM found JOIN changes ON changes.id = found.change_id
    ORDER BY found.change_id DESC LIMIT 30
"""

from __future__ import annotations

import dataclasses
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import page_query
from cratonserver.db.aliases import Clause, Row
from cratonserver.db.change_log import names
from cratonserver.db.dialect import PREPARE
from cratonserver.db.tables import Tables

#: The name of the parameter for the ids of changes.
_IDS = "craton_ids"


@dataclasses.dataclass(frozen=True)
class Query:
    """A query for a page of the changes of a project.

    :param project_id: id of the project.
    :param limit: number of changes.
    :param descending: the newest first.
    :param marker: revision of the change that comes before the page.
    :param kind: kind of a changed object.
    :param item_id: id of a changed object of that kind.
    :param name: name that changed objects of that kind have or had.
    :param username: name of the user.
    :param since: time of the oldest change.
    :param until: time of the newest change.
    :param reason: part of the reason.
    :param hidden: keys of the kinds that the user may not see.
    """

    project_id: str
    limit: int
    descending: bool = True
    marker: int | None = None
    kind: Kind | None = None
    item_id: int | str | None = None
    name: str | None = None
    username: str | None = None
    since: str | None = None
    until: str | None = None
    reason: str | None = None
    hidden: tuple[str, ...] = ()


class _Shape(t.NamedTuple):
    """The parts of a query that change its SQL. All values are parameters.

    :param given: names of the values that are given.
    :param sources: keys of the kinds of the changed object.
    """

    limit: int
    descending: bool
    given: frozenset[str]
    sources: tuple[str, ...]
    hidden: tuple[str, ...]


def page(connection: sa.Connection, tables: Tables, query: Query) -> list[Row]:
    """Return a page of changes, each with the number of objects that it changed by kind.

    :raises cratonserver.errors.Refused: with status 400, if too many objects have the name.
    """
    values = _values(query)
    if query.kind is not None and query.name is not None:
        where = query.kind, query.name, query.project_id
        owners = names.owners(connection, tables, *where)
        if not owners:
            return []
        values |= {"owner": owners[0]} if len(owners) == 1 else {"owners": owners}
    given = frozenset(name for name, value in values.items() if value is not None)
    sources = () if query.kind is None else tuple(m.key for m in tables.members(query.kind))
    # A planner must know a small number of rows, to read them in the order of an index.
    limit = query.limit if tables.dialect.reuses_plans else 0
    shape = _Shape(limit, query.descending, given, sources, query.hidden)
    found = tables.prepared(_page, shape).dicts(connection, values)
    counts = _counts(connection, tables, [row["id"] for row in found], query.hidden)
    return [{**row, "counts": counts.get(row["id"], {})} for row in found]


def _values(query: Query) -> Row:
    """Return the values of the parameters, ``None`` for those that are not given."""
    reason = query.reason
    if reason is not None:
        for character in "/%_":
            reason = reason.replace(character, f"/{character}")
        reason = f"%{reason}%"
    names = ("project_id", "limit", "marker", "username", "since", "until")
    owner = None if query.item_id is None else str(query.item_id)
    return {**{n: getattr(query, n) for n in names}, "owner": owner, "reason": reason}


def _page(tables: Tables, shape: _Shape) -> sa.Select[t.Any]:
    changes = tables.log.changes
    query = sa.select(changes).where(*_conditions(tables, shape))
    key: sa.ColumnElement[t.Any]
    if "owners" in shape.given:
        found = _of_objects(tables, shape)
        query = query.join_from(found, changes, changes.c.id == found.c.change_id)
        key = found.c.change_id
    elif "owner" in shape.given:
        rows = tables.log.rows.c
        query = query.join_from(tables.log.rows, changes, changes.c.id == rows.change_id)
        query = query.where(*_of_object(tables, shape))
        key = rows.change_id
    else:
        key = changes.c.revision
    limit = page_query.literal(shape.limit) if shape.limit else sa.bindparam("limit")
    query = query.order_by(key.desc() if shape.descending else key).limit(limit)
    return query.execution_options(**{PREPARE: True})


def _conditions(tables: Tables, shape: _Shape) -> t.Iterator[Clause]:
    """Yield the conditions for changes, except those of known objects."""
    changes, rows = tables.log.changes.c, tables.log.rows.alias("changed").c
    reason = changes.reason.like(sa.bindparam("reason"), escape="/")
    tests: dict[str, Clause] = {
        "project_id": changes.project_id == sa.bindparam("project_id"),
        "username": changes.username == sa.bindparam("username"),
        "since": changes.created_at >= sa.bindparam("since"),
        "until": changes.created_at <= sa.bindparam("until"),
        "reason": reason,
    }
    yield from (test for name, test in tests.items() if name in shape.given)
    of_change = rows.change_id == changes.id, rows.member.is_(None)
    if not shape.given & {"owner", "owners"}:
        if "marker" in shape.given:
            yield _after(shape, changes.revision, sa.bindparam("marker"))
        if shape.sources:
            yield sa.exists().where(*of_change, _any(rows.source, shape.sources))
    if shape.hidden:
        yield sa.exists().where(*of_change, sa.not_(_any(rows.source, shape.hidden)))


def _of_object(tables: Tables, shape: _Shape) -> t.Iterator[Clause]:
    """Yield the conditions for rows of an object: one row for each of its changes."""
    rows, later = tables.log.rows.c, tables.log.rows.alias("later").c
    yield _any(rows.source, shape.sources)
    yield rows.owner == sa.bindparam("owner")
    yield rows.member.is_(None)
    if "marker" in shape.given:
        yield _after(shape, rows.change_id, _marked(tables, shape))
    again = (later.change_id == rows.change_id, later.source == rows.source)
    yield ~sa.exists().where(
        *again, later.owner == rows.owner, later.member.is_(None), later.seq > rows.seq
    )


def _of_objects(tables: Tables, shape: _Shape) -> sa.CTE:
    """Return the query for the ids of the changes of several objects."""
    rows = tables.log.rows.c
    query = sa.select(rows.change_id).where(
        _any(rows.source, shape.sources),
        tables.dialect.in_parameter(rows.owner, "owners"),
        rows.member.is_(None),
    )
    if "marker" in shape.given:
        query = query.where(_after(shape, rows.change_id, _marked(tables, shape)))
    return query.distinct().cte("found").prefix_with("MATERIALIZED")


def _marked(tables: Tables, shape: _Shape) -> sa.ColumnElement[int]:
    """Return the id of the change of the marker, or of the next one if it was removed."""
    changes = tables.log.changes.alias("marked").c
    revision = changes.revision
    marker: sa.BindParameter[int] = sa.bindparam("marker")
    order, none = (revision, 2**62) if shape.descending else (revision.desc(), 0)
    near = revision >= marker if shape.descending else revision <= marker
    found = (
        sa.select(changes.id)
        .where(changes.project_id == sa.bindparam("project_id"), near)
        .order_by(order)
        .limit(sa.literal_column("1", sa.Integer))
    )
    return sa.func.coalesce(
        found.scalar_subquery(), sa.literal_column(str(none), sa.BigInteger)
    )


def _after(shape: _Shape, column: t.Any, marker: t.Any) -> Clause:
    condition: Clause = column < marker if shape.descending else column > marker
    return condition


def _any(column: t.Any, values: t.Iterable[str]) -> Clause:
    """Compare a column with each of a few values, which are part of the SQL."""
    return sa.or_(*(column == sa.literal(value) for value in values))


def _counts(
    connection: sa.Connection,
    tables: Tables,
    change_ids: t.Sequence[int],
    hidden: t.Collection[str],
) -> dict[int, Row]:
    """Return the numbers of objects that changes created, updated and deleted, by kind."""
    names = {(1, 0): "created", (0, 0): "updated", (0, 1): "deleted"}
    collections = {kind.key: kind.collection for kind in tables.kinds}
    found: dict[int, Row] = {}
    counted = tables.prepared(_counting).rows(connection, {_IDS: [*change_ids]})
    for change_id, source, is_new, is_gone, number in counted:
        name = names.get((is_new, is_gone))
        if name is not None and source not in hidden:
            of_change = found.setdefault(change_id, {})
            of_change.setdefault(collections.get(source, source), {})[name] = number
    return found


def _counting(tables: Tables) -> sa.Select[t.Any]:
    rows = tables.log.rows.c
    # A change may have changed an object several times.
    known, gone = (
        sa.func.max(
            sa.case((c.is_(None), sa.literal_column("1")), else_=sa.literal_column("0"))
        )
        for c in (rows.before, rows.after)
    )
    each = (
        sa.select(rows.change_id, rows.source, known.label("is_new"), gone.label("is_gone"))
        .where(tables.dialect.in_parameter(rows.change_id, _IDS), rows.member.is_(None))
        .group_by(rows.change_id, rows.source, rows.owner)
        .subquery()
    ).c
    groups = each.change_id, each.source, each.is_new, each.is_gone
    query = sa.select(*groups, sa.func.count().label("number")).group_by(*groups)
    return query.execution_options(**{PREPARE: True})
