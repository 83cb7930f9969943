# SPDX-License-Identifier: Apache-2.0
"""Plan a list of a user who sees one project, so that it reads the rows of this project only.

Otherwise the response time would tell what other projects have: PostgreSQL would read all
rows by age, by id or by address until it has found enough rows of the project, and its
statistics of labels and names count those of all projects. So the plan depends on the
project only:

- An order without an index that begins with the project is not read from an index. All rows
  of the project that match are sorted.
- The rows with a label are read from the index of labels, in the order of the list.
- If the list has other filters or another order, or a prefix of names, the rows with the label
  or the prefix are counted, up to :data:`FEW`. Few are sorted. With more, the list is read in
  its order and each row is tested. On PostgreSQL, the same is done for the rows of a place, if
  the list is in the order of an index of the project.

For example, the first hosts with a label on SQLite::

    SELECT devices.id, …
    FROM devices
    WHERE id IN (
        SELECT devices.id
        FROM device_labels JOIN devices ON devices.id = device_labels.owner_id
        WHERE label = :label AND device_labels.project_id = :craton_project
            AND +devices.project_id = :craton_project AND +kind = 'host'
        ORDER BY device_labels.created_at, device_labels.owner_id LIMIT 30)
    ORDER BY created_at, id LIMIT 30

and the first hosts by type. ``OFFSET 0`` keeps the order out of the inner plan::

    SELECT devices.id, …
    FROM devices
    WHERE id IN (
        SELECT id
        FROM (SELECT device_type, id FROM devices
              WHERE project_id = :craton_project AND kind = 'host' LIMIT -1 OFFSET 0)
        ORDER BY device_type, id LIMIT 30)
    ORDER BY device_type, id LIMIT 30
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import list_query, page_query
from cratonserver.db.aliases import Clause
from cratonserver.db.keyset import Order
from cratonserver.db.list_query import DEFAULT_SORT, Shape
from cratonserver.db.page_query import PREFIX, Marker, Statements
from cratonserver.db.tables import PROJECT, Tables

#: Up to this number of rows, sorting all of them is faster than testing each row of the list.
FEW = 5000

#: How to find the rows with a label, or with a prefix: in the order of the index, all of
#: them, or by testing each row of the list.
Way = t.Literal["ordered", "few", "many"]


class Plan(t.NamedTuple):
    """The plan of a page. The statement depends on it and on the shape of the list only.

    :param by: name of the filter by a label or a place that selects the rows, or the parameter
        of the prefix of names. Empty if no filter does.
    :param way: how to find these rows.
    :param sorted: sort all rows that match.
    """

    by: str = ""
    way: Way = "many"
    sorted: bool = False


def plan(
    connection: sa.Connection, tables: Tables, shape: Shape, values: t.Mapping[str, t.Any]
) -> Plan | None:
    """Return the plan of a page, ``None`` for a list that needs no special plan.

    :param values: values of the parameters of the list.
    """
    if shape.all_projects or "project_id" not in tables.table(shape.kind).c:
        return None
    by = _selective(tables, shape)
    way: Way = "many"
    if by and by != PREFIX and shape.sort_keys == DEFAULT_SORT and not _narrows(shape, by):
        way = "ordered"
    elif by:
        count = tables.prepared(_count, shape, by).scalars(connection, values)[0]
        way = "few" if count <= FEW else "many"
    found = Plan(by, way, way == "few" or _needs_sorting(tables, shape))
    return found if found != Plan() else None


def build(tables: Tables, shape: Shape, plan: Plan) -> Statements:
    """Build the statements for a page.

    :param shape: shape of the list.
    :param plan: plan of the page.
    """
    matching = _Ordered if plan.way == "ordered" else _Sorted if plan.sorted else _Tested
    return page_query.build(tables, shape, matching(tables, shape, plan))


class _Tested(page_query.Matching):
    """The rows of a list, in the order of an index. A label or a prefix is tested.

    :param tables: the tables.
    :param shape: shape of the list.
    :param plan: plan of the page.
    """

    def __init__(self, tables: Tables, shape: Shape, plan: Plan) -> None:
        others = shape._replace(
            filters=tuple(name for name in shape.filters if name != plan.by),
            prefixed=shape.prefixed and plan.by != PREFIX,
        )
        conditions = page_query.conditions_of(tables, others)
        filters = page_query.filters_of(tables, others)
        self.tables = tables
        self.shape = shape
        self.plan = plan
        self.table = tables.table(shape.kind)
        if plan.way == "many" and plan.by:
            test = tables.dialect.opaque(self._test())
            conditions, filters = [*conditions, test], [*filters, test]
        in_order = plan.way == "many" and not plan.sorted
        super().__init__(
            conditions, page_query.access(tables, shape).order, filters if in_order else None
        )

    def _test(self) -> t.Any:
        """Return the condition that a row has the label or the prefix, or is in the place."""
        if not _is_label(self.shape, self.plan.by):
            return sa.and_(*_passes(self.tables, self.shape, self.plan.by))
        labels = _labels(self.tables, self.shape.kind, self.plan.by)
        same = labels.c.owner_id == self.table.c.id
        has = _labelled(self.tables, self.shape.kind, self.plan.by).where(same)
        return has.correlate(self.table).exists()


class _Sorted(_Tested):
    """The rows of a list, all of which are read and sorted."""

    def first(
        self, order: Order, limit: int, marker: Marker | None, backwards: bool = False
    ) -> list[Clause]:
        """Return the condition that a row is one of the first rows."""
        conditions = [*self.conditions]
        if self.plan.way == "few":
            ids = sa.union_all(_candidates(self.tables, self.shape, self.plan.by))
            conditions = [
                self.tables.dialect.in_small_subquery(self.table.c.id, ids),
                *map(self.tables.dialect.opaque, conditions),
            ]
        rows = sa.select(*order.keys).where(*conditions).correlate(None)
        own = rows.offset(sa.literal_column("0")).subquery()
        keys: t.Any = tuple(own.c[key.name] for key in order.keys)
        order = Order(keys, order.descending)
        return _first_of(self, sa.select(own.c.id), order, limit, marker, backwards)


class _Ordered(_Tested):
    """The rows with a label, read from the index of labels."""

    def first(
        self, order: Order, limit: int, marker: Marker | None, backwards: bool = False
    ) -> list[Clause]:
        """Return the condition that a row is one of the first rows with the label."""
        labels = _labels(self.tables, self.shape.kind, self.plan.by)
        rows = (
            sa.select(self.table.c.id)
            .select_from(labels.join(self.table, self.table.c.id == labels.c.owner_id))
            .where(*_own_label(self.tables, self.shape.kind, self.plan.by))
            .where(*map(self.tables.dialect.without_index, self.conditions))
            .correlate(None)
        )
        own = Order((labels.c.created_at, labels.c.owner_id), order.descending)
        if marker is not None:
            marker = {**marker, "owner_id": marker["id"]}
        return _first_of(self, rows, own, limit, marker, backwards)


def _first_of(
    matching: _Tested,
    rows: sa.Select[t.Any],
    order: Order,
    limit: int,
    marker: Marker | None,
    backwards: bool,
) -> list[Clause]:
    """Return the condition that a row is one of the first ones of a query for ids."""
    if marker is not None:
        rows = rows.where(order.after(marker, backwards))
    rows = rows.order_by(*order.clauses(backwards)).limit(sa.literal(limit))
    found = sa.union_all(sa.select(rows.subquery().c.id))
    return [matching.tables.dialect.in_small_subquery(matching.table.c.id, found)]


def _selective(tables: Tables, shape: Shape) -> str:
    """Return the filter by a label, the prefix, the filter by a place, or nothing.

    An index finds a prefix if the list is in the order of names. A database without
    statistics has the same plan for all prefixes and places.
    """
    for name in shape.filters:
        if _is_label(shape, name):
            return name
    by_name = shape.sort_keys[0] == shape.kind.resource_class.NAME_ATTR
    if not tables.dialect.reuses_plans:
        return ""
    if shape.prefixed:
        return "" if by_name else PREFIX
    in_order = page_query.is_in_order_of_project(tables, shape)
    return page_query.nearest_place(tables, shape) if in_order else ""


def _narrows(shape: Shape, by: str) -> bool:
    """Return True if an index could find the rows that pass the other filters."""
    return shape.prefixed or any(
        list_query.is_indexed(shape.kind, name) for name in shape.filters if name != by
    )


def _needs_sorting(tables: Tables, shape: Shape) -> bool:
    """Return True if no index has the rows of the project in the order of the list.

    Few rows have an address, so they are sorted, too.
    """
    if any(list_query.compared(shape.kind, name).format for name in shape.filters):
        return True
    return page_query.before_order(tables, shape) == 0


def _candidates(tables: Tables, shape: Shape, by: str) -> sa.Select[t.Any]:
    """Return the query for the ids of the rows with the label or the prefix."""
    if _is_label(shape, by):
        return _labelled(tables, shape.kind, by)
    table = tables.table(shape.kind)
    own = tables.visible(shape.kind, all_projects=False)
    found = sa.select(table.c.id).where(*own, *_passes(tables, shape, by))
    return found.correlate(None)


def _passes(tables: Tables, shape: Shape, by: str) -> list[Clause]:
    """Return the conditions that a row has the prefix, or is in the place."""
    if by == PREFIX:
        return page_query.begins(tables, shape)
    return [page_query.condition(tables, shape, by)]


def _is_label(shape: Shape, by: str) -> bool:
    return by != PREFIX and list_query.compared(shape.kind, by).name in shape.kind.parts


def _count(tables: Tables, shape: Shape, by: str) -> sa.Select[t.Any]:
    """Build the query for the number of candidates, up to :data:`FEW` + 1."""
    rows = _candidates(tables, shape, by).limit(sa.literal_column(str(FEW + 1)))
    return sa.select(sa.func.count()).select_from(rows.subquery())


def _labels(tables: Tables, kind: Kind, name: str) -> t.Any:
    """Return the table of the part that a filter compares with."""
    return tables.part(kind, list_query.compared(kind, name).name)


def _labelled(tables: Tables, kind: Kind, name: str) -> sa.Select[t.Any]:
    """Return the query for the ids of the rows of the project with a label."""
    labels = _labels(tables, kind, name)
    return sa.select(labels.c.owner_id.label("id")).where(*_own_label(tables, kind, name))


def _own_label(tables: Tables, kind: Kind, name: str) -> tuple[Clause, ...]:
    """Return the conditions for a label, in any spelling, of rows of the project."""
    labels = _labels(tables, kind, name)
    same = labels.c.label == sa.bindparam(name)
    if list_query.compared(kind, name).format:
        same = tables.dialect.in_parameter(labels.c.label, name)
    return same, labels.c.project_id == sa.bindparam(PROJECT)
