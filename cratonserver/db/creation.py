# SPDX-License-Identifier: Apache-2.0
"""Check what a new row requires, and insert it together with the rows of its parts.

PostgreSQL writes to several tables in one statement. So creating an object is one statement
that needs no transaction around it. (Near a quota, it is in a transaction with the checks
before it.) For example, a host with variables and labels, where
``required`` is the query of :mod:`cratonserver.db.requirements`::

    WITH required AS (SELECT 'project_id' AS what, … UNION ALL …),
    created AS (
        INSERT INTO devices (name, …) SELECT :craton_value_name, …
        WHERE (SELECT count(*) FROM required WHERE fits) = :craton_required
        RETURNING id, name, …, (SELECT parents.kind …) AS parent_kind),
    device_variables_rows AS (
        INSERT INTO device_variables (owner_id, name, value)
        SELECT created.id, given.name, given.value
        FROM unnest(:device_variables_name, :device_variables_value) AS given(name, value)
            JOIN created ON true),
    device_labels_rows AS (INSERT INTO device_labels …)
    SELECT required.what, …, created.id, created.name, …
    FROM required LEFT JOIN created ON true

On SQLite, these are four statements in a transaction::

    SELECT 'project_id' AS what, … UNION ALL …
    INSERT INTO devices (name, …) VALUES (:craton_value_name, …) RETURNING id, name, …
    INSERT INTO device_variables … SELECT :craton_owner, … FROM json_each(…)
    INSERT INTO device_labels … SELECT :craton_owner, … FROM json_each(…)
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import part_rows, requirements
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.part_rows import OWNER, PartRows
from cratonserver.db.requirements import Required, Shape
from cratonserver.db.rows import Rows
from cratonserver.db.tables import Tables

#: The name of the parameter for the number of requirements.
_REQUIRED = "craton_required"


def create(
    rows: Rows, values: Row, parts: t.Iterable[PartRows], required: Required | None
) -> Row:
    """Check what a new row requires, and insert it and the rows of its parts.

    :param rows: rows of the kind.
    :param values: values of the columns of the row.
    :param parts: rows of its parts.
    :param required: what it requires, ``None`` if that has been checked in the transaction.
    :returns: the row, with the columns of :meth:`.Tables.select`.
    :raises cratonserver.errors.Refused: as :meth:`.Required.verify`.
    :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
    """
    given = [part for part in parts if part.rows]
    parameters = {_parameter(name): value for name, value in values.items()}
    if rows.tables.dialect.writes_many_tables:
        for part in given:
            parameters.update(part.parameters(rows.tables.dialect))
        return _create_at_once(rows, tuple(values), parameters, given, required)
    insert = rows.tables.prepared(_insertion, rows.kind, tuple(values))
    row = insert.dicts(rows.connection, parameters)[0]
    for part in given:
        owned = {OWNER: row["id"], **part.parameters(rows.tables.dialect)}
        rows.tables.prepared(_part_insertion, part.table).run(rows.connection, owned)
    return row


def _create_at_once(
    rows: Rows,
    columns: tuple[str, ...],
    values: Row,
    parts: list[PartRows],
    required: Required | None,
) -> Row:
    tables, shape = tuple(part.table for part in parts), None
    if required is not None and required.number:
        shape = required.shape
        values = {**values, **required.parameters, _REQUIRED: required.number}
    statement = rows.tables.prepared(_joint_insertion, rows.kind, columns, tables, shape)
    found = statement.rows(rows.connection, values)
    shown = rows.tables.select(rows.kind).selected_columns.keys()
    names = statement.columns[: -len(shown)]
    if required is not None and shape is not None:
        required.verify(dict(zip(names, row[: -len(shown)], strict=True)) for row in found)
    row = dict(zip(shown, found[0][-len(shown) :], strict=True))
    if row["id"] is None:
        raise LookupError(f"{shape} was met, but no row was created")
    return row


def _insertion(tables: Tables, kind: Kind, columns: tuple[str, ...]) -> t.Any:
    insert = sa.insert(tables.table(kind)).values(_values(tables, kind, columns))
    shown = tables.select(kind).selected_columns
    return insert.returning(*shown).execution_options(**{PREPARE: True})


def _part_insertion(tables: Tables, table: sa.Table) -> t.Any:
    return part_rows.insertion(tables.dialect, table, part_rows.owner_parameter(table))


def _joint_insertion(
    tables: Tables,
    kind: Kind,
    columns: tuple[str, ...],
    parts: tuple[sa.Table, ...],
    shape: Shape | None,
) -> t.Any:
    values = sa.select(*_values(tables, kind, columns).values())
    required = None
    if shape is not None:
        required = requirements.union(tables, shape).cte("required")
        met = sa.select(sa.func.count()).select_from(required).where(required.c.fits)
        all_ = sa.bindparam(_REQUIRED, type_=sa.Integer())
        values = values.where(met.scalar_subquery() == all_)
    insert = sa.insert(tables.table(kind)).from_select(columns, values)
    created = insert.returning(*tables.select(kind).selected_columns).cte("created")
    inserts = [
        part_rows.insertion(tables.dialect, part, created.c.id, created).cte(f"{part}_rows")
        for part in parts
    ]
    result = sa.select(created)
    if required is not None:
        both = required.outerjoin(created, sa.true())
        result = sa.select(required, created).select_from(both)
    return result.add_cte(*inserts).execution_options(**{PREPARE: True})


def _values(
    tables: Tables, kind: Kind, columns: tuple[str, ...]
) -> dict[str, sa.BindParameter[t.Any]]:
    """Return the parameters for the values of columns."""
    table = tables.table(kind)
    return {name: sa.bindparam(_parameter(name), type_=table.c[name].type) for name in columns}


def _parameter(column: str) -> str:
    """Return the name of the parameter for a value. SQLAlchemy reserves those of columns."""
    return f"craton_value_{column}"
