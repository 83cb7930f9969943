# SPDX-License-Identifier: Apache-2.0
"""Read what a change requires, in one statement: its references, and numbers to check.

For example, a new host in a cell on PostgreSQL. The rows are locked from top to bottom
until the transaction ends, in the same order as by a deletion, which avoids deadlocks with
deletions: a cloud before its regions. Other transactions can still refer to them. On SQLite
the statement has no ``FOR``, because only one transaction writes at a time::

    SELECT 'project_id' AS what, NULL AS number, NULL AS cloud_id, NULL AS region_id
    FROM (SELECT id FROM projects WHERE id = :project_id AND id = :craton_project
          FOR KEY SHARE) AS anon_1
    UNION ALL
    SELECT 'region_id', NULL, anon_2.cloud_id, NULL
    FROM (SELECT id, cloud_id FROM regions
          WHERE id = :region_id AND project_id = :craton_project
              AND project_id = :craton_owner_project FOR KEY SHARE) AS anon_2
    UNION ALL
    SELECT 'cell_id', NULL, anon_3.cloud_id, anon_3.region_id
    FROM (SELECT … FROM cells …) AS anon_3
    UNION ALL
    SELECT '0', (SELECT count(*) FROM …), NULL, NULL     -- a requirement

A row that is missing in the result does not exist.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import references
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.policy import Requirement
from cratonserver.db.references import Reference
from cratonserver.db.rows import Rows
from cratonserver.db.tables import PROJECT, Tables

#: The name of the parameter for the project of the row to write.
_OWNER_PROJECT = "craton_owner_project"


def check(
    rows: Rows, changes: t.Container[str], values: Row, others: t.Sequence[Requirement]
) -> None:
    """Refuse references that are not valid, and requirements that are not met.

    :param rows: rows of the kind to write.
    :param changes: names of the fields that change.
    :param values: values of all fields after the change.
    :param others: further requirements.
    :raises cratonserver.errors.Refused: with status 404 for an object that does not
        exist, 400 for references that contradict each other, and with the status of the
        first requirement that is not met.
    """
    known = references.of_kind(rows.tables, rows.kind)
    wanted = references.to_check(known, changes, values)
    if not (wanted or others):
        return
    found = _read(rows, wanted, values, others)
    for field, one in wanted.items():
        if field not in found:
            raise _missing(rows.tables, field, one, values)
    pairs = [(field, one, found[field]) for field, one in wanted.items()]
    problems = references.conflicts(rows.kind, pairs, values)
    if problems:
        raise errors.invalid(problems)
    for number, other in enumerate(others):
        other.check(found[str(number)]["number"])


def _read(
    rows: Rows,
    wanted: t.Mapping[str, Reference],
    values: Row,
    others: t.Sequence[Requirement],
) -> dict[str, Row]:
    """Lock the rows that exist and return them, and the numbers of the requirements."""
    queries = tuple(other.query for other in others)
    query = rows.tables.cached(_query, rows.kind, tuple(wanted), queries, rows.who.is_root)
    parameters = {
        PROJECT: rows.who.project_id,
        _OWNER_PROJECT: values.get("project_id"),
        **{field: values[field] for field in wanted},
    }
    for other in others:
        parameters.update(other.values)
    return {
        row["what"]: {**row, "id": values.get(row["what"])}
        for row in rows.run(query, parameters)
    }


def _missing(tables: Tables, field: str, one: Reference, values: Row) -> errors.Refused:
    where = ""
    if "project_id" in tables.table(one.target).c:
        where = f" in the project {values.get('project_id')}"
    noun, item_id = one.target.noun, values[field]
    return errors.Refused(404, f"{field}: {noun} {item_id} does not exist{where}")


def _query(
    tables: Tables,
    kind: Kind,
    fields: tuple[str, ...],
    others: tuple[t.Callable[..., sa.Select[int]], ...],
    all_projects: bool,
) -> t.Any:
    """Build the query of the example at the top of this module.

    :param fields: the references.
    :param others: functions that build the queries of the requirements.
    """
    known = references.of_kind(tables, kind)
    wanted = {field: known[field] for field in fields}
    # PostgreSQL has to know the types of columns that are null in the first rows.
    shared = {
        name: tables.table(kind).c[name] for one in wanted.values() for name in one.shared
    }
    queries = []
    for field, one in wanted.items():
        row = _lock(tables, field, one, all_projects).subquery()
        theirs = [
            row.c[name] if name in one.shared else _null(column)
            for name, column in shared.items()
        ]
        queries.append(
            sa.select(*_head(field, sa.cast(sa.null(), sa.Integer)), *theirs).select_from(row)
        )
    for number, make in enumerate(others):
        value = make(tables, kind).scalar_subquery()
        queries.append(sa.select(*_head(str(number), value), *map(_null, shared.values())))
    return sa.union_all(*queries).execution_options(**{PREPARE: True})


def _head(what: str, number: sa.ColumnElement[t.Any]) -> tuple[t.Any, t.Any]:
    return sa.literal_column(f"'{what}'", sa.String).label("what"), number.label("number")


def _null(column: sa.Column[t.Any]) -> sa.ColumnElement[t.Any]:
    """Return NULL with the type and the name of a column."""
    return sa.cast(sa.null(), column.type).label(column.name)


def _lock(tables: Tables, field: str, one: Reference, all_projects: bool) -> sa.Select[t.Any]:
    """Lock a referenced row.

    References to another project are refused, even if the user sees several projects.
    """
    table = tables.table(one.target)
    item_id = sa.bindparam(field, type_=table.c.id.type)
    select = sa.select(*(table.c[name] for name in ("id", *one.shared))).where(
        table.c.id == item_id, *tables.visible(one.target, all_projects=all_projects)
    )
    if "project_id" in table.c:
        owner = sa.bindparam(_OWNER_PROJECT, type_=table.c.project_id.type)
        select = select.where(table.c.project_id == owner)
    return select.with_for_update(read=True, key_share=True)
