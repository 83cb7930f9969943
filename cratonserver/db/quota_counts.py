# SPDX-License-Identifier: Apache-2.0
"""Stored counts of what projects use, near their quotas.

Counting 100,000 hosts takes up to 80 ms, and adding up their variables up to a second. Near a
quota, other requests wait meanwhile. So the count is stored, and each request near the quota
adds to it, in its transaction. Nothing is subtracted: the count is an upper bound, and exact
again after the next count.

Requests far from the quota do not add to it. They end before the quota is near: a request is
far only if no process can have reached the quota at the rates of
:data:`cratonserver.db.quotas.RATES`. A count that is old, or for another limit, is not used.
"""

from __future__ import annotations

import time
import typing as t

import sqlalchemy as sa

from cratonserver.db.tables import Tables

#: The seconds after which a count is not used any more.
LIFETIME = 60


class Counted(t.NamedTuple):
    """Something that is counted.

    :param tables: the tables.
    :param project_id: id of the project.
    :param resource: name of the resource.
    :param limit: limit of the project.
    """

    tables: Tables
    project_id: str
    resource: str
    limit: int

    @property
    def values(self) -> dict[str, t.Any]:
        """The values of the columns that identify a count, for its limit."""
        same = {"project_id": self.project_id, "resource": self.resource}
        return {**same, "quota": self.limit}


def read(connection: sa.Connection, counted: Counted) -> int | None:
    """Return the stored count, ``None`` if there is none that can be used."""
    query = counted.tables.prepared(_query)
    now = int(time.time())
    values = {**counted.values, "oldest": now - LIFETIME, "newest": now + LIFETIME}
    found = query.scalars(connection, values)
    return int(found[0]) if found else None


def add(connection: sa.Connection, counted: Counted, more: int) -> None:
    """Add to the stored count."""
    statement = counted.tables.prepared(_addition)
    statement.run(connection, {**counted.values, "more": more})


def put(connection: sa.Connection, counted: Counted, used: int) -> None:
    """Store a new count."""
    values = {**counted.values, "used": used, "counted": int(time.time())}
    table = counted.tables.quota_counts
    insert = counted.tables.dialect.insert(table).values(values)
    changed = {name: insert.excluded[name] for name in ("quota", "used", "counted")}
    connection.execute(
        insert.on_conflict_do_update(index_elements=[*table.primary_key], set_=changed)
    )


def forget(connection: sa.Connection, tables: Tables, project_id: str) -> None:
    """Delete the counts of a project, because its limits change.

    With the new limits, requests may be far from the quota, and add to no count.
    """
    table = tables.quota_counts
    connection.execute(sa.delete(table).where(table.c.project_id == project_id))


def _same(tables: Tables) -> list[t.Any]:
    columns = tables.quota_counts.c
    return [
        columns[name] == sa.bindparam(name, type_=columns[name].type)
        for name in ("project_id", "resource", "quota")
    ]


def _query(tables: Tables) -> sa.Select[t.Any]:
    columns = tables.quota_counts.c
    oldest, newest = (
        sa.bindparam(name, type_=sa.BigInteger()) for name in ("oldest", "newest")
    )
    return sa.select(columns.used).where(
        *_same(tables), columns.counted > oldest, columns.counted < newest
    )


def _addition(tables: Tables) -> t.Any:
    table = tables.quota_counts
    more = sa.bindparam("more", type_=sa.BigInteger())
    return sa.update(table).where(*_same(tables)).values(used=table.c.used + more)
