# SPDX-License-Identifier: Apache-2.0
"""Walk along ``parent_id``, in the database.

UNION, not UNION ALL: a walk ends even if there were a circle in the data.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

#: How far up :func:`above` goes. No fleet is that deep; a circle, which the store
#: does not let happen, would not end.
MAX_DISTANCE = 10_000


def hold(table: sa.Table, row: t.Mapping[str, t.Any]) -> sa.Select[tuple[str]]:
    """Select the project of a row, and keep it until the transaction ends.

    Whoever is about to hang a row below another one does so first. Then no two
    do it at once, and neither misses what the other one did.
    """
    projects = table.metadata.tables["projects"]
    project = sa.select(projects.c.id).where(projects.c.id == row["project_id"])
    return project.with_for_update(key_share=True)


def descendants(table: sa.Table, row_id: int) -> sa.Select[tuple[int]]:
    """Select the ids of all rows that are below one."""
    children = sa.select(table.c.id).where(table.c.parent_id == row_id)
    tree = children.cte("descendants", recursive=True)
    below = table.alias()
    tree = tree.union(sa.select(below.c.id).where(below.c.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def with_ancestors(table: sa.Table, wanted: sa.ColumnElement[bool]) -> sa.Select[t.Any]:
    """Select id and parent_id of rows, and of all that they are below.

    Each row above is looked up by itself: for a join, PostgreSQL expects so many of
    them that it reads the whole table.

    :param wanted: the condition that picks the rows.
    """
    start = sa.select(table.c.id, table.c.parent_id).where(wanted)
    chain = start.cte("ancestors", recursive=True)
    further = table.alias()
    above = sa.select(further.c.parent_id).where(further.c.id == chain.c.parent_id)
    step = sa.select(chain.c.parent_id, above.correlate(chain).scalar_subquery())
    chain = chain.union(step.where(chain.c.parent_id.is_not(None)))
    return sa.select(chain.c.id, chain.c.parent_id)


def above(table: sa.Table) -> sa.CTE:
    """Give the rows that a row of an outer query is below: id and distance."""
    first, further = table.alias(), table.alias()
    start = (
        sa.select(first.c.id, first.c.parent_id, sa.literal(1).label("distance"))
        .where(first.c.id == table.c.parent_id)
        .correlate(table)
    )
    chain = start.cte("above", recursive=True, nesting=True)
    return chain.union_all(
        sa.select(further.c.id, further.c.parent_id, chain.c.distance + 1).where(
            further.c.id == chain.c.parent_id, chain.c.distance < MAX_DISTANCE
        )
    )


def below(
    table: sa.Table, further: t.Any, row_ids: sa.Select[tuple[t.Any]]
) -> sa.Select[tuple[t.Any]]:
    """Select the ids of all rows that are below any of some.

    :param further: an alias of the table.
    """
    start = sa.select(table.c.id).where(table.c.parent_id.in_(row_ids)).correlate(None)
    tree = start.cte("below", recursive=True, nesting=True)
    tree = tree.union(sa.select(further.c.id).where(further.c.parent_id == tree.c.id))
    return sa.select(tree.c.id)
