# SPDX-License-Identifier: Apache-2.0
"""Check that the values of a row fit together, before they are written.

Checks that need the database are one statement, see :mod:`cratonserver.db.requirements`.
"""

from __future__ import annotations

import functools
import typing as t

import sqlalchemy as sa

from cratonclient import formats
from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import references
from cratonserver.db.aliases import Row
from cratonserver.db.policy import Requirement
from cratonserver.db.requirements import Required
from cratonserver.db.rows import Rows
from cratonserver.db.tables import Tables

#: The beginning of the names of parameters.
_UNIQUE = "craton_unique_"


def required(
    rows: Rows, changes: Row, values: Row, others: t.Iterable[Requirement]
) -> Required:
    """Refuse values that do not fit together, and return what the database has to check.

    :param rows: rows of the kind to write.
    :param changes: values that change.
    :param values: values of all fields after the change.
    :param others: requirements of the kind, which are checked last.
    :raises cratonserver.errors.Refused: with status 400.
    """
    problems = formats.conflicts(rows.kind.fields, values, changes)
    if problems:
        raise errors.invalid(problems)
    known = references.of_kind(rows.tables, rows.kind)
    wanted = references.to_check(known, changes, values)
    return Required(rows, values, wanted, [*_addresses(rows, changes, values), *others])


def _addresses(rows: Rows, changes: Row, values: Row) -> t.Iterator[Requirement]:
    """Require that no other row has a unique address in another canonical spelling.

    The unique constraint of the table compares texts, so it does not know that an IPv4
    address and its IPv4-mapped address are the same.
    """
    fields = _unique_fields(rows.kind)
    if not (fields.keys() & changes.keys() and any(f.format for f in fields.values())):
        return

    def refusal(_same: int) -> errors.Refused:
        return errors.Refused(409, rows.policy.name_taken)

    same = {_UNIQUE + name: spellings(field, values[name]) for name, field in fields.items()}
    yield Requirement(_same_address, {**same, f"{_UNIQUE}id": values.get("id")}, 0, refusal)


def _same_address(tables: Tables, kind: Kind) -> sa.Select[int]:
    """Count the other rows with the same unique values, in any spelling.

    For example, on PostgreSQL::

        SELECT count(*) FROM segments
        WHERE project_id = ANY (:craton_unique_project_id)
            AND router = ANY (:craton_unique_router)
            AND id IS DISTINCT FROM :craton_unique_id
    """
    table = tables.table(kind)
    same = (
        tables.dialect.in_parameter(table.c[name], _UNIQUE + name)
        for name in _unique_fields(kind)
    )
    row = sa.bindparam(f"{_UNIQUE}id", type_=table.c.id.type)
    return sa.select(sa.func.count()).where(*same, table.c.id.is_distinct_from(row))


@functools.lru_cache(maxsize=256)  # large change sets ask for each object
def _unique_fields(kind: Kind) -> dict[str, Field[t.Any]]:
    return {name: kind.fields[name] for name in kind.resource_class.unique}


def spellings(field: Field[t.Any], value: t.Any) -> list[t.Any]:
    """Return all values that are the same as a value of a field."""
    if field.format is None or value is None:
        return [value]
    return formats.spellings(field.format, value)
