# SPDX-License-Identifier: Apache-2.0
"""Read and write the list parts of rows, such as labels. They are sets of strings.

For example, on both databases, the labels of a host::

    SELECT label FROM device_labels WHERE owner_id = :craton_owner

:mod:`cratonserver.db.part_rows` has examples of the statements that write them.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import part_rows
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.part_rows import OWNER, PartRows
from cratonserver.db.tables import Tables, copied_to_labels


def read(
    connection: sa.Connection, tables: Tables, kind: Kind, owner_id: t.Any, part: str
) -> list[str]:
    """Return the labels of a row, sorted.

    :param kind: kind of the row.
    :param owner_id: id of the row.
    :param part: name of the part, such as ``labels``.
    """
    query = tables.prepared(_query, tables.part(kind, part))
    return sorted(query.scalars(connection, {OWNER: owner_id}))


def rows(
    tables: Tables, kind: Kind, owner: Row, labels: t.Iterable[str], part: str
) -> PartRows:
    """Return the rows that store labels.

    :param kind: kind of the owner.
    :param owner: the object that has the labels, with its project and creation time.
    :param part: name of the part.
    """
    copied = {name: owner[name] for name in copied_to_labels(tables.table(kind))}
    stored = [{"label": label, **copied} for label in sorted({*labels})]
    return PartRows(tables.part(kind, part), stored)


def remove(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    owner_id: t.Any,
    labels: t.Iterable[str],
    part: str,
) -> bool:
    """Remove labels from a row. Labels that it does not have are ignored.

    :returns: True if the row had one of the labels.
    """
    return part_rows.remove(connection, tables, owner_id, tables.part(kind, part), labels)


def _query(tables: Tables, table: sa.Table) -> sa.Select[str]:
    query = sa.select(table.c.label).where(table.c.owner_id == part_rows.owner_parameter(table))
    return query.execution_options(**{PREPARE: True})
