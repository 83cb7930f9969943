# SPDX-License-Identifier: Apache-2.0
"""Count what projects use: objects of each kind, and bytes of their mappings.

For example, on both databases::

    SELECT count(*) FROM devices WHERE project_id = :project AND kind = 'host'

    SELECT (SELECT coalesce(sum(octet_length(name) + octet_length(value)), 0)
            FROM device_variables WHERE owner_id IN
                (SELECT id FROM devices WHERE project_id = :project)) + …   -- other tables
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonclient.v1 import quotas
from cratonserver.db.tables import Tables

#: The name of the parameter for the project.
PROJECT = "craton_project"


def count(connection: sa.Connection, tables: Tables, resource: str, project_id: str) -> int:
    """Return how much of a resource a project uses.

    :param resource: name of a resource whose scope is the project.
    """
    query = tables.prepared(_count_query, resource)
    return int(query.scalars(connection, {PROJECT: project_id})[0])


def bound(connection: sa.Connection, tables: Tables, resource: str) -> int | None:
    """Return a number that no project exceeds, at the cost of one lookup.

    :param resource: name of a resource whose scope is the project.
    :returns: ``None`` if there is no such number.
    """
    kind = _kind(tables, resource)
    if kind is None:
        return tables.dialect.size_bound(connection)
    if not isinstance(tables.table(kind).c.id.type, sa.Integer):
        return None
    # Ids are never used again, so there are at most as many rows as the highest id.
    return int(tables.prepared(_greatest_id, kind).scalars(connection)[0])


def _kind(tables: Tables, resource: str) -> Kind | None:
    """Return the kind whose objects a resource counts, ``None`` if it counts bytes."""
    return next((kind for kind in tables.kinds if kind.collection == resource), None)


def count_all(connection: sa.Connection, tables: Tables, resource: str) -> dict[str, int]:
    """Return how much of a resource each project uses, by the id of the project.

    :param resource: name of a resource whose scope is the project.
    """
    found = connection.execute(tables.cached(_count_all_query, resource))
    return {project_id: int(number) for project_id, number in found}


def _greatest_id(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    return sa.select(sa.func.coalesce(sa.func.max(tables.table(kind).c.id), 0))


def _count_query(tables: Tables, resource: str) -> sa.Select[t.Any]:
    return sa.select(_number(tables, resource, _project(tables)))


def _count_all_query(tables: Tables, resource: str) -> sa.Select[t.Any]:
    """Build the query for all projects.

    For example::

        SELECT p.id, (SELECT count(*) FROM clouds WHERE project_id = p.id) FROM projects AS p
    """
    projects = tables.metadata.tables["projects"].alias()
    return sa.select(projects.c.id, _number(tables, resource, projects.c.id))


def _number(tables: Tables, resource: str, project: t.Any) -> sa.ColumnElement[int]:
    """Return a column with how much a project uses.

    :param project: id of the project: a parameter, or a column of another table.
    """
    kind = _kind(tables, resource)
    if kind is None:
        part = resource.removesuffix("_bytes")
        return t.cast(
            "sa.ColumnElement[int]", sum(_sizes(tables, part, project), sa.literal(0))
        )
    table = tables.table(kind)
    own = tables.storage(kind).visible(table, project)
    query = sa.select(sa.func.count()).select_from(table)
    return query.where(own, *tables.kind_conditions(kind)).scalar_subquery()


def _sizes(tables: Tables, part: str, project: t.Any) -> t.Iterator[t.Any]:
    """Yield a subquery for each table of a mapping, with the bytes of a project in it."""
    seen = set()
    for kind in tables.kinds:
        root = tables.root(kind)
        has_part = part in kind.parts or (part == "variables" and kind.has_variables)
        if root in seen or not has_part:
            continue
        seen.add(root)
        owners, table = tables.table(kind), tables.part(kind, part)
        visible = tables.storage(kind).visible(owners, project)
        # The project may be a column of the outermost query.
        own = sa.select(owners.c.id).where(visible).correlate_except(owners)
        length = tables.dialect.byte_length
        size = sa.func.sum(length(table.c.name) + length(table.c.value), type_=sa.BigInteger)
        yield (
            sa.select(sa.func.coalesce(size, 0))
            .where(table.c.owner_id.in_(own))
            .scalar_subquery()
        )


def _project(tables: Tables) -> t.Any:
    projects = tables.metadata.tables["projects"]
    return sa.bindparam(PROJECT, type_=projects.c.id.type)


def resources(tables: Tables) -> dict[str, quotas.Resource]:
    """Return what quotas limit in a fleet, by name."""
    return tables.cached(_resources)


def _resources(tables: Tables) -> dict[str, quotas.Resource]:
    return quotas.resources(tables.kinds)
