# SPDX-License-Identifier: Apache-2.0
"""Read and write the list parts of rows, such as labels. They are sets of strings.

For example, on both databases, the labels of a host::

    SELECT label FROM device_labels WHERE owner_id = :host
    INSERT INTO device_labels (owner_id, label) VALUES (:host, :label)
        ON CONFLICT (owner_id, label) DO NOTHING
    DELETE FROM device_labels WHERE owner_id = :host AND label IN (:label_1, :label_2)
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.tables import Tables


def read(
    connection: sa.Connection, tables: Tables, kind: Kind, owner_id: t.Any, part: str
) -> list[str]:
    """Return the labels of a row, sorted.

    :param kind: kind of the row.
    :param owner_id: id of the row.
    :param part: name of the part, such as ``labels``.
    """
    table = tables.part(kind, part)
    query = sa.select(table.c.label).where(table.c.owner_id == owner_id)
    return sorted(connection.execute(query).scalars())


def add(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    owner_id: t.Any,
    labels: t.Iterable[str],
    part: str,
) -> None:
    """Add labels to a row. Labels that it has already are ignored."""
    rows = [{"owner_id": owner_id, "label": label} for label in sorted({*labels})]
    tables.dialect.upsert(connection, tables.part(kind, part), rows)


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
    table = tables.part(kind, part)
    wanted = table.c.label.in_(sorted(labels))
    delete = sa.delete(table).where(table.c.owner_id == owner_id, wanted)
    return bool(connection.execute(delete).rowcount)
