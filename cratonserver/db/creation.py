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

On SQLite, these are three statements in a transaction::

    INSERT INTO devices (name, …) SELECT :craton_value_name, …
    WHERE (SELECT count(*) FROM (SELECT 'project_id' AS what, … UNION ALL …) WHERE fits)
        = :craton_required
    RETURNING id, name, …
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


def create(rows: Rows, values: Row, parts: t.Iterable[PartRows], required: Required) -> Row:
    """Check what a new row requires, and insert it and the rows of its parts.

    :param rows: rows of the kind.
    :param values: values of the columns of the row.
    :param parts: rows of its parts.
    :param required: what it requires.
    :returns: the row, with the columns of :meth:`.Tables.select`.
    :raises cratonserver.errors.Refused: as :meth:`.Required.verify`.
    :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
    """
    given = [part for part in parts if part.rows]
    parameters = {_parameter(name): value for name, value in values.items()}
    shape = None
    if required.number:
        shape = required.shape
        parameters.update(required.parameters)
        parameters[_REQUIRED] = required.number
    make = _create_at_once if rows.tables.dialect.writes_many_tables else _create_stepwise
    row = make(rows, tuple(values), parameters, given, required, shape)
    if row is None or row["id"] is None:
        raise LookupError(f"{shape} was met, but no row was created")
    return row


def _create_stepwise(
    rows: Rows,
    columns: tuple[str, ...],
    values: Row,
    parts: list[PartRows],
    required: Required,
    shape: Shape | None,
) -> Row | None:
    """Create the row and each of its parts in a transaction, while nobody else writes."""
    tables = rows.tables
    insert = tables.prepared(_insertion, rows.kind, columns, shape)
    found = insert.dicts(rows.connection, values)
    if not found:
        required.check()
        return None
    for part in parts:
        owned = {OWNER: found[0]["id"], **part.parameters(tables.dialect)}
        tables.prepared(_part_insertion, part.table).run(rows.connection, owned)
    return found[0]


def _create_at_once(
    rows: Rows,
    columns: tuple[str, ...],
    values: Row,
    parts: list[PartRows],
    required: Required,
    shape: Shape | None,
) -> Row | None:
    """Create the row and its parts in one statement, which returns what was required, too."""
    for part in parts:
        values.update(part.parameters(rows.tables.dialect))
    tables = tuple(part.table for part in parts)
    statement = rows.tables.prepared(_joint_insertion, rows.kind, columns, tables, shape)
    found = statement.rows(rows.connection, values)
    shown = rows.tables.select(rows.kind).selected_columns.keys()
    if shape is not None:
        names = statement.columns[: -len(shown)]
        required.verify(dict(zip(names, row[: -len(shown)], strict=True)) for row in found)
    return dict(zip(shown, found[0][-len(shown) :], strict=True))


def _insertion(
    tables: Tables, kind: Kind, columns: tuple[str, ...], shape: Shape | None
) -> t.Any:
    required = None if shape is None else requirements.union(tables, shape).subquery()
    insert = _conditional_insertion(tables, kind, columns, required)
    return insert.execution_options(**{PREPARE: True})


def _conditional_insertion(
    tables: Tables,
    kind: Kind,
    columns: tuple[str, ...],
    required: sa.CTE | sa.Subquery | None,
) -> t.Any:
    """Build the INSERT of a row, on the condition that all requirements are met."""
    values = sa.select(*_values(tables, kind, columns).values())
    if required is not None:
        met = sa.select(sa.func.count()).select_from(required).where(required.c.fits)
        all_ = sa.bindparam(_REQUIRED, type_=sa.Integer())
        values = values.where(met.scalar_subquery() == all_)
    insert = sa.insert(tables.table(kind)).from_select(columns, values)
    return insert.returning(*tables.select(kind).selected_columns)


def _part_insertion(tables: Tables, table: sa.Table) -> t.Any:
    return part_rows.insertion(tables.dialect, table, part_rows.owner_parameter(table))


def _joint_insertion(
    tables: Tables,
    kind: Kind,
    columns: tuple[str, ...],
    parts: tuple[sa.Table, ...],
    shape: Shape | None,
) -> t.Any:
    required = None if shape is None else requirements.union(tables, shape).cte("required")
    created = _conditional_insertion(tables, kind, columns, required).cte("created")
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
