# SPDX-License-Identifier: Apache-2.0
"""Make the state of a fleet its first revision, if its log is empty.

For example, the hosts and network devices on SQLite::

    INSERT INTO change_rows (change_id, source, owner, after)
    SELECT changes.id, devices.kind, CAST(devices.id AS TEXT),
        json_patch('{}', json_object('id', devices.id, 'name', devices.name, …))
    FROM changes JOIN devices ON devices.project_id = changes.project_id
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db import clock
from cratonserver.db.change_log.origin import SERVER
from cratonserver.db.change_log.sources import Source
from cratonserver.db.tables import Tables

_REASON = "the state of the fleet when its history began"


def record(connection: sa.Connection, tables: Tables) -> None:
    """Add a change to each project that creates everything in it, if the log is empty.

    :param connection: connection in a transaction that writes.
    """
    log, projects = tables.log, tables.metadata.tables["projects"]
    if connection.execute(sa.select(log.revisions).limit(1)).first() is not None:
        return
    values = {
        "created_at": clock.now(),
        "username": SERVER.username,
        "role": SERVER.role,
        "reason": _REASON,
    }
    query = sa.select(projects.c.id, sa.literal(1), *map(sa.literal, values.values()))
    names = ["project_id", "revision", *values]
    connection.execute(sa.insert(log.changes).from_select(names, query))
    query = sa.select(projects.c.id, sa.literal(1))
    connection.execute(sa.insert(log.revisions).from_select(["project_id", "last"], query))
    names = ["change_id", "source", "owner", "member", "after"]
    for select in _rows(tables):
        connection.execute(sa.insert(log.rows).from_select(names, select))


def _rows(tables: Tables) -> t.Iterator[sa.Select[t.Any]]:
    """Yield a query for the rows of each table."""
    sources = {source.name: source for source in tables.logged()}
    changes = tables.log.changes
    for kind in dict.fromkeys(map(tables.root, tables.kinds)):
        owners = tables.table(kind)
        own = tables.storage(kind).visible(owners, changes.c.project_id)
        joined = changes.join(owners, own)
        yield _row(tables, sources[owners.name], owners).select_from(joined)
        for part in tables.parts(kind).values():
            both = joined.join(part, part.c.owner_id == owners.c.id)
            yield _row(tables, sources[part.name], part).select_from(both)
    quotas = tables.quotas
    joined = changes.join(quotas, quotas.c.project_id == changes.c.project_id)
    yield _row(tables, sources[quotas.name], quotas).select_from(joined)


def _row(tables: Tables, source: Source, table: sa.Table) -> sa.Select[t.Any]:
    member = sa.null() if source.member is None else table.c[source.member]
    return sa.select(
        tables.log.changes.c.id,
        sa.literal_column(source.source_of(table.name)),
        sa.cast(table.c[source.owner], sa.Text),
        member,
        sa.literal_column(tables.dialect.log.value(source, table.name)),
    )
