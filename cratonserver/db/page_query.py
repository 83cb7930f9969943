# SPDX-License-Identifier: Apache-2.0
"""Build the statement that reads one page of a list.

Building a statement takes longer than running it, so statements are cached. A statement
depends on the :class:`~cratonserver.db.list_query.Shape` of the query only, because all
values are parameters.

For example, the second page of the hosts of a region, on both databases::

    SELECT devices.id, …, (SELECT … ) AS parent_kind,
        (SELECT id FROM devices                      -- marker of the previous page
         WHERE project_id = :craton_project AND kind = 'host' AND region_id = (…)
             AND (created_at, id) < ((SELECT created_at …), (SELECT id …))
         ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET 29) AS before
    FROM devices
    WHERE project_id = :craton_project AND kind = 'host' AND region_id = (…)
        AND (created_at, id) > ((SELECT created_at FROM devices
                                 WHERE id = :craton_marker AND …), (SELECT id …))
    ORDER BY created_at, id LIMIT 30

the hosts with an address, on SQLite, where a plus sign keeps a column out of the plan::

    SELECT …
    FROM devices
    WHERE +project_id = :craton_project AND +kind = 'host'
        AND (project_id, ip_address)
            IN (SELECT :craton_project, value FROM json_each(:ip_address))
    ORDER BY +created_at, +id LIMIT 30

and the second page of all hosts of a project on PostgreSQL, as a range of an index::

    SELECT …
    FROM devices
    WHERE (project_id, kind) <= ((SELECT :craton_project), 'host')
        AND (project_id, kind, created_at, id)
            > ((SELECT :craton_project), 'host', (SELECT created_at …), (SELECT id …))
    ORDER BY project_id, kind, created_at, id LIMIT 30
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.sql.operators import eq

from cratonclient.fields import Ref
from cratonserver.db import keyset, list_query, markers, references
from cratonserver.db.aliases import Clause
from cratonserver.db.dialect import PREPARE
from cratonserver.db.list_query import DEFAULT_SORT, ListQuery, Shape, end_of_prefix
from cratonserver.db.tables import PROJECT, Tables

#: The name of the parameter for the marker.
MARKER = "craton_marker"
#: The names of the parameters for a prefix of names, and for the end of their range.
PREFIX, PREFIX_END = "craton_prefix", "craton_prefix_end"


class Statements(t.NamedTuple):
    """The statements for a page.

    :param page: query for the rows. After a marker, each row contains the marker of the
        previous page as ``before``, which is null if that is the first page.
    :param if_empty: query to run if no rows follow the marker. It returns ``before`` and
        the id of the marker row as ``marker``, which is null if that row does not exist.
    """

    page: sa.Select[t.Any]
    if_empty: sa.Select[t.Any] | None


#: The values of the row of a marker, by the names of the columns to sort by.
Marker = t.Mapping[str, sa.ColumnElement[t.Any]]


class Matching:
    """The rows of a list that match its conditions. This is the default, by a scan.

    :param conditions: the conditions.
    :param hide: function that hides the condition on a marker from the planner.
    :param filters: the conditions without those that the user may see the rows, if the rows
        are read in the order of an index.
    """

    def __init__(
        self,
        conditions: t.Sequence[Clause],
        hide: t.Callable[[t.Any], t.Any] = lambda clause: clause,
        filters: t.Sequence[Clause] | None = None,
    ) -> None:
        self.conditions = conditions
        self.filters = filters
        self._hide = hide

    def first(
        self, order: keyset.Order, limit: int, marker: Marker | None, backwards: bool = False
    ) -> list[Clause]:
        """Return the conditions for the first rows, and maybe for further ones.

        :param order: order of the list.
        :param limit: number of rows.
        :param marker: return the rows after this marker; ``None`` for the first ones.
        :param backwards: return the rows before the marker, from its position.
        """
        after = [] if marker is None else [self._hide(order.after(marker, backwards))]
        return [*self.conditions, *after]


def build(tables: Tables, shape: Shape, matching: Matching | None = None) -> Statements:
    """Build the statements for a page.

    :param matching: rows that match, instead of those that match :func:`conditions_of`.
    """
    table = tables.table(shape.kind)
    hide = access(tables, shape).order
    if matching is None:
        filters = filters_of(tables, shape)
        matching = Matching(conditions_of(tables, shape), hide, filters)
    index_range = None if matching.filters is None else _index_range(tables, shape)
    keys = tuple(table.c[name] for name in shape.sort_keys)
    marker = _marker_values(tables, shape, keys)
    if index_range is not None:
        keys = (*index_range.columns, *keys)
        ahead, behind = index_range.upper, index_range.lower
        if shape.descending:
            ahead, behind = behind, ahead
        marker = {**index_range.values, **marker}
        bounds = () if shape.follows else (*ahead, *behind)
        matching = Matching([*bounds, *index_range.others, *(matching.filters or ())])
    else:
        ahead = behind = ()
    order = keyset.Order(keys, shape.descending)
    number = literal if tables.dialect.reuses_plans else _parameter
    select = tables.select(shape.kind)
    if shape.columns:
        select = select.with_only_columns(*(table.c[name] for name in shape.columns))
    select = select.execution_options(**{PREPARE: index_range is not None})
    page = select.order_by(*map(hide, order.clauses())).limit(number(shape.limit))
    if not shape.follows:
        return Statements(page.where(*matching.first(order, shape.limit, None)), None)
    if shape.columns:
        rows = matching.first(order, shape.limit, marker)
        nothing = sa.literal_column("NULL", sa.String).label("before")
        return Statements(
            page.where(*ahead, *rows), sa.select(marker["id"].label("marker"), nothing)
        )
    rows = matching.first(order, shape.limit, marker, backwards=True)
    earlier = (
        select.with_only_columns(table.c.id)
        .where(*behind, *rows)
        .order_by(*map(hide, order.clauses(backwards=True)))
        .offset(number(shape.limit - 1))  # at most a page, so the cost is constant
        .limit(number(1))
    )
    before = earlier.correlate(None).scalar_subquery().label("before")
    rows = matching.first(order, shape.limit, marker)
    return Statements(
        page.where(*ahead, *rows).add_columns(before),
        sa.select(marker["id"].label("marker"), before),
    )


def conditions_of(tables: Tables, shape: Shape) -> list[Clause]:
    """Return the conditions for the rows of a list. Values are parameters."""
    visible = map(access(tables, shape).visible, _visible(tables, shape))
    return [*visible, *filters_of(tables, shape)]


def filters_of(tables: Tables, shape: Shape) -> list[Clause]:
    """Return the conditions of the filters of a list, without the rows that the user sees."""
    by = access(tables, shape)
    found = [by.filter(name)(condition(tables, shape, name)) for name in shape.filters]
    return [*found, *map(by.order, begins(tables, shape) if shape.prefixed else ())]


#: A function that returns a clause, or hides it from the planner.
_Hide = t.Callable[[t.Any], t.Any]


def _show(clause: t.Any) -> t.Any:
    return clause


class Access(t.NamedTuple):
    """The filters whose index finds the rows of a list, if it has better ones than its order.

    Without this, SQLite reads all rows of a project in their order to find one name, one
    address, or the rows of one place.

    :param filters: names of these filters; empty for the order.
    :param hide: function that hides a clause from the planner.
    :param visible: what to do with the conditions for the rows that the user may see.
    :param order: what to do with the order, with a marker, and with a prefix of names.
    """

    filters: t.Collection[str] = ()
    hide: _Hide = _show
    visible: _Hide = _show
    order: _Hide = _show

    def filter(self, name: str) -> _Hide:
        """Return what to do with the condition of a filter."""
        return self.hide if self.filters and name not in self.filters else _show


def access(tables: Tables, shape: Shape) -> Access:
    """Return the filters whose index finds the rows of a list."""
    hide = tables.dialect.without_index
    fields = {name: list_query.compared(shape.kind, name) for name in shape.filters}
    addresses = [name for name, field in fields.items() if field.format]
    if addresses:
        return Access(addresses, hide, visible=hide, order=hide)
    name_field = shape.kind.resource_class.NAME_ATTR
    named = [name for name, field in fields.items() if field.name == name_field]
    if named:  # the index of names begins with the project
        return Access(named, hide, order=hide)
    nearest = nearest_place(tables, shape)
    if nearest and shape.sort_keys == DEFAULT_SORT and not shape.prefixed:
        return Access([nearest], hide, visible=hide)
    return Access()


def nearest_place(tables: Tables, shape: Shape) -> str:
    """Return the filter by the nearest place, which has the fewest rows, or nothing."""
    table, ancestors = tables.table(shape.kind), [*shape.kind.ancestry]
    fields = {name: list_query.compared(shape.kind, name) for name in shape.filters}
    places = [
        name
        for name, field in fields.items()
        if isinstance(field, Ref) and field.name != "project_id" and field.name in table.c
    ]
    return min(places, key=lambda n: _distance(fields[n].name, ancestors), default="")


def _distance(field: str, ancestors: list[str]) -> int:
    return ancestors.index(field) if field in ancestors else -1


def values_of(query: ListQuery) -> dict[str, t.Any]:
    """Return the values of the parameters of :func:`conditions_of`, except the project."""
    if not query.name_prefix:
        return dict(query.filters)
    end = end_of_prefix(query.name_prefix)
    return {**query.filters, PREFIX: query.name_prefix, PREFIX_END: end}


def begins(tables: Tables, shape: Shape) -> list[Clause]:
    """Return the conditions that a name begins with a prefix: a range of names."""
    name = tables.table(shape.kind).c[shape.kind.resource_class.NAME_ATTR]
    return [name >= sa.bindparam(PREFIX), name < sa.bindparam(PREFIX_END)]


def condition(tables: Tables, shape: Shape, name: str) -> Clause:
    """Return the condition of one filter.

    :param name: name of the filter, and of the parameter with its value.
    """
    kind, table = shape.kind, tables.table(shape.kind)
    value = references.value_of_filter(tables, kind, name, all_projects=shape.all_projects)
    special = tables.storage(kind).condition(table, name, value, shape.filters)
    if special is not None:
        return special
    field = list_query.compared(kind, name)
    part = tables.part(kind, field.name) if field.name in kind.parts else None
    column = table.c[field.name] if part is None else part.c.label
    equal = column == value
    if field.format is not None:
        own = {} if shape.all_projects or part is not None else _project(table)
        equal = tables.dialect.in_parameter(column, name, own)
    if part is None:
        return t.cast("Clause", equal)
    own = {} if shape.all_projects else _project(part)
    same = [column == value for column, value in own.items()]
    return table.c.id.in_(sa.select(part.c.owner_id).where(equal, *same))


def _project(table: sa.Table) -> dict[t.Any, t.Any]:
    """Return the project of a user who sees one project, as the value of a column."""
    return {table.c.project_id: sa.bindparam(PROJECT)} if "project_id" in table.c else {}


def _visible(tables: Tables, shape: Shape, project: t.Any = None) -> list[Clause]:
    """Return the conditions for the rows that the user may see."""
    return tables.visible(shape.kind, all_projects=shape.all_projects, project=project)


def _marker_values(
    tables: Tables, shape: Shape, keys: t.Iterable[sa.Column[t.Any]]
) -> dict[str, sa.ColumnElement[t.Any]]:
    """Return subqueries for the sort keys of the marker row, null if it does not exist.

    If the row is gone, the values are parameters.
    """
    table = tables.table(shape.kind)
    if shape.by_values:
        values: dict[str, sa.ColumnElement[t.Any]] = {
            key.name: sa.bindparam(
                MARKER if key.name == "id" else markers.parameter(key.name), type_=key.type
            )
            for key in keys
        }
    else:
        row = sa.select(table.c.id).where(
            table.c.id == sa.bindparam(MARKER), *_visible(tables, shape)
        )
        values = {
            key.name: row.with_only_columns(key).correlate(None).scalar_subquery()
            for key in keys
        }
    return values


class IndexRange(t.NamedTuple):
    """A list that is one range of an index, such as the hosts of a project by age.

    PostgreSQL takes longer to plan such a query than to run it, so it is a prepared
    statement, which may run with a generic plan. A generic plan does not know the
    project: it could read the rows of all projects by age until it has found enough rows
    of the project. With the bounds of the index range as conditions, every plan reads
    only the range.

    :param columns: columns that are equal in the whole range, the first columns of the
        index.
    :param values: their values, by column name.
    :param lower: the condition that a row is not before the range.
    :param upper: the condition that a row is not after the range.
    :param others: conditions for the rows that the user may see, which the index lacks.
    """

    columns: tuple[sa.Column[t.Any], ...]
    values: dict[str, sa.ColumnElement[t.Any]]
    lower: tuple[Clause, ...]
    upper: tuple[Clause, ...]
    others: tuple[Clause, ...] = ()


def _index_range(tables: Tables, shape: Shape) -> IndexRange | None:
    """Return the index range of a list, if it has one and the database reuses plans."""
    narrowed = any(list_query.is_indexed(shape.kind, name) for name in shape.filters)
    by_age = shape.sort_keys == DEFAULT_SORT and not (narrowed or shape.prefixed)
    if not (by_age or is_in_order_of_project(tables, shape)):
        return None
    # A subquery hides the value from the planner, so that no plan suits one project only.
    project = sa.select(sa.bindparam(PROJECT, type_=sa.String)).scalar_subquery()
    same = [c for c in _visible(tables, shape, project) if isinstance(c, sa.BinaryExpression)]
    if not (tables.dialect.reuses_plans and all(c.operator is eq for c in same)):
        return None
    if not same:
        return IndexRange((), {}, (), ())
    known = [t.cast("sa.Column[t.Any]", c.left) for c in same]
    number = before_order(tables, shape, known) or len(same)
    fixed, others = same[:number], same[number:]
    columns, values = [c.left for c in fixed], [c.right for c in fixed]
    first = tables.table(shape.kind).c[shape.sort_keys[0]]
    least = "0" if isinstance(first.type, sa.Integer) else "''"
    return IndexRange(
        tuple(t.cast("list[sa.Column[t.Any]]", columns)),
        {column.name: value for column, value in zip(columns, values, strict=True)},
        (sa.tuple_(*columns, first) >= sa.tuple_(*values, sa.literal_column(least)),),
        (sa.tuple_(*columns) <= sa.tuple_(*values),),
        tuple(others),
    )


def is_in_order_of_project(tables: Tables, shape: Shape) -> bool:
    """Return True if PostgreSQL may prefer another index than that of the project.

    For the order of ids, it prefers the primary key. For the orders of names and addresses,
    the index of all projects costs nearly the same.
    """
    table, key = tables.table(shape.kind), shape.sort_keys[0]
    if shape.all_projects or "project_id" not in table.c:
        return False
    if shape.sort_keys == ("id",):
        return True
    fields = [list_query.compared(shape.kind, name) for name in shape.filters]
    name_field = shape.kind.resource_class.NAME_ATTR
    found = shape.prefixed or any(f.format or f.name == name_field for f in fields)
    # Lists by age have indexes for places, too. Nulls are not in the order of the index.
    others = found or key == "created_at" or table.c[key].nullable
    return not others and before_order(tables, shape) > 0


def before_order(
    tables: Tables, shape: Shape, columns: t.Sequence[sa.Column[t.Any]] | None = None
) -> int:
    """Return how many of some columns an index has before the columns of the order of a list.

    :param columns: the columns, by default ``project_id`` and, if there is one, ``kind``.
    :returns: 0 if there is no such index.
    """
    table = tables.table(shape.kind)
    if columns is None:
        columns = [table.c[name] for name in ("project_id", "kind") if name in table.c]
    names = [column.name for column in columns]
    indexes = [[c.name for c in index.columns] for index in table.indexes]
    for number in range(len(names), 0, -1):
        if [*names[:number], *shape.sort_keys] in indexes:
            return number
    return 0


def _parameter(number: int) -> sa.ColumnElement[int]:
    return sa.literal(number, sa.Integer)


def literal(number: int) -> sa.ColumnElement[int]:
    """Return a number as part of the SQL, so that the planner knows it."""
    return sa.literal_column(str(number), sa.Integer)
