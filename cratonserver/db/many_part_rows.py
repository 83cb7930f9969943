# SPDX-License-Identifier: Apache-2.0
"""Read and write the rows of parts of many owners, such as their variables and labels.

The pairs of owners and names, and the rows, travel as parameters. For example, the variables
of hosts on PostgreSQL::

    SELECT owner_id, name, octet_length(value) FROM device_variables
    JOIN unnest(:device_variables_owner_id, :device_variables_name) AS given(owner_id, name)
        ON device_variables.owner_id = given.owner_id AND device_variables.name = given.name
    SELECT owner_id, count(*), sum(octet_length(name) + octet_length(value))
    FROM device_variables WHERE owner_id = ANY (:craton_keys) GROUP BY owner_id
    DELETE FROM device_variables WHERE (owner_id, name) IN (SELECT … FROM unnest(…))
    INSERT INTO device_variables (owner_id, name, value) SELECT … FROM unnest(…)
    ON CONFLICT (owner_id, name) DO UPDATE SET value = excluded.value
    UPDATE devices SET updated_at = :craton_now WHERE id = ANY (:craton_keys)

On SQLite, ``json_each(:device_variables_rows)`` takes the place of ``unnest(…)``.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import part_rows
from cratonserver.db.aliases import Row
from cratonserver.db.part_rows import KEYS, NOW
from cratonserver.db.tables import Tables

#: The id of an owner, and a name or label.
Pair = tuple[t.Any, str]

#: The number of rows that one statement writes at most. It bounds memory.
_BATCH = 10_000


class Total(t.NamedTuple):
    """The rows of an owner.

    :param number: number of rows.
    :param size: number of bytes of names and values.
    """

    number: int = 0
    size: int = 0


class Part:
    """The rows of one part, or of its index.

    :param connection: connection in a transaction.
    :param tables: the tables.
    :param table: table of the part.
    """

    def __init__(self, connection: sa.Connection, tables: Tables, table: sa.Table) -> None:
        self._connection = connection
        self._tables = tables
        self._table = table

    def sizes(self, pairs: t.Iterable[Pair]) -> dict[Pair, int]:
        """Return the length of values, 0 for labels. Rows that do not exist are missing."""
        return self._find(pairs, "size")

    def texts(self, pairs: t.Iterable[Pair]) -> dict[Pair, str]:
        """Return values as they are stored. Rows that do not exist are missing."""
        return self._find(pairs, "value")

    def totals(self, owners: t.Iterable[t.Any]) -> dict[t.Any, Total]:
        """Return the number and size of all rows of owners. Owners without rows are missing."""
        query = self._tables.prepared(_totals, self._table)
        found = query.rows(self._connection, {KEYS: sorted(owners)})
        return {owner: Total(number, int(size)) for owner, number, size in found}

    def delete(self, pairs: t.Iterable[Pair]) -> None:
        """Delete all rows with some owners and names."""
        deletion = self._tables.prepared(_deletion, self._table)
        for parameters in self._batches(_keys(self._table), self._as_rows(pairs)):
            deletion.run(self._connection, parameters)

    def put(self, rows: t.Sequence[Row]) -> None:
        """Insert rows, and update those that exist.

        :param rows: values of all columns, sorted by the key.
        """
        upsert = self._tables.prepared(_upsert, self._table)
        for parameters in self._batches([*self._table.c], rows):
            upsert.run(self._connection, parameters)

    def _find(self, pairs: t.Iterable[Pair], what: str) -> dict[Pair, t.Any]:
        query = self._tables.prepared(_pairs_query, self._table, what)
        found: dict[Pair, t.Any] = {}
        for parameters in self._batches(_keys(self._table), self._as_rows(pairs)):
            rows = query.rows(self._connection, parameters)
            found.update(((owner, key), value) for owner, key, value in rows)
        return found

    def _as_rows(self, pairs: t.Iterable[Pair]) -> list[Row]:
        owner, key = (column.name for column in _keys(self._table))
        return [{owner: owner_id, key: name} for owner_id, name in sorted({*pairs})]

    def _batches(
        self, columns: list[sa.Column[t.Any]], rows: t.Sequence[Row]
    ) -> t.Iterator[dict[str, t.Any]]:
        """Yield the parameters for some rows at a time."""
        for first in range(0, len(rows), _BATCH):
            some = rows[first : first + _BATCH]
            yield self._tables.dialect.row_parameters(columns, some)


def touch(
    connection: sa.Connection, tables: Tables, kind: Kind, ids: t.Iterable[t.Any], now: str
) -> None:
    """Set the time of the last change of objects of a kind."""
    statement = tables.prepared(_touching, kind)
    statement.run(connection, {KEYS: sorted(ids), NOW: now})


def _keys(table: sa.Table) -> list[sa.Column[t.Any]]:
    """Return the columns with the owner, and with the name or label."""
    return [*table.primary_key][:2]


def _given(tables: Tables, table: sa.Table) -> sa.Select[t.Any]:
    """Return the query for the pairs in the parameters."""
    keys = _keys(table)
    rows = tables.dialect.given_rows(keys)
    named = zip(rows.selected_columns, keys, strict=True)
    return rows.with_only_columns(*(given.label(key.name) for given, key in named))


def _pairs_query(tables: Tables, table: sa.Table, what: str) -> sa.Select[t.Any]:
    given = _given(tables, table).subquery("given_pairs")
    owner, key = _keys(table)
    value: t.Any = sa.literal_column("0", sa.Integer)
    if "value" in table.c:
        value = table.c.value if what == "value" else tables.dialect.text_size(table.c.value)
    same = sa.and_(owner == given.c[owner.name], key == given.c[key.name])
    return sa.select(owner, key, value).select_from(given.join(table, same))


def _totals(tables: Tables, table: sa.Table) -> sa.Select[t.Any]:
    owner, key = _keys(table)
    size = tables.dialect.byte_length(key)
    if "value" in table.c:
        size = size + tables.dialect.text_size(table.c.value)
    total = sa.func.sum(size, type_=sa.BigInteger)
    query = sa.select(owner, sa.func.count(), total)
    return query.where(tables.dialect.in_parameter(owner, KEYS)).group_by(owner)


def _deletion(tables: Tables, table: sa.Table) -> t.Any:
    pairs = sa.tuple_(*_keys(table)).in_(_given(tables, table))
    return sa.delete(table).where(pairs)


def _upsert(tables: Tables, table: sa.Table) -> t.Any:
    columns = [*table.c]
    rows = tables.dialect.given_rows(columns)
    insert = tables.dialect.insert(table).from_select([c.name for c in columns], rows)
    return part_rows.upserting(table, insert)


def _touching(tables: Tables, kind: Kind) -> t.Any:
    table = tables.table(kind)
    now = sa.bindparam(NOW, type_=table.c.updated_at.type)
    some = tables.dialect.in_parameter(table.c.id, KEYS)
    return sa.update(table).where(some).values(updated_at=now)
