# SPDX-License-Identifier: Apache-2.0
"""Find many objects of a kind by their names and ids.

For example, on SQLite::

    SELECT devices.id, … FROM devices
    WHERE name IN (SELECT value FROM json_each(:craton_wanted))
        AND project_id = :craton_project AND kind = 'host'
    ORDER BY id LIMIT 20001
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.objects import Objects
from cratonserver.db.tables import PROJECT, Tables

#: The name of the parameter for names or ids.
_WANTED = "craton_wanted"
_LIMIT = "craton_limit"


def find(objects: Objects, column: str, wanted: t.Collection[t.Any], limit: int) -> list[Row]:
    """Return the rows of a kind that have one of some values in a column, sorted by id.

    :param objects: the objects of the kind that the user may see.
    :param column: name of the column.
    :param wanted: the values.
    :param limit: maximum number of rows.
    """
    if not wanted:
        return []
    who = objects.who
    query = objects.tables.prepared(_query, objects.kind, column, who.is_root)
    values = {_WANTED: sorted(wanted), PROJECT: who.project_id, _LIMIT: limit}
    return query.dicts(objects.connection, values)


def _query(tables: Tables, kind: Kind, column: str, all_projects: bool) -> sa.Select[t.Any]:
    table = tables.table(kind)
    return (
        tables.select(kind)
        .where(tables.dialect.in_parameter(table.c[column], _WANTED))
        .where(*tables.visible(kind, all_projects=all_projects))
        .order_by(table.c.id)
        .limit(sa.bindparam(_LIMIT, type_=sa.Integer()))
    )
