# SPDX-License-Identifier: Apache-2.0
"""Write the rows of parts, such as variables and labels: any number in one statement.

The rows travel as one parameter for each column, so a statement does not depend on their
number, and no database limits it. For example, variables of a host on PostgreSQL::

    INSERT INTO device_variables (owner_id, name, value)
        SELECT :craton_owner, name, value
        FROM unnest(:device_variables_name, :device_variables_value) AS given(name, value)
        ON CONFLICT (owner_id, name) DO UPDATE SET value = excluded.value
    DELETE FROM device_variables
        WHERE owner_id = :craton_owner AND name = ANY (:craton_keys)

and on SQLite, where ``:device_variables_rows`` is a JSON array of arrays::

    INSERT INTO device_variables (owner_id, name, value)
        SELECT :craton_owner, json_extract(value, '$[0]'), json_extract(value, '$[1]')
        FROM json_each(:device_variables_rows) WHERE 1
        ON CONFLICT (owner_id, name) DO UPDATE SET value = excluded.value
    DELETE FROM device_variables
        WHERE owner_id = :craton_owner
            AND name IN (SELECT value FROM json_each(:craton_keys))
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import clock
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE, Dialect, TransactionRequired
from cratonserver.db.tables import Tables

#: The names of parameters.
OWNER, KEYS, NOW = "craton_owner", "craton_keys", "craton_now"
VERSION = "craton_version"


class PartRows(t.NamedTuple):
    """Rows of a part that belong to one owner.

    :param table: table of the part.
    :param rows: values of all columns except ``owner_id``, sorted by the key.
    :param replaced: names whose other rows :func:`put` deletes.
    """

    table: sa.Table
    rows: t.Sequence[Row]
    replaced: t.Sequence[str] = ()

    def parameters(self, dialect: Dialect) -> dict[str, t.Any]:
        """Return the parameters of :func:`insertion`, except the owner."""
        return dialect.row_parameters(_given(self.table), self.rows)

    def replacement(self) -> dict[str, t.Any]:
        """Return the parameters of the deletion of rows that are replaced."""
        if not self.replaced:
            return {}
        kept = sorted({row[_key(self.table).name] for row in self.rows})
        return {KEYS: [*self.replaced], f"{self.table.name}_kept": kept}


def put(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    owner_id: t.Any,
    parts: t.Iterable[PartRows],
    version: str | None = None,
    *,
    touch_owner: bool = True,
) -> None:
    """Insert rows of an owner, update the rows that exist, and set ``updated_at`` of the owner.

    On PostgreSQL, this is one statement::

        WITH owner AS (
            UPDATE devices SET updated_at = :craton_now
            WHERE id = :craton_owner AND CAST(devices.xmin AS TEXT) = :craton_version
            RETURNING id),
        device_variables_rows AS (
            INSERT INTO device_variables … SELECT owner.id, … ON CONFLICT …)
        SELECT id FROM owner

    :param kind: kind of the owner.
    :param parts: the rows of one or more parts.
    :param version: version of the owner, if the owner is not locked.
    :param touch_owner: False if ``updated_at`` of the owner has been set already.
    :raises TransactionRequired: if the owner has another version now.
    """
    given = [part for part in parts if part.rows or part.replaced]
    values = {OWNER: owner_id, NOW: clock.now()}
    for part in given:
        values.update(part.parameters(tables.dialect), **part.replacement())
    names = tuple(part.table for part in given)
    replaced = tuple(part.table for part in given if part.replaced)
    if tables.dialect.writes_many_tables:
        versioned = version is not None
        statement = tables.prepared(_upsert_all, kind, names, replaced, versioned)
        if not statement.rows(connection, {**values, VERSION: version}):
            raise TransactionRequired
        return
    for table in replaced:
        tables.prepared(_replacement, table).run(connection, values)
    for table in names:
        tables.prepared(_upsert, table).run(connection, values)
    if touch_owner:
        touch(connection, tables, kind, owner_id)


def touch(connection: sa.Connection, tables: Tables, kind: Kind, owner_id: t.Any) -> None:
    """Set the time of the last change of a row, because one of its parts changed.

    :param kind: kind of the row.
    """
    values = {OWNER: owner_id, NOW: clock.now()}
    tables.prepared(touching, kind).run(connection, values)


def remove(
    connection: sa.Connection,
    tables: Tables,
    owner_id: t.Any,
    table: sa.Table,
    keys: t.Iterable[str],
    *others: sa.Table,
) -> bool:
    """Delete rows of an owner by their names or labels. Missing rows are ignored.

    :param others: tables from which rows with the same names are deleted, too.
    :returns: True if the owner had one of the rows.
    """
    values = {OWNER: owner_id, KEYS: sorted({*keys})}
    if tables.dialect.writes_many_tables:
        statement = tables.prepared(_deletion, table, *others)
    else:
        statement = tables.prepared(_deletion, table)
        for other in others:
            tables.prepared(_deletion, other).run(connection, values)
    return bool(statement.run(connection, values))


def insertion(
    dialect: Dialect, table: sa.Table, owner_id: t.Any, owners: sa.CTE | None = None
) -> t.Any:
    """Return the INSERT of new rows.

    :param table: table of the part.
    :param owner_id: id of the owner: a parameter, or a column of a CTE.
    :param owners: the CTE. Nothing is inserted if it has no row.
    """
    columns = _given(table)
    rows = dialect.given_rows(columns)
    source = rows.with_only_columns(owner_id, *rows.selected_columns)
    if owners is not None:
        source = rows.join(owners, sa.true()).with_only_columns(
            owner_id, *rows.selected_columns
        )
    names = ["owner_id", *(column.name for column in columns)]
    return dialect.insert(table).from_select(names, source)


def _given(table: sa.Table) -> list[sa.Column[t.Any]]:
    """Return the columns that rows give a value: all except the owner."""
    return [column for column in table.c if column.name != "owner_id"]


def owner_parameter(table: sa.Table) -> sa.BindParameter[t.Any]:
    """Return the parameter for the id of the owner."""
    return sa.bindparam(OWNER, type_=table.c.owner_id.type)


def _upsert(tables: Tables, table: sa.Table, owners: sa.CTE | None = None) -> t.Any:
    owner_id = owner_parameter(table) if owners is None else owners.c.id
    return upserting(table, insertion(tables.dialect, table, owner_id, owners))


def upserting(table: sa.Table, insert: t.Any) -> t.Any:
    """Return an INSERT of rows of a part that updates the rows that exist."""
    values = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key}
    keys = list(table.primary_key)
    statement = (
        insert.on_conflict_do_update(index_elements=keys, set_=values)
        if values
        else insert.on_conflict_do_nothing(index_elements=keys)
    )
    return statement.execution_options(**{PREPARE: True})


def touching(tables: Tables, kind: Kind) -> t.Any:
    """Return the UPDATE that sets the time of the last change of a row."""
    table = tables.table(kind)
    row = table.c.id == sa.bindparam(OWNER, type_=table.c.id.type)
    now = sa.bindparam(NOW, type_=table.c.updated_at.type)
    update = sa.update(table).where(row).values(updated_at=now)
    return update.execution_options(**{PREPARE: True})


def _upsert_all(
    tables: Tables,
    kind: Kind,
    parts: tuple[sa.Table, ...],
    replaced: tuple[sa.Table, ...],
    versioned: bool,
) -> t.Any:
    table = tables.table(kind)
    touch = touching(tables, kind)
    if versioned:
        seen = sa.bindparam(VERSION, type_=sa.Text())
        touch = touch.where(tables.dialect.version(table) == seen)
    owner = touch.returning(table.c.id).cte("owner")
    deletions = [
        _replacement(tables, part)
        .where(part.c.owner_id.in_(sa.select(owner.c.id)))
        .cte(f"{part}_replaced")
        for part in replaced
    ]
    upserts = [_upsert(tables, part, owner).cte(f"{part}_rows") for part in parts]
    result = sa.select(owner).add_cte(*deletions, *upserts)
    return result.execution_options(**{PREPARE: True})


def _replacement(tables: Tables, table: sa.Table) -> t.Any:
    """Return the deletion of the rows with some names, except those that are written.

    In one statement of PostgreSQL, an INSERT may run before a DELETE of the same row.
    """
    kept = tables.dialect.in_parameter(_key(table), f"{table.name}_kept")
    return _deletion(tables, table).where(sa.not_(kept))


def _key(table: sa.Table) -> sa.Column[t.Any]:
    """Return the column that tells rows with the same owner and name apart."""
    return list(table.primary_key)[2]


def _deletion(tables: Tables, table: sa.Table, *others: sa.Table) -> t.Any:
    key = list(table.primary_key)[1]
    delete = sa.delete(table).where(
        table.c.owner_id == owner_parameter(table), tables.dialect.in_parameter(key, KEYS)
    )
    deletions = [_deletion(tables, other).cte(f"{other}_deleted") for other in others]
    return delete.add_cte(*deletions).execution_options(**{PREPARE: True})
