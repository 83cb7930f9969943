# SPDX-License-Identifier: Apache-2.0
"""Read the log: revisions, and the objects of a change before and after it."""

from __future__ import annotations

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


def last_revision(connection: sa.Connection, tables: Tables, project_id: str | None) -> int:
    """Return the revision of the last change of a project, 0 before the first one.

    :param project_id: id of the project; ``None`` for the number of changes of all projects.
    """
    query = tables.prepared(_last_revision, project_id is None)
    found = query.scalars(connection, {"project_id": project_id})
    return int(found[0] or 0) if found else 0


def revision_before(
    connection: sa.Connection, tables: Tables, project_id: str, entry: tuple[int, int] | None
) -> int:
    """Return the last revision of a project before the change of this transaction.

    :param entry: id and revision of this change, ``None`` if nothing has changed yet.
    """
    return last_revision(connection, tables, project_id) if entry is None else entry[1] - 1


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
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: t.Collection[t.Any],
    before: int | None = None,
) -> dict[str, int]:
    """Return the revision of the last change of objects, by their ids as texts.

    An object whose changes were removed from the history is missing.

    :param before: as for :func:`revision_of`.
    """
    query = tables.prepared(_revisions_of, before is not None)
    values: Row = {"source": kind.key, "owners": [*map(str, ids)]}
    if before is not None:
        values["before"] = before
    return dict(query.rows(connection, values))


def _revisions_of(tables: Tables, bounded: bool) -> sa.Select[t.Any]:
    rows, changes = tables.log.rows.c, tables.log.changes.c
    earlier = [rows.change_id < sa.bindparam("before")] if bounded else []
    last = (
        sa.select(rows.owner, sa.func.max(rows.change_id).label("change_id"))
        .where(
            rows.source == sa.bindparam("source"),
            tables.dialect.in_parameter(rows.owner, "owners"),
            rows.member.is_(None),
            *earlier,
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


def undone_by(
    connection: sa.Connection, tables: Tables, project_id: str, revision: int
) -> int | None:
    """Return the revision of the last change that undoes a change, ``None`` without one."""
    columns = tables.log.changes.c
    query = sa.select(sa.func.max(columns.revision)).where(
        columns.project_id == project_id, columns.undoes == revision
    )
    return connection.execute(query).scalar()


def kinds(connection: sa.Connection, tables: Tables, change_id: int) -> list[Kind]:
    """Return the kinds of the objects of a change."""
    rows = tables.log.rows.c
    of_change = (rows.change_id == change_id, rows.member.is_(None))
    found = {*connection.scalars(sa.select(rows.source).where(*of_change).distinct())}
    return [kind for kind in tables.kinds if kind.key in found]


def changed_parts(
    connection: sa.Connection, tables: Tables, change_id: int, kind: Kind
) -> list[str]:
    """Return what a change changed of objects of a kind: ``item`` and the names of parts.

    ``item`` stands for creations, deletions and fields. Parts of kinds with the same table are
    not told apart.
    """
    rows = tables.log.rows.c
    fields = (rows.source == kind.key, rows.before.is_distinct_from(rows.after))
    names = {table.name: part for part, table in tables.logged_parts(kind).items()}
    query = sa.select(rows.source).where(rows.change_id == change_id).distinct()
    found = connection.scalars(query.where(sa.or_(sa.and_(*fields), rows.source.in_(names))))
    return [names.get(source, "item") for source in found]


def objects(
    connection: sa.Connection, tables: Tables, change_id: int, hidden: t.Collection[str] = ()
) -> t.Iterator[Row]:
    """Generate the objects of a change, with what they were and what they became.

    An object that was created has no ``before``, one that was deleted no ``after``. Otherwise,
    both have the values that changed. Objects that were created and deleted are left out.

    :param hidden: keys of the kinds that the user may not see.
    """
    for kind in tables.kinds:
        if kind.key not in hidden:
            yield from _objects(connection, tables, change_id, kind)


def described(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    item_id: str,
    project_id: str,
    before: int | None = None,
) -> Row:
    """Return the kind, the id and the name of an object, and the revision of its last change.

    :param item_id: id of the object, as the log has it.
    :param project_id: id of its project.
    :param before: as for :func:`revision_of`.
    """
    return {
        "kind": kind.collection,
        "id": tables.table(kind).c.id.type.python_type(item_id),
        "name": _names(connection, tables, kind, [item_id]).get(item_id),
        "revision": revision_of(connection, tables, kind, item_id, project_id, before),
    }


def _last_revision(tables: Tables, all_projects: bool) -> sa.Select[t.Any]:
    columns = tables.log.revisions.c
    query = sa.select(sa.cast(sa.func.sum(columns.last), sa.BigInteger))
    if not all_projects:
        own = columns.project_id == sa.bindparam("project_id")
        query = sa.select(columns.last).where(own)
    return query.execution_options(**{PREPARE: True})


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
        sources = {kind.key: "", **{t_.name: n for n, t_ in tables.logged_parts(kind).items()}}
        values = (
            sa.select(rows.source, rows.owner, rows.member, rows.before, rows.after)
            .where(rows.change_id == change_id, rows.source.in_(sources))
            .where(rows.owner >= some[0], rows.owner <= last)
            .order_by(rows.seq)
        )
        for source, owner, member, before, after in connection.execute(values):
            if owner in found:
                found[owner].add(sources[source], member, before, after)
        some = [owner for owner in some if not found[owner].is_passing]
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
