# SPDX-License-Identifier: Apache-2.0
"""Check that objects fit together after undoing a change, which writes old values back.

A host can have moved to another cell and then to another region. Undoing only the first move
would combine the first cell with the new region. For example, on SQLite::

    SELECT devices.id FROM devices JOIN cells ON cells.id = devices.cell_id
    WHERE devices.id IN (SELECT CAST(owner AS INTEGER) FROM change_rows WHERE change_id = …)
        AND (cells.cloud_id != devices.cloud_id OR cells.region_id != devices.region_id)
    LIMIT 1

In the same way, two changes of parents can fit, but not one of them alone.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import references, trees
from cratonserver.db.references import Reference
from cratonserver.db.tables import Tables


def check(connection: sa.Connection, tables: Tables, change_id: int) -> None:
    """Check the objects of a change that was undone.

    :raises cratonserver.errors.Refused: with status 409, if one of them does not fit.
    """
    for kind in tables.kinds:
        if tables.root(kind) is not kind:
            continue
        owners = _owners(tables, kind, change_id)
        for field, one in references.of_kind(tables, kind).items():
            if one.shared:
                _check_place(connection, tables, kind, owners, field, one)
        if tables.ancestry(kind).nested:
            _check_parents(connection, tables, kind, owners)


def _owners(tables: Tables, kind: Kind, change_id: int) -> sa.Select[t.Any]:
    """Return the query for the ids of the objects of a table that a change changed."""
    rows, table = tables.log.rows.c, tables.table(kind)
    return sa.select(sa.cast(rows.owner, table.c.id.type)).where(
        rows.change_id == change_id,
        rows.member.is_(None),
        rows.source.in_([one.key for one in tables.family(kind)]),
        rows.before != "{}",
    )


def _check_place(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    owners: sa.Select[t.Any],
    field: str,
    one: Reference,
) -> None:
    table, target = tables.table(kind), tables.table(one.target)
    differs = sa.or_(*(target.c[name] != table.c[name] for name in one.shared))
    query = (
        sa.select(table.c.id, table.c[field])
        .join(target, target.c.id == table.c[field])
        .where(table.c.id.in_(owners), differs)
        .limit(1)
    )
    for item_id, place in connection.execute(query):
        raise errors.Refused(
            409,
            f"The change cannot be undone: the {one.target.noun} {place}, to which the "
            f"{kind.noun} {item_id} would return, is not where the {kind.noun} is now.",
        )


def _check_parents(
    connection: sa.Connection, tables: Tables, kind: Kind, owners: sa.Select[t.Any]
) -> None:
    table = tables.table(kind)
    wanted = sa.and_(table.c.id.in_(owners), table.c.parent_id.is_not(None))
    query = trees.with_ancestors(table, wanted)
    parents: dict[t.Any, t.Any] = dict(connection.execute(query).tuples().all())
    known: set[t.Any] = set()  # these lead to the top
    for first in parents:
        path: dict[t.Any, None] = {}
        one = first
        while one is not None and one not in known:
            if one in path:
                raise errors.Refused(
                    409,
                    f"The change cannot be undone: the {kind.noun} {one} would be among its "
                    "own parents.",
                )
            path[one] = None
            one = parents.get(one)
        known.update(path)
