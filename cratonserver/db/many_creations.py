# SPDX-License-Identifier: Apache-2.0
"""Create many objects of a kind at once: a few statements, however many objects.

For example, hosts on SQLite::

    SELECT seq FROM sqlite_sequence WHERE name = 'devices'      -- reserve ids
    SELECT id, cloud_id, … FROM regions
    WHERE id IN (SELECT value FROM json_each(:craton_ids)) AND project_id = :craton_project
    INSERT INTO devices (id, name, …) VALUES (?, ?, …)          -- for all hosts
    INSERT INTO device_variables (owner_id, name, value) VALUES (?, ?, ?)
    …
"""

from __future__ import annotations

import contextvars
import operator
import typing as t
from concurrent import futures

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import references
from cratonserver.db.aliases import Row
from cratonserver.db.objects import Objects
from cratonserver.db.references import Reference

#: The name of the parameter for ids.
_IDS = "craton_ids"


class OneByOne(Exception):
    """These objects cannot be created at once, because each needs further checks."""


def create(objects: Objects, given: t.Sequence[t.Mapping[str, t.Any]]) -> list[Row]:
    """Create objects of a kind with their parts.

    :param objects: the objects of the kind, in a transaction that has begun.
    :param given: checked values of the fields and parts of each object.
    :returns: the values of each, with its id.
    :raises OneByOne: if the objects need further checks, or if one of them is not valid.
        Created one by one, the error says which.
    :raises cratonserver.errors.Refused: if there is no room for all of them.
    :raises cratonserver.db.change_log.transaction.SeveralProjects: if they belong to several.
    :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
    """
    if objects.policy.needs_transaction:
        raise OneByOne
    try:
        rows = [objects.prepare(one)[0] for one in given]
        for project_id in {objects.project_of(row) for row in rows}:
            objects.transaction.begin(project_id)
        needs = [objects.requirements(row) for row in rows]
        if any(one.others for one in needs):
            raise OneByOne
        check_references(objects, rows, [one.references for one in needs])
        quotas = objects.quota_checks(objects.project_of(rows[0]))
        quotas.number(objects.kind, len(rows))
    except errors.Refused as exc:
        raise OneByOne from exc
    table, bulk = objects.table, objects.tables.dialect.bulk
    ids = bulk.reserve_ids(objects.connection, table, len(rows))
    for row, item_id in zip(rows, ids, strict=True):
        row["id"] = item_id
    columns = [column.name for column in table.c if column.name in rows[0]]
    with futures.ThreadPoolExecutor(1, "craton-parts") as ahead:
        work: list[futures.Future[t.Any]] = []
        run = contextvars.copy_context().run  # with the limits of the request

        def values() -> t.Iterator[tuple[t.Any, ...]]:
            """Yield the values of each object. Then, prepare their parts in a thread.

            Meanwhile, PostgreSQL checks the foreign keys of the objects, and writes the log.
            """
            yield from map(operator.itemgetter(*columns), rows)
            work.append(ahead.submit(run, quotas.new_parts, objects.kind, given))
            work.append(ahead.submit(run, _rows_of_parts, objects, rows, given))

        bulk.load(objects.connection, table, columns, values(), len(rows))
    try:
        needed, parts = (one.result() for one in work)
        quotas.bytes(needed)
    except errors.Refused as exc:
        raise OneByOne from exc
    for part_table, found in parts.items():
        names = part_table.c.keys()
        bulk.load(objects.connection, part_table, names, found, len(found))
    return rows


def _rows_of_parts(
    objects: Objects, rows: list[Row], given: t.Sequence[t.Mapping[str, t.Any]]
) -> dict[sa.Table, list[tuple[t.Any, ...]]]:
    """Return the values of the rows of the parts of new objects, by table."""
    found: dict[sa.Table, list[tuple[t.Any, ...]]] = {}
    for row, one in zip(rows, given, strict=True):
        for part in objects.new_parts(row, one):
            names = part.table.c.keys()[1:]  # the first one is that of the owner
            values = ((row["id"], *(of_part[name] for name in names)) for of_part in part.rows)
            found.setdefault(part.table, []).extend(values)
    return {table: values for table, values in found.items() if values}


def check_references(
    objects: Objects, rows: list[Row], wanted: list[t.Mapping[str, Reference]]
) -> None:
    """Check that the references of all rows exist and agree.

    :param rows: values of the rows, of one project.
    :param wanted: the references of each row to check.
    :raises OneByOne: if one does not.
    """
    by_field: dict[str, Reference] = {}
    for one in wanted:
        by_field.update(one)
    for field, reference in by_field.items():
        ids = {row[field] for row in rows if row[field] is not None}
        found = _referenced(objects, rows[0]["project_id"], reference, ids)
        for row, one in zip(rows, wanted, strict=True):
            if field not in one:
                continue
            target = found.get(row[field])
            if target is None:
                raise OneByOne
            if references.conflicts(objects.kind, [(field, reference, target)], row):
                raise OneByOne


def _referenced(
    objects: Objects, project_id: str, reference: Reference, ids: t.Iterable[t.Any]
) -> dict[t.Any, Row]:
    """Return the rows that objects refer to, by id, and lock them."""
    tables, target = objects.tables, reference.target
    table = tables.table(target)
    project = sa.literal(project_id)
    columns = (table.c[name] for name in ("id", *reference.shared))
    query = (
        sa.select(*columns)
        .where(tables.dialect.in_parameter(table.c.id, _IDS))
        .where(*tables.visible(target, all_projects=False, project=project))
        .with_for_update(read=True, key_share=True)
    )
    found = objects.connection.execute(query, {_IDS: sorted(ids)}).mappings()
    return {row["id"]: dict(row) for row in found}
