# SPDX-License-Identifier: Apache-2.0
"""Insert a row together with the rows of its parts.

For example, a host with variables and labels on PostgreSQL, which writes to several tables
in one statement::

    WITH created AS (
        INSERT INTO devices (name, …) VALUES (:craton_name, …)
        RETURNING id, name, …, (SELECT parents.kind …) AS parent_kind),
    device_variables_rows AS (
        INSERT INTO device_variables (owner_id, name, value)
        SELECT (SELECT id FROM created), name, value
        FROM unnest(:device_variables_name, :device_variables_value) AS given(name, value)),
    device_labels_rows AS (INSERT INTO device_labels …)
    SELECT id, name, …, parent_kind FROM created

On SQLite, these are three statements::

    INSERT INTO devices (name, …) VALUES (:craton_name, …) RETURNING id, name, …
    INSERT INTO device_variables … SELECT :craton_owner, … FROM json_each(…)
    INSERT INTO device_labels … SELECT :craton_owner, … FROM json_each(…)
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import part_rows
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.part_rows import OWNER, PartRows
from cratonserver.db.tables import Tables


def insert(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    values: Row,
    parts: t.Iterable[PartRows],
) -> Row:
    """Insert a row and the rows of its parts.

    :param kind: kind of the row.
    :param values: values of its columns.
    :param parts: rows of its parts.
    :returns: the row, with the columns of :meth:`.Tables.select`.
    :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
    """
    given = [part for part in parts if part.rows]
    parameters = {_parameter(name): value for name, value in values.items()}
    if tables.dialect.writes_many_tables:
        for part in given:
            parameters.update(part.parameters(tables.dialect))
        names = tuple(part.table for part in given)
        statement = tables.cached(_joint_insertion, kind, tuple(values), names)
        return dict(connection.execute(statement, parameters).mappings().one())
    statement = tables.cached(_insertion, kind, tuple(values))
    row = dict(connection.execute(statement, parameters).mappings().one())
    for part in given:
        owned = {OWNER: row["id"], **part.parameters(tables.dialect)}
        connection.execute(tables.cached(_part_insertion, part.table), owned)
    return row


def _insertion(tables: Tables, kind: Kind, columns: tuple[str, ...]) -> t.Any:
    table = tables.table(kind)
    values = {
        name: sa.bindparam(_parameter(name), type_=table.c[name].type) for name in columns
    }
    insert = sa.insert(table).values(values).returning(*tables.select(kind).selected_columns)
    return insert.execution_options(**{PREPARE: True})


def _part_insertion(tables: Tables, table: sa.Table) -> t.Any:
    return part_rows.insertion(tables.dialect, table, part_rows.owner_parameter(table))


def _joint_insertion(
    tables: Tables, kind: Kind, columns: tuple[str, ...], parts: tuple[sa.Table, ...]
) -> t.Any:
    insert = _insertion(tables, kind, columns)
    if not parts:
        return insert
    created = insert.cte("created")
    owner = sa.select(created.c.id).scalar_subquery()
    inserts = [
        part_rows.insertion(tables.dialect, part, owner).cte(f"{part}_rows") for part in parts
    ]
    return sa.select(created).add_cte(*inserts).execution_options(**{PREPARE: True})


def _parameter(column: str) -> str:
    """Return the name of the parameter for a value. SQLAlchemy reserves those of columns."""
    return f"craton_{column}"
