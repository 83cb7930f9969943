# SPDX-License-Identifier: Apache-2.0
"""Read the log: pages of changes, and the objects of a change before and after it.

For example, a page of the changes of host 12, the newest first::

    SELECT changes.id, … FROM changes
    WHERE project_id = :project_id AND revision < :marker
        AND id IN (SELECT change_id FROM change_rows
                   WHERE source = 'host' AND owner = '12' AND member IS NULL)
    ORDER BY revision DESC LIMIT 30
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import changed_objects
from cratonserver.db.dialect import PREPARE
from cratonserver.db.tables import Tables

#: The number of objects that are read at once.
_OBJECTS = 500


@dataclasses.dataclass(frozen=True)
class Query:
    """A query for a page of the changes of a project.

    :param project_id: id of the project.
    :param limit: number of changes.
    :param descending: the newest first.
    :param marker: revision of the change that comes before the page.
    :param kind: kind of a changed object.
    :param item_id: id of a changed object of that kind.
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
    username: str | None = None
    since: str | None = None
    until: str | None = None
    reason: str | None = None
    hidden: tuple[str, ...] = ()


def last_revision(connection: sa.Connection, tables: Tables, project_id: str | None) -> int:
    """Return the revision of the last change of a project, 0 before the first one.

    :param project_id: id of the project; ``None`` for the number of changes of all projects.
    """
    query = tables.prepared(_last_revision, project_id is None)
    found = query.scalars(connection, {"project_id": project_id})
    return int(found[0] or 0) if found else 0


def last_pruned(connection: sa.Connection, tables: Tables, project_id: str) -> int:
    """Return the last revision that was removed from the history of a project, else 0."""
    columns = tables.log.revisions.c
    query = sa.select(columns.pruned).where(columns.project_id == project_id)
    return int(connection.execute(query).scalar() or 0)


def revision_of(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    item_id: int | str,
    project_id: str,
    before: int | None = None,
) -> int:
    """Return the revision of the last change of an object.

    If it was removed, this is the last removed revision of the project, because the object may
    have been changed up to then. For example::

        SELECT coalesce(
            (SELECT revision FROM changes WHERE id =
                (SELECT max(change_id) FROM change_rows
                 WHERE source = 'host' AND owner = '12' AND member IS NULL)),
            (SELECT pruned FROM project_revisions WHERE project_id = :project_id), 0)

    :param project_id: id of the project of the object.
    :param before: id of the change of this transaction, which is not complete.
    """
    query = tables.prepared(_revision_of, before is not None)
    values: Row = {"source": kind.key, "owner": str(item_id), "project_id": project_id}
    if before is not None:
        values["before"] = before
    return int(query.scalars(connection, values)[0])


def revisions_of(
    connection: sa.Connection, tables: Tables, kind: Kind, ids: t.Collection[t.Any]
) -> dict[str, int]:
    """Return the revision of the last change of objects, by their ids as texts.

    An object whose changes were removed from the history is missing.
    """
    query = tables.prepared(_revisions_of)
    values = {"source": kind.key, "owners": [*map(str, ids)]}
    return dict(query.rows(connection, values))


def _revisions_of(tables: Tables) -> sa.Select[t.Any]:
    rows, changes = tables.log.rows.c, tables.log.changes.c
    last = (
        sa.select(rows.owner, sa.func.max(rows.change_id).label("change_id"))
        .where(
            rows.source == sa.bindparam("source"),
            tables.dialect.in_parameter(rows.owner, "owners"),
            rows.member.is_(None),
        )
        .group_by(rows.owner)
        .subquery()
    )
    joined = last.join(tables.log.changes, changes.id == last.c.change_id)
    return sa.select(last.c.owner, changes.revision).select_from(joined)


def _revision_of(tables: Tables, bounded: bool) -> sa.Select[t.Any]:
    rows, changes = tables.log.rows.c, tables.log.changes.c
    last = sa.select(sa.func.max(rows.change_id)).where(
        rows.source == sa.bindparam("source"),
        rows.owner == sa.bindparam("owner"),
        rows.member.is_(None),
    )
    if bounded:
        last = last.where(rows.change_id < sa.bindparam("before"))
    known = sa.select(changes.revision).where(changes.id == last.scalar_subquery())
    counters = tables.log.revisions.c
    own = counters.project_id == sa.bindparam("project_id")
    pruned = sa.select(counters.pruned).where(own).scalar_subquery()
    query = sa.select(sa.func.coalesce(known.scalar_subquery(), pruned, 0))
    return query.execution_options(**{PREPARE: True})


