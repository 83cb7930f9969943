# SPDX-License-Identifier: Apache-2.0
"""Remove old changes from the log.

The log of a project keeps all changes after some revision, without gaps. For example, with
revisions 1 to 500 that are too old::

    UPDATE project_revisions SET pruned = 500 WHERE project_id = :project_id
    DELETE FROM change_rows WHERE change_id IN
        (SELECT id FROM changes WHERE project_id = :project_id AND revision <= 500)
    DELETE FROM changes WHERE project_id = :project_id AND revision <= 500
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db.tables import Tables

#: The number of changes that a transaction removes. Writers of the project wait for it.
_BATCH = 500

Connect = t.Callable[[], t.ContextManager[sa.Connection]]


def prune(
    tables: Tables, read: Connect, write: Connect, before: str
) -> t.Iterator[tuple[str, int]]:
    """Remove changes that are older than a time, a few at a time.

    :param tables: the tables.
    :param read: function that opens a transaction that reads.
    :param write: function that opens a transaction that writes.
    :param before: time, as in the log.
    :returns: the id of a project and the number of changes that were removed, for each
        transaction.
    :raises cratonserver.db.dialect.StoreError: if the database fails.
    """
    with read() as connection:
        wanted = [tuple(row) for row in connection.execute(_obsolete(tables, before))]
    for project_id, pruned, last in wanted:
        while pruned < last:
            pruned = min(pruned + _BATCH, last)
            with write() as connection:
                yield project_id, _remove(connection, tables, project_id, pruned)


def _obsolete(tables: Tables, before: str) -> sa.Select[t.Any]:
    """Return the query for each project: the last pruned revision, and the last old one."""
    changes, projects = tables.log.changes.c, tables.log.revisions.c
    first_kept = (
        sa.select(changes.revision)
        .where(changes.project_id == projects.project_id, changes.created_at >= before)
        .order_by(changes.revision)
        .limit(1)
        .scalar_subquery()
    )
    last_old = sa.func.coalesce(first_kept - 1, projects.last)
    return sa.select(projects.project_id, projects.pruned, last_old)


def _remove(connection: sa.Connection, tables: Tables, project_id: str, last: int) -> int:
    """Remove the changes of a project up to a revision, and return their number."""
    log = tables.log
    pruned = sa.update(log.revisions).where(
        log.revisions.c.project_id == project_id, log.revisions.c.pruned < last
    )
    connection.execute(pruned.values(pruned=last))
    columns = log.changes.c
    old = (columns.project_id == project_id, columns.revision <= last)
    ids = sa.select(columns.id).where(*old)
    connection.execute(sa.delete(log.rows).where(log.rows.c.change_id.in_(ids)))
    return connection.execute(sa.delete(log.changes).where(*old)).rowcount
