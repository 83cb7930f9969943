# SPDX-License-Identifier: Apache-2.0
"""The rows that depend on a row: those that go with it, and those that keep it.

Deleting a row also deletes the rows that refer to it by a foreign key with a cascade, and
the rows that refer to these. A row that refers to one of them by a foreign key without a
cascade, and is not deleted with them, prevents the deletion. For example, the hosts that go
with cloud 1, and the network interfaces that keep network 4::

    SELECT count(*) FROM devices
    WHERE (cloud_id = 1
        OR region_id IN (SELECT id FROM regions WHERE cloud_id = 1)
        OR …) AND kind = 'host'

    SELECT id, name FROM network_interfaces
    WHERE network_id = 4 AND NOT coalesce(false, false)
    ORDER BY id LIMIT 4
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonserver.db.aliases import Clause
from cratonserver.db.tables import Tables

#: The maximum number of rows that a message names.
NAMED = 3


class Holder(t.NamedTuple):
    """A row that refers to another one, which therefore cannot be deleted.

    :param kind: kind of the row.
    :param field: name of the field that refers to the other row.
    :param item_id: id of the row.
    :param name: name of the row.
    """

    kind: Kind
    field: str
    item_id: int | str
    name: str


def count(
    connection: sa.Connection, tables: Tables, kind: Kind, item_id: int | str
) -> dict[Kind, int]:
    """Return how many rows a deletion would delete besides the row itself, by kind.

    :param kind: kind of the row to delete.
    :param item_id: id of the row to delete.
    """
    going = _going(tables, kind, item_id)
    kinds = [
        one
        for one in tables.kinds
        if one.can("delete")
        and tables.table(one) in going
        and tables.table(one) is not tables.table(kind)
    ]
    if not kinds:
        return {}
    numbers = connection.execute(
        sa.select(
            *(
                sa.select(sa.func.count())
                .select_from(tables.table(one))
                .where(going[tables.table(one)], *tables.kind_conditions(one))
                .scalar_subquery()
                for one in kinds
            )
        )
    ).one()
    return {one: number for one, number in zip(kinds, numbers, strict=True) if number}


def holders(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    item_id: int | str,
    project_id: str | None,
) -> list[Holder]:
    """Return rows that prevent a deletion, up to :data:`NAMED` for each kind and field.

    :param kind: kind of the row to delete.
    :param item_id: id of the row to delete.
    :param project_id: show only rows of this project; None shows all rows.
    """
    going = _going(tables, kind, item_id)
    found: list[Holder] = []
    for one in tables.kinds:
        if not one.can("delete"):
            continue
        table = tables.table(one)
        name = table.c[one.resource_class.NAME_ATTR]
        visible = [] if project_id is None else [tables.storage(one).visible(table, project_id)]
        stays = sa.not_(sa.func.coalesce(going.get(table, sa.false()), sa.false()))
        for field, target in _references(tables, one, cascade=False):
            if target in going:
                holds = _refers(table.c[field], target, going, tables.table(kind), item_id)
                rows = sa.select(table.c.id, name).where(
                    holds, stays, *visible, *tables.kind_conditions(one)
                )
                result = connection.execute(rows.order_by(table.c.id).limit(NAMED + 1))
                found += [Holder(one, field, row[0], row[1]) for row in result]
    return found


def _going(tables: Tables, kind: Kind, item_id: int | str) -> dict[sa.Table, Clause]:
    """Return the conditions for the rows that a deletion deletes, by table."""
    start = tables.table(kind)
    going: dict[sa.Table, Clause] = {start: start.c.id == item_id}
    for root in tables.kinds:  # each kind comes after the kinds that it refers to
        table = tables.table(root)
        if tables.root(root) is not root or table is start:
            continue
        conditions = [
            _refers(table.c[name], target, going, start, item_id)
            for one in tables.family(root)
            for name, target in _references(tables, one, cascade=True)
            if target in going
        ]
        if conditions:
            going[table] = sa.or_(*conditions)
    return going


def _references(
    tables: Tables, kind: Kind, *, cascade: bool
) -> t.Iterator[tuple[str, sa.Table]]:
    """Yield the stored references of a kind, and the tables that they refer to."""
    for name, field in kind.fields.items():
        if not (isinstance(field, Ref) and field.storage.column and field.storage.foreign_key):
            continue
        if field.storage.cascade is cascade:
            yield name, tables.table(tables.kind(field.target))


def _refers(
    column: sa.Column[t.Any],
    target: sa.Table,
    going: t.Mapping[sa.Table, Clause],
    start: sa.Table,
    item_id: int | str,
) -> Clause:
    """Return the condition that a column refers to a row that goes."""
    if target is start:
        return column == item_id
    # Without correlate(None), a subquery of the table of the outer query would have no FROM.
    return column.in_(sa.select(target.c.id).where(going[target]).correlate(None))
