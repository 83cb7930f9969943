# SPDX-License-Identifier: Apache-2.0
"""Recursive queries along ``parent_id``.

UNION instead of UNION ALL ends the recursion even if the data contained a cycle.
:func:`correlated_ancestors` uses UNION ALL, because it counts the distance and stops at a
maximum.

For example, :func:`descendants`, on both databases::

    WITH RECURSIVE descendants(id) AS (
        SELECT id FROM devices WHERE parent_id = :parent
        UNION
        SELECT d.id FROM devices AS d, descendants WHERE d.parent_id = descendants.id)
    SELECT id FROM descendants

and :func:`with_ancestors`::

    WITH RECURSIVE ancestors(id, parent_id) AS (
        SELECT id, parent_id FROM devices WHERE <wanted>
        UNION
        SELECT ancestors.parent_id,
            (SELECT d.parent_id FROM devices AS d WHERE d.id = ancestors.parent_id)
        FROM ancestors WHERE ancestors.parent_id IS NOT NULL)
    SELECT id, parent_id FROM ancestors

:func:`correlated_ancestors`, in a subquery of a query for devices::

    WITH RECURSIVE above(id, parent_id, distance) AS (
        SELECT id, parent_id, 1 FROM devices AS d WHERE d.id = devices.parent_id
        UNION ALL
        SELECT d.id, d.parent_id, above.distance + 1 FROM devices AS d, above
        WHERE d.id = above.parent_id AND above.distance < 16)

and :func:`descendants_of`::

    WITH RECURSIVE below(id) AS (
        SELECT id FROM devices WHERE parent_id IN (<row_ids>)
        UNION
        SELECT d.id FROM devices AS d, below WHERE d.parent_id = below.id)
    SELECT id FROM below

:func:`heirs` has ``NOT <ends>`` in both queries.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa


def descendants(table: sa.Table, row_id: t.Any) -> sa.Select[tuple[int]]:
    """Select the ids of all descendants of a row.

    :param row_id: id of the row, or a parameter of the statement.
    """
    children = sa.select(table.c.id).where(table.c.parent_id == row_id)
    tree = children.cte("descendants", recursive=True)
    below = table.alias()
    tree = tree.union(sa.select(below.c.id).where(below.c.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def with_ancestors(table: sa.Table, wanted: sa.ColumnElement[bool]) -> sa.Select[t.Any]:
    """Select id and parent_id of rows and of all their ancestors.

    A subquery looks up each ancestor. For a join, PostgreSQL expects so many rows that
    it reads the whole table.

    :param wanted: the condition for the rows.
    """
    start = sa.select(table.c.id, table.c.parent_id).where(wanted)
    chain = start.cte("ancestors", recursive=True)
    further = table.alias()
    above = sa.select(further.c.parent_id).where(further.c.id == chain.c.parent_id)
    step = sa.select(chain.c.parent_id, above.correlate(chain).scalar_subquery())
    chain = chain.union(step.where(chain.c.parent_id.is_not(None)))
    return sa.select(chain.c.id, chain.c.parent_id)


def correlated_ancestors(table: sa.Table, furthest: int) -> sa.CTE:
    """Return a CTE of the ancestors of a row of the outer query: id, parent_id, distance.

    :param furthest: the distance of the furthest ancestor. It ends the recursion in a cycle,
        although the server refuses cycles.
    """
    first, further = table.alias(), table.alias()
    start = (
        sa.select(first.c.id, first.c.parent_id, sa.literal(1).label("distance"))
        .where(first.c.id == table.c.parent_id)
        .correlate(table)
    )
    chain = start.cte("above", recursive=True, nesting=True)
    return chain.union_all(
        sa.select(further.c.id, further.c.parent_id, chain.c.distance + 1).where(
            further.c.id == chain.c.parent_id, chain.c.distance < furthest
        )
    )


def descendants_of(
    table: sa.Table, further: t.Any, row_ids: sa.Select[tuple[t.Any]]
) -> sa.Select[tuple[t.Any]]:
    """Select the ids of all descendants of some rows.

    :param further: an alias of the table.
    :param row_ids: the query for the ids of the rows.
    """
    start = sa.select(table.c.id).where(table.c.parent_id.in_(row_ids)).correlate(None)
    tree = start.cte("below", recursive=True, nesting=True)
    tree = tree.union(sa.select(further.c.id).where(further.c.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def heirs(
    table: sa.Table,
    further: t.Any,
    row_ids: sa.Select[tuple[t.Any]],
    ends: t.Callable[[t.Any], sa.ColumnElement[bool]],
) -> sa.Select[tuple[t.Any]]:
    """Select the ids of all rows that inherit something from some rows.

    Each row is visited once, however long the chains of parents are and however many rows
    inherit from the same row.

    :param further: an alias of the table.
    :param row_ids: the query for the ids of the rows.
    :param ends: function that returns the condition that a row inherits nothing, nor do
        its descendants through it, such as that it has a value of its own. Its argument is
        the table or the alias.
    """
    first = table.c.parent_id.in_(row_ids)
    start = sa.select(table.c.id).where(first, sa.not_(ends(table))).correlate(None)
    tree = start.cte("heirs", recursive=True, nesting=True)
    tree = tree.union(
        sa.select(further.c.id).where(further.c.parent_id == tree.c.id, sa.not_(ends(further)))
    )
    return sa.select(tree.c.id)


def levels_up(
    table: sa.Table, first: sa.ColumnElement[bool], most: t.Any
) -> sa.ColumnElement[int]:
    """Count the rows from a row to the top of its tree, up to one more than a limit.

    For example::

        SELECT coalesce(max(level), 0) FROM (
            WITH RECURSIVE up(id, parent_id, level) AS (
                SELECT id, parent_id, 1 FROM devices WHERE id = :parent
                UNION ALL
                SELECT d.id, d.parent_id, up.level + 1 FROM devices AS d, up
                WHERE d.id = up.parent_id AND up.level <= :most)
            SELECT level FROM up)

    :param first: the condition for the row.
    :param most: the limit, or a parameter of the statement.
    """
    start = sa.select(table.c.id, table.c.parent_id, sa.literal(1).label("level")).where(first)
    tree = start.cte("up", recursive=True, nesting=True)
    above = table.alias()
    step = sa.select(above.c.id, above.c.parent_id, tree.c.level + 1)
    return _highest(
        tree.union_all(step.where(above.c.id == tree.c.parent_id, tree.c.level <= most))
    )


def levels_down(
    table: sa.Table, first: sa.ColumnElement[bool], most: t.Any
) -> sa.ColumnElement[int]:
    """Count the levels of rows and of their descendants, up to one more than a limit.

    :param first: the condition for the rows.
    :param most: the limit, or a parameter of the statement.
    """
    start = sa.select(table.c.id, sa.literal(1).label("level")).where(first)
    tree = start.cte("down", recursive=True, nesting=True)
    below = table.alias()
    step = sa.select(below.c.id, tree.c.level + 1)
    return _highest(
        tree.union_all(step.where(below.c.parent_id == tree.c.id, tree.c.level <= most))
    )


def _highest(tree: sa.CTE) -> sa.ColumnElement[int]:
    levels = sa.select(sa.func.coalesce(sa.func.max(tree.c.level), 0))
    return levels.scalar_subquery()
