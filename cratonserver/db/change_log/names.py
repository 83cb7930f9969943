# SPDX-License-Identifier: Apache-2.0
"""Find the objects that have a name, or had it before they were renamed or deleted.

For example, the hosts of a project::

    SELECT CAST(id AS TEXT) FROM devices
    WHERE project_id = :project_id AND kind = 'host' AND name = :name LIMIT 1001

    SELECT DISTINCT owner FROM change_rows
    WHERE project_id = :project_id AND source = 'host' AND old_name = :name LIMIT 1001
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import page_query
from cratonserver.db.dialect import PREPARE
from cratonserver.db.tables import PROJECT, Tables

#: The maximum number of objects that had a name.
MOST_OBJECTS = 1000


def owners(
    connection: sa.Connection, tables: Tables, kind: Kind, name: str, project_id: str
) -> list[str]:
    """Return the ids of the objects that have or had a name, as the log has them.

    :param project_id: id of the project to which the objects belong.
    :raises cratonserver.errors.Refused: with status 400, if there are too many.
    """
    values = {PROJECT: project_id, "name": name}
    found = {*tables.prepared(_former, kind).scalars(connection, values)}
    if kind.resource_class.NAME_ATTR in tables.table(kind).c:
        for member in tables.members(kind):  # the index begins with the kind
            found.update(tables.prepared(_present, member).scalars(connection, values))
    if len(found) > MOST_OBJECTS:
        raise errors.Refused(
            400,
            f"name: more than {MOST_OBJECTS} {kind.plural} have or had the name {name!r}. Use "
            "the id of an object.",
        )
    return sorted(found)


def _present(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    columns = tables.table(kind).c
    name = columns[kind.resource_class.NAME_ATTR]
    visible = tables.visible(kind, all_projects=False)
    query = sa.select(sa.cast(columns.id, sa.Text)).where(
        *visible, name == sa.bindparam("name", type_=name.type)
    )
    return _limited(query)


def _former(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    rows = tables.log.rows.c
    sources = (rows.source == sa.literal(member.key) for member in tables.members(kind))
    query = sa.select(rows.owner).where(
        rows.project_id == sa.bindparam(PROJECT, type_=rows.project_id.type),
        sa.or_(*sources),
        rows.old_name == sa.bindparam("name", type_=rows.old_name.type),
    )
    return _limited(query.distinct())


def _limited(query: sa.Select[t.Any]) -> sa.Select[t.Any]:
    query = query.limit(page_query.literal(MOST_OBJECTS + 1))
    return query.execution_options(**{PREPARE: True})
