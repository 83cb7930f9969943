# SPDX-License-Identifier: Apache-2.0
"""Check that the values of a row fit together, before they are written.

For example, a change of the cell of a host on PostgreSQL. The cell is locked until the
transaction ends; other transactions can still refer to it. On SQLite the statement has no
``FOR``, because only one transaction writes at a time::

    SELECT id, cloud_id, region_id FROM cells
    WHERE id = :cell AND project_id = :project AND project_id = :project_of_host
    FOR KEY SHARE
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient import formats
from cratonclient.fields import Field
from cratonserver import errors
from cratonserver.db import references
from cratonserver.db.aliases import Row
from cratonserver.db.rows import Rows


def check(rows: Rows, changes: Row, values: Row) -> None:
    """Refuse values that do not fit together.

    :param changes: values that change.
    :param values: values of all fields after the change.
    :raises cratonserver.errors.Refused: with status 400, 404 or 409.
    """
    problems = formats.conflicts(rows.kind.fields, values, changes)
    if problems:
        raise errors.invalid(problems)
    _check_references(rows, changes, values)
    _check_addresses(rows, changes, values)


def _check_addresses(rows: Rows, changes: Row, values: Row) -> None:
    """Refuse a unique address that another row has in another canonical spelling.

    The unique constraint of the table compares texts, so it does not know that an IPv4
    address and its IPv4-mapped address are the same.
    """
    fields = {name: rows.kind.fields[name] for name in rows.kind.resource_class.unique}
    if not (fields.keys() & changes.keys() and any(f.format for f in fields.values())):
        return
    same = [
        rows.table.c[name].in_(spellings(field, values[name])) for name, field in fields.items()
    ]
    others = sa.select(rows.table.c.id).where(*same)
    if "id" in values:
        others = others.where(rows.table.c.id != values["id"])
    if rows.connection.execute(others).first():
        raise errors.Refused(409, rows.policy.name_taken)


def _check_references(rows: Rows, changes: t.Container[str], values: Row) -> None:
    """Refuse references to objects that do not exist, or that do not fit together.

    The objects are locked until the transaction ends, in the same order as by a
    deletion: a cloud before its regions. This avoids deadlocks with deletions.

    :param changes: names of the fields that change.
    :param values: values of all fields after the change.
    :raises cratonserver.errors.Refused: with status 404 for an object that does not
        exist, 400 for references that contradict each other.
    """
    known = references.of_kind(rows.tables, rows.kind)
    found = [
        (name, one, _require(rows, name, one, values))
        for name, one in references.to_check(known, changes, values).items()
    ]
    problems = references.conflicts(rows.kind, found, values)
    if problems:
        raise errors.invalid(problems)


def _require(rows: Rows, field: str, one: references.Reference, values: Row) -> Row:
    """Lock a referenced row and return it, with the references that it shares.

    References to another project are refused, even if the user sees several projects.
    """
    target = Rows(rows.tables, one.target, rows.who, rows.connection)
    table, item_id = target.table, values[field]
    columns = [table.c[name] for name in ("id", *one.shared)]
    select = sa.select(*columns).where(table.c.id == item_id, *target.scope())
    where = ""
    if "project_id" in table.c:
        project_id = values.get("project_id")
        select = select.where(table.c.project_id == project_id)
        where = f" in the project {project_id}"
    found = target.run(select.with_for_update(read=True, key_share=True))
    if not found:
        raise errors.Refused(404, f"{field}: {one.target.noun} {item_id} does not exist{where}")
    return found[0]


def spellings(field: Field[t.Any], value: t.Any) -> list[t.Any]:
    """Return all values that are the same as a value of a field."""
    if field.format is None or value is None:
        return [value]
    return formats.spellings(field.format, value)
