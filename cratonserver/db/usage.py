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
    query = tables.cached(_count_query, resource)
    return int(connection.execute(query, {PROJECT: project_id}).scalar_one())


def bound(connection: sa.Connection, tables: Tables, resource: str) -> int | None:
    """Return a number that no project exceeds, at the cost of one lookup.

    :param resource: name of a resource whose scope is the project.
    :returns: ``None`` if there is no such number.
    """
    kind = _kind(tables, resource)
    if kind is None:
        return tables.dialect.size_bound(connection)
    ids = tables.table(kind).c.id
    if not isinstance(ids.type, sa.Integer):
        return None
    # Ids are never used again, so there are at most as many rows as the highest id.
    return int(
        connection.execute(sa.select(sa.func.coalesce(sa.func.max(ids), 0))).scalar_one()
    )


def _kind(tables: Tables, resource: str) -> Kind | None:
    """Return the kind whose objects a resource counts, ``None`` if it counts bytes."""
    return next((kind for kind in tables.kinds if kind.collection == resource), None)


def _count_query(tables: Tables, resource: str) -> sa.Select[t.Any]:
    kind = _kind(tables, resource)
    if kind is not None:
        table = tables.table(kind)
        own = tables.storage(kind).visible(table, _project(tables))
        return (
            sa.select(sa.func.count())
            .select_from(table)
            .where(own, *tables.kind_conditions(kind))
        )
    part = resource.removesuffix("_bytes")
    total = sum(_sizes(tables, part), sa.literal(0))
    return sa.select(total)


def _sizes(tables: Tables, part: str) -> t.Iterator[t.Any]:
    """Yield a subquery for each table of a mapping, with the bytes of a project in it."""
    seen = set()
    for kind in tables.kinds:
        root = tables.root(kind)
        has_part = part in kind.parts or (part == "variables" and kind.has_variables)
        if root in seen or not has_part:
            continue
        seen.add(root)
        owners, table = tables.table(kind), tables.part(kind, part)
        own = sa.select(owners.c.id).where(
            tables.storage(kind).visible(owners, _project(tables))
        )
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
