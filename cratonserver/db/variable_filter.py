# SPDX-License-Identifier: Apache-2.0
"""Plan a list that is filtered by variables, own or inherited.

The nearest value of a variable counts, as in :func:`cratonserver.db.inheritance.resolve`. An
index finds the rows and the places that could match, by the keys of
:mod:`cratonserver.db.variable_keys`. A key contains the project, so no step reads anything
of other projects. :mod:`cratonserver.db.variable_streams` builds the statement for the page.

For example, the places that match ``rack.row:7`` for the hosts of a project, which
:func:`_survey` returns::

    SELECT 'cell_id', CAST(k.owner_id AS VARCHAR)
    FROM cell_variable_keys AS k
    WHERE k.key IN (:keys_cell_id) AND k.name = :name0
        AND (SELECT <v.value matches> FROM cell_variables AS v
             WHERE v.owner_id = k.owner_id AND v.name = k.name)
    UNION ALL
    SELECT 'region_id', … FROM region_variable_keys …
    UNION ALL …                                          -- clouds, the project
    UNION ALL
    SELECT 'parent_id', NULL WHERE EXISTS (…)            -- if devices have parents
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import (
    clock,
    json_contains,
    list_query,
    markers,
    page_query,
    variable_keys,
)
from cratonserver.db.aliases import Clause, Row
from cratonserver.db.list_query import DEFAULT_SORT, Condition, ListQuery, Shape
from cratonserver.db.tables import PROJECT, Tables
from cratonserver.db.variable_keys import Scope
from cratonserver.db.variable_streams import (
    FEW,
    Plan,
    Stream,
    inheriting,
    keys_parameter,
    value_matches,
)

#: The maximum number of streams of a statement.
MAX_STREAMS = 32

#: The ids of the places that match a condition, by the field that refers to them.
Places = dict[str, list[t.Any]]


class Found(t.NamedTuple):
    """Places that match a condition.

    :param places: ids of the places that match.
    :param nested: the fleet has rows with parents.
    """

    places: Places
    nested: bool


class Filter:
    """The filter of a list by variables.

    :param connection: connection in a transaction.
    :param tables: the tables.
    :param shape: shape of the list.
    :param query: the list, with conditions on variables.
    :param values: values of the parameters of the list.
    :param projects: ids of the projects whose objects the user may see.
    """

    def __init__(
        self,
        connection: sa.Connection,
        tables: Tables,
        shape: Shape,
        query: ListQuery,
        values: Row,
        projects: t.Sequence[str],
    ) -> None:
        self.connection = connection
        self.tables = tables
        self.shape = shape
        self.kind = shape.kind
        self.conditions = query.variables or ()
        self.resolved = query.resolved
        self.values = values
        self.projects = projects

    def plan(self) -> tuple[Plan, Row]:
        """Return the plan of the page, and the values of its parameters.

        The number of queries for it depends on the number of conditions only.
        """
        parameters: Row = {}
        found = []
        for number, condition in enumerate(self.conditions):
            parameters |= self._parameters(number, condition)
            found.append(self._survey(condition))
            for place, ids in found[-1].places.items():
                parameters[f"{place}{number}"] = ids
        nested = any(one.nested for one in found)
        driver, count = 0, None
        if len(found) > 1 or nested or self.shape.sort_keys != DEFAULT_SORT:
            driver, count = self._rarest(found, parameters)
        streams = self._streams(found[driver], driver, parameters, count)
        plan = Plan(len(found), self.resolved, nested, driver, streams)
        return plan, parameters

    def _parameters(self, number: int, condition: Condition) -> Row:
        """Return the parameters that test a condition, and those that look it up."""
        keys: Row = {"id": self._keys(self.kind, condition)}
        if self.resolved:
            for kind in self.tables.family(self.kind):
                keys.setdefault("parent_id", []).extend(self._keys(kind, condition))
        return {
            **json_contains.parameters(condition, number),
            f"name{number}": condition.name,
            **{keys_parameter(place, number): found for place, found in keys.items()},
        }

    def _keys(self, kind: Kind, condition: Condition) -> list[int]:
        """Return the keys of values that could match, in all projects."""
        return [
            key
            for project_id in self.projects
            for key in variable_keys.keys_for(Scope(project_id, kind.key), condition)
        ]

    def _survey(self, condition: Condition) -> Found:
        """Find the places that match a condition."""
        containers = self.tables.ancestry(self.kind).containers if self.resolved else {}
        if not containers:
            return Found({}, False)
        parameters: Row = {
            **json_contains.parameters(condition, 0),
            "name0": condition.name,
            **({} if self.shape.all_projects else {PROJECT: self.projects[0]}),
        }
        for field, kind in containers.items():
            parameters[keys_parameter(field, 0)] = self._keys(kind, condition)
        query = self.tables.prepared(_survey, self.kind, self.shape.all_projects)
        places: Places = {field: [] for field in containers}
        nested = False
        for field, owner_id in query.rows(self.connection, parameters):
            if field not in containers:
                nested = True
            else:
                is_text = containers[field].fields["id"].type is str
                places[field].append(owner_id if is_text else int(owner_id))
        return Found(places, nested)

    def _rarest(self, found: t.Sequence[Found], parameters: Row) -> tuple[int, int]:
        """Return the condition with the fewest candidates, and their number.

        :returns: the number of the condition, and that of its candidates, more than
            :data:`FEW` for any larger number.
        """
        counts: list[tuple[int, int, int]] = []
        for number, one in enumerate(found):
            query = self.tables.prepared(_count, self.kind, tuple(one.places), one.nested)
            given = {name: parameters[name + str(number)] for name in one.places}
            for place in ("id", "parent_id") if one.nested else ("id",):
                name = keys_parameter(place, number)
                given[keys_parameter(place, 0)] = parameters[name]
            given["name0"] = parameters[f"name{number}"]
            ((count, last),) = query.rows(self.connection, given)
            counts.append((min(count, FEW + 1), -(last or 0), number))
        fewest, _, number = min(counts)
        return number, fewest

    def _streams(
        self, found: Found, driver: int, parameters: Row, count: int | None
    ) -> tuple[Stream, ...] | None:
        """Return the streams of the candidates of a condition.

        ``None`` stands for a scan of the list: many rows match, or few pass the filters.

        :param driver: number of the condition.
        :param count: number of its candidates, ``None`` for an unknown number.
        """
        number = sum(map(len, found.places.values())) + len(
            parameters[keys_parameter("id", driver)]
        )
        ordered = number <= MAX_STREAMS and self._is_by_age()
        if count is None and (not ordered or self._narrows()):
            count = self._rarest([found], parameters)[1]
        few = count is not None and count <= FEW
        if not few and (not ordered or self._passes_few()):
            return None
        streams: list[Stream] = []
        given = {"id": parameters[keys_parameter("id", driver)], **found.places}
        for place, ids in given.items():
            streams += _split(place, ids, parameters) if ordered else [Stream(place)]
        if found.nested:
            streams.append(Stream("parent_id", all=not few))
        return tuple(streams)

    def _is_by_age(self) -> bool:
        """Return True if the order of the list is that of the index."""
        if self.shape.sort_keys != DEFAULT_SORT:
            return False
        name = markers.parameter(DEFAULT_SORT[0])
        return name not in self.values or clock.is_time(self.values[name])

    def _narrows(self) -> bool:
        """Return True if an index finds the rows that pass the filters of the list."""
        return self.shape.prefixed or any(
            list_query.is_indexed(self.kind, name) for name in self.shape.filters
        )

    def _passes_few(self) -> bool:
        """Return True if few rows pass the filters of the list, so that testing all is fast."""
        if not self._narrows():
            return False
        query = self.tables.prepared(_count_filtered, self.shape)
        (count,) = query.scalars(self.connection, self.values)
        return bool(count <= FEW)


def _split(place: str, ids: t.Sequence[t.Any], parameters: Row) -> list[Stream]:
    """Return a stream for each of some places or keys.

    Their number is a power of two, so that there are few different statements.
    """
    if not ids:
        return []
    number = 1 << (len(ids) - 1).bit_length()
    streams = [Stream(place, at) for at in range(number)]
    for at, stream in enumerate(streams):
        parameters[stream.parameter] = ids[at] if at < len(ids) else None
    return streams


def _survey(tables: Tables, kind: Kind, all_projects: bool) -> sa.CompoundSelect[t.Any]:
    """Build the query of the example at the top of this module."""
    nested, containers = tables.ancestry(kind)
    queries: list[t.Any] = []
    for field, container in containers.items():
        keys = tables.variable_keys(container)
        queries.append(
            sa.select(
                sa.literal_column(f"'{field}'", sa.String).label("place"),
                sa.cast(keys.c.owner_id, sa.String).label("owner_id"),
            ).where(
                tables.dialect.in_parameter(keys.c.key, keys_parameter(field, 0)),
                keys.c.name == sa.bindparam("name0"),
                value_matches(tables, container, 0),
            )
        )
    if nested:
        there = sa.exists().where(*inheriting(tables.table(kind), all_projects))
        queries.append(sa.select(sa.literal_column("'parent_id'"), sa.null()).where(there))
    return tables.dialect.by_index(sa.union_all(*queries))


def _count(
    tables: Tables, kind: Kind, places: tuple[str, ...], nested: bool
) -> sa.Select[t.Any]:
    """Build the query for the number of candidates, up to :data:`FEW` + 1 from each place.

    The second column tells how early these candidates were created, for the case that there
    are more.
    """
    table, keys = tables.table(kind), tables.variable_keys(kind)
    limit = page_query.literal(FEW + 1)
    own = (
        sa.select(keys.c.created)
        .where(tables.dialect.in_parameter(keys.c.key, keys_parameter("id", 0)))
        .order_by(keys.c.key, keys.c.created)
        .limit(limit)
        .subquery()
    )
    numbers: list[sa.ColumnElement[int]] = [
        sa.select(sa.func.count()).select_from(own).scalar_subquery()
    ]
    for field in places:
        rows = sa.select(table.c.id).where(tables.dialect.in_parameter(table.c[field], field))
        numbers.append(_number(rows.limit(limit)))
    if nested:
        numbers.append(_number(Stream("parent_id").candidates(tables, kind, 0).limit(limit)))
        owners = sa.select(keys.c.owner_id).where(
            tables.dialect.in_parameter(keys.c.key, keys_parameter("parent_id", 0))
        )
        numbers.append(_number(owners.limit(limit)))
    total = numbers[0]
    for number in numbers[1:]:
        total = total + number
    last = sa.select(sa.func.max(own.c.created)).scalar_subquery()
    return tables.dialect.by_index(sa.select(total, last))


def _number(rows: sa.Select[t.Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rows.subquery()).scalar_subquery()


def _count_filtered(tables: Tables, shape: Shape) -> sa.Select[t.Any]:
    """Build the query for the number of rows that pass the filters, up to :data:`FEW` + 1."""
    conditions: list[Clause] = page_query.conditions_of(tables, shape)
    rows = sa.select(tables.table(shape.kind).c.id).where(*conditions).limit(FEW + 1)
    return sa.select(_number(rows))