def page(connection: sa.Connection, tables: Tables, query: Query) -> list[Row]:
    """Return a page of changes, each with the number of objects that it changed by kind."""
    changes = tables.log.changes
    select = sa.select(changes).where(*_conditions(tables, query)).limit(query.limit)
    order = changes.c.revision.desc() if query.descending else changes.c.revision
    found = [dict(row) for row in connection.execute(select.order_by(order)).mappings()]
    counts = _counts(connection, tables, [row["id"] for row in found], query.hidden)
    return [{**row, "counts": counts.get(row["id"], {})} for row in found]


def find(
    connection: sa.Connection, tables: Tables, project_id: str, revision: int
) -> Row | None:
    """Return a change of a project, ``None`` if there is no such change."""
    columns = tables.log.changes.c
    query = sa.select(tables.log.changes).where(
        columns.project_id == project_id, columns.revision == revision
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def kinds(connection: sa.Connection, tables: Tables, change_id: int) -> list[Kind]:
    """Return the kinds of the objects of a change."""
    rows = tables.log.rows.c
    of_change = (rows.change_id == change_id, rows.member.is_(None))
    found = {*connection.scalars(sa.select(rows.source).where(*of_change).distinct())}
    return [kind for kind in tables.kinds if kind.key in found]


def objects(
    connection: sa.Connection, tables: Tables, change_id: int, hidden: t.Collection[str] = ()
) -> t.Iterator[Row]:
    """Generate the objects of a change, with what they were and what they became.

    An object that was created has no ``before``, one that was deleted no ``after``. Otherwise,
    both have the values that changed.

    :param hidden: keys of the kinds that the user may not see.
    """
    for kind in tables.kinds:
        if kind.key not in hidden:
            yield from _objects(connection, tables, change_id, kind)


def described(
    connection: sa.Connection, tables: Tables, kind: Kind, item_id: str, project_id: str
) -> Row:
    """Return the kind, the id and the name of an object, and the revision of its last change.

    :param item_id: id of the object, as the log has it.
    :param project_id: id of its project.
    """
    return {
        "kind": kind.collection,
        "id": tables.table(kind).c.id.type.python_type(item_id),
        "name": _names(connection, tables, kind, [item_id]).get(item_id),
        "revision": revision_of(connection, tables, kind, item_id, project_id),
    }


def _last_revision(tables: Tables, all_projects: bool) -> sa.Select[t.Any]:
    columns = tables.log.revisions.c
    query = sa.select(sa.cast(sa.func.sum(columns.last), sa.BigInteger))
    if not all_projects:
        own = columns.project_id == sa.bindparam("project_id")
        query = sa.select(columns.last).where(own)
    return query.execution_options(**{PREPARE: True})


def _conditions(tables: Tables, query: Query) -> t.Iterator[sa.ColumnElement[bool]]:
    changes, rows = tables.log.changes.c, tables.log.rows.c
    yield changes.project_id == query.project_id
    if query.marker is not None:
        here = changes.revision
        yield here < query.marker if query.descending else here > query.marker
    if query.username is not None:
        yield changes.username == query.username
    if query.since is not None:
        yield changes.created_at >= query.since
    if query.until is not None:
        yield changes.created_at <= query.until
    if query.reason is not None:
        yield changes.reason.contains(query.reason, autoescape=True)
    if query.kind is not None:
        sources = [member.key for member in tables.members(query.kind)]
        of_kind = sa.and_(rows.source.in_(sources), rows.member.is_(None))
        if query.item_id is None:
            yield sa.exists().where(rows.change_id == changes.id, of_kind)
        else:
            of_object = sa.and_(of_kind, rows.owner == str(query.item_id))
            yield changes.id.in_(sa.select(rows.change_id).where(of_object))
    if query.hidden:
        shown = sa.and_(rows.source.not_in(query.hidden), rows.member.is_(None))
        yield sa.exists().where(rows.change_id == changes.id, shown)


def action_of(rows: t.Any) -> sa.ColumnElement[str]:
    """Return what happened to the object of a row of the log.

    Literals, because PostgreSQL compares the text of an expression with GROUP BY.

    :param rows: columns of the log.
    """
    created, deleted = rows.before.is_(None), rows.after.is_(None)
    names: dict[str, sa.ColumnElement[str]] = {
        name: sa.literal_column(f"'{name}'", sa.String)
        for name in ("created", "updated", "deleted")
    }
    cases = (created, names["created"]), (deleted, names["deleted"])
    return sa.case(*cases, else_=names["updated"])


def _counts(
    connection: sa.Connection,
    tables: Tables,
    change_ids: t.Sequence[int],
    hidden: t.Collection[str],
) -> dict[int, Row]:
    """Return the numbers of objects that changes created, updated and deleted, by kind."""
    rows = tables.log.rows.c
    # A change may have changed an object several times.
    known, gone = (
        sa.func.max(sa.case((c.is_(None), 1), else_=0)) for c in (rows.before, rows.after)
    )
    each = (
        sa.select(rows.change_id, rows.source, known.label("is_new"), gone.label("is_gone"))
        .where(rows.change_id.in_(change_ids), rows.member.is_(None))
        .group_by(rows.change_id, rows.source, rows.owner)
        .subquery()
    ).c
    groups = each.change_id, each.source, each.is_new, each.is_gone
    query = sa.select(*groups, sa.func.count()).group_by(*groups)
    names = {(1, 0): "created", (0, 0): "updated", (0, 1): "deleted"}
    collections = {kind.key: kind.collection for kind in tables.kinds}
    found: dict[int, Row] = {}
    for change_id, source, is_new, is_gone, number in connection.execute(query):
        name = names.get((is_new, is_gone))
        if name is not None and source not in hidden:
            of_change = found.setdefault(change_id, {})
            of_change.setdefault(collections.get(source, source), {})[name] = number
    return found


def _objects(
    connection: sa.Connection, tables: Tables, change_id: int, kind: Kind
) -> t.Iterator[Row]:
    """Generate the objects of a kind, in the order of their ids as texts."""
    rows = tables.log.rows.c
    last = ""
    while True:
        of_kind = (rows.change_id == change_id, rows.source == kind.key)
        owners = sa.select(rows.owner).where(*of_kind, rows.owner > last).distinct()
        some = [*connection.scalars(owners.order_by(rows.owner).limit(_OBJECTS))]
        if not some:
            return
        last = some[-1]
        found = {owner: changed_objects.Changed(tables, kind) for owner in some}
        sources = {kind.key: "", **{t_.name: n for n, t_ in tables.parts(kind).items()}}
        values = (
            sa.select(rows.source, rows.owner, rows.member, rows.before, rows.after)
            .where(rows.change_id == change_id, rows.source.in_(sources))
            .where(rows.owner >= some[0], rows.owner <= last)
            .order_by(rows.seq)
        )
        for source, owner, member, before, after in connection.execute(values):
            if owner in found:
                found[owner].add(sources[source], member, before, after)
        names = _names(connection, tables, kind, [o for o in some if not found[o].name])
        for owner in some:
            yield found[owner].shown(owner, names.get(owner))


def _names(
    connection: sa.Connection, tables: Tables, kind: Kind, owners: t.Sequence[str]
) -> dict[str, str]:
    """Return the names of objects whose change does not contain them.

    The names are the present ones. An object that was deleted has its last one.
    """
    if not owners:
        return {}
    columns = tables.table(kind).c
    name = columns[kind.resource_class.NAME_ATTR]
    ids = [columns.id.type.python_type(owner) for owner in owners]
    known = tables.dialect.in_parameter(columns.id, "craton_ids")
    query = sa.select(columns.id, name).where(known)
    found = {str(i): n for i, n in connection.execute(query, {"craton_ids": ids})}
    return found | _last_names(connection, tables, kind, {*owners} - {*found})


def _last_names(
    connection: sa.Connection, tables: Tables, kind: Kind, owners: t.Collection[str]
) -> dict[str, str]:
    """Return the names that deleted objects had."""
    if not owners:
        return {}
    rows, name = tables.log.rows.c, kind.resource_class.NAME_ATTR
    deletions = (
        sa.select(rows.owner, rows.before)
        .where(rows.source == kind.key, rows.owner.in_(sorted(owners)))
        .where(rows.member.is_(None), rows.after.is_(None))
        .order_by(rows.change_id)
    )
    return {
        owner: json.loads(before)[name]
        for owner, before in connection.execute(deletions)
        if before is not None
    }
