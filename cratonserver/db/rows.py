# SPDX-License-Identifier: Apache-2.0
"""The rows of one kind that a user may see: one row, a page of a list, all that match."""

from __future__ import annotations

import dataclasses
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import (
    dependents,
    inheritance,
    labels,
    list_query,
    markers,
    own_lists,
    page_query,
    scans,
    variable_filter,
    variable_streams,
    variables,
)
from cratonserver.db.aliases import Clause, Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.list_query import ListQuery, Shape
from cratonserver.db.prepared import Prepared
from cratonserver.db.tables import PROJECT, Tables
from cratonserver.db.variables import Mappings
from cratonserver.identity import Identity

#: What to lock: a row, or its project and the row. Or read its version.
_Lock = t.Literal["row", "project", "version"]
#: The name of the column with the version of a row.
VERSION = "craton_version"
#: The name of the parameter for the id of a row.
ITEM = "craton_item"


class Page(t.NamedTuple):
    """A page of a list.

    :param rows: its rows.
    :param previous: marker of the previous page, ``None`` if that is the first page.
    """

    rows: list[Row]
    previous: t.Any


class Rows:
    """The rows of one kind that a user may see.

    :param tables: the tables.
    :param kind: the kind.
    :param who: the user.
    :param connection: connection in a transaction.
    """

    def __init__(
        self, tables: Tables, kind: Kind, who: Identity, connection: sa.Connection
    ) -> None:
        self.tables = tables
        self.kind = kind
        self.who = who
        self.connection = connection
        self.table = tables.table(kind)
        self.policy = tables.policy(kind)

    def find(self, item_id: int | str) -> Row:
        """Return one row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        return self._one(item_id)

    def page(self, query: ListQuery) -> Page:
        """Return a page of a list.

        :raises cratonserver.errors.Refused: with status 400, if the marker or a sort
            key does not exist.
        """
        self._check_order(query)
        query = self._within_reach(query)
        if query.comparisons:
            return Page(*scans.page(self, query))
        return self._unscanned(query)

    def chunk(self, query: ListQuery, columns: tuple[str, ...]) -> list[Row]:
        """Return a page of a list without its comparisons.

        :param columns: names of the columns to read.
        :raises cratonserver.errors.Refused: as for :meth:`page`.
        """
        return self._unscanned(query, columns).rows

    def _unscanned(self, query: ListQuery, columns: tuple[str, ...] = ()) -> Page:
        """Return a page of a list without its comparisons.

        :param columns: names of the columns to read, by default all.
        """
        shape = query.shape(self.kind, all_projects=self.who.is_root, columns=columns)
        values = {**page_query.values_of(query), PROJECT: self.who.project_id}
        position = None
        if query.marker is not None:
            values[page_query.MARKER] = markers.parse_id(self.kind, query.marker)
            position = markers.parameters(self.table, query.marker, query.sort_keys)
        page = self._page(query, shape, values)
        if page is None and position is not None:
            page = self._page(query, shape._replace(by_values=True), {**values, **position})
        if page is None:
            raise markers.unknown(t.cast("markers.Marker", query.marker))
        return page

    def matching(self, filters: t.Mapping[str, t.Any]) -> list[Row]:
        """Return all rows that match filters, however many, sorted by id."""
        query = ListQuery(dict(filters), limit=0)  # conditions do not depend on the limit
        shape = query.shape(self.kind, all_projects=self.who.is_root)
        conditions = page_query.conditions_of(self.tables, shape)
        select = self.tables.select(self.kind).where(*conditions).order_by(self.table.c.id)
        values = {**filters, PROJECT: self.who.project_id}
        return Prepared(select).dicts(self.connection, values)

    def mapping_of(
        self,
        rows: t.Sequence[Row],
        *,
        resolved: bool = False,
        part: str = "variables",
        names: t.Sequence[str] = (),
    ) -> Mappings:
        """Return a mapping part of rows, such as their variables.

        :param resolved: include inherited variables.
        :param part: name of the part.
        :param names: names of the values, by default all.
        :returns: mappings of names to values, keyed by the id of the row. Rows without
            values may be missing.
        """
        if resolved and part == "variables" and self.kind.inherits:
            return inheritance.resolve(self.connection, self.tables, self.kind, rows, names)
        item_ids = [row["id"] for row in rows]
        return variables.own(self.connection, self.tables, self.kind, item_ids, part, names)

    def labels(self, item_id: int | str, part: str = "labels") -> list[str]:
        """Return the labels of a row, sorted."""
        return labels.read(self.connection, self.tables, self.kind, item_id, part)

    def count_dependents(self, item_id: int | str) -> dict[Kind, int]:
        """Return how many rows would be deleted together with a row, by kind."""
        return dependents.count(self.connection, self.tables, self.kind, item_id)

    def holders(self, item_id: int | str) -> list[dependents.Holder]:
        """Return some of the rows that prevent the deletion of a row."""
        project_id = None if self.who.is_root else self.who.project_id
        return dependents.holders(self.connection, self.tables, self.kind, item_id, project_id)

    def lock_or_version(self, item_id: int | str) -> tuple[Row, str | None]:
        """Lock a row; without a transaction, return its version instead.

        :returns: the row, and its version if it is not locked.
        :raises cratonserver.errors.Refused: with status 404, if it does not exist.
        """
        if self.tables.dialect.in_transaction(self.connection):
            return self.lock(item_id), None
        row = self._one(item_id, "version")
        return row, row.pop(VERSION)

    def lock(self, item_id: int | str, *, with_project: bool = False) -> Row:
        """Lock a row against changes and deletion until the transaction ends.

        :param with_project: lock the project of the row, too, before the row.
        :returns: the row.
        :raises cratonserver.errors.Refused: with status 404, if it does not exist.
        """
        return self._one(item_id, "project" if with_project else "row")

    def scope(self) -> list[Clause]:
        """Return the conditions for the rows of the kind that the user may see."""
        visible = self.tables.visible(
            self.kind, all_projects=self.who.is_root, project=self.who.project_id
        )
        required = self.policy.required(self.who).items()
        return [*visible, *(self.table.c[name] == value for name, value in required)]

    def project_of(self, row: Row) -> str:
        """Return the id of the project that a row belongs to, or a new row will belong to."""
        return self.tables.storage(self.kind).project_of(row, self.table, self.connection)

    def _page(self, query: ListQuery, shape: Shape, values: Row) -> Page | None:
        """Return a page of a list, or ``None`` if its marker does not exist."""
        if query.variables is None:
            own = own_lists.plan(self.connection, self.tables, shape, values)
            page, if_empty = (
                self.tables.cached(_statements, page_query.build, shape)
                if own is None
                else self.tables.cached(_statements, own_lists.build, shape, own)
            )
        else:
            plan, parameters = self._variable_filter(query, shape, values).plan()
            page, if_empty = self.tables.cached(
                _statements, variable_streams.build, shape, plan
            )
            values = {**values, **parameters}
        rows = page.dicts(self.connection, values)
        if if_empty is None:
            return Page(rows, None)
        if rows:
            return Page(rows, rows[0].get("before"))
        (found,) = if_empty.dicts(self.connection, values)
        return None if found["marker"] is None else Page(rows, found["before"])

    def _one(self, item_id: int | str, lock: _Lock | None = None) -> Row:
        """Return one row, and lock it if that is wanted."""
        query = self.tables.prepared(one_query, self.kind, self.who.is_root, lock)
        return self.the_one(query, {ITEM: item_id})

    def the_one(self, statement: Prepared, values: Row) -> Row:
        """Run a statement and return the row that it finds, if the user may see it.

        :param values: its parameters, except the project of the user.
        :raises cratonserver.errors.Refused: with status 404.
        """
        known = {PROJECT: self.who.project_id, **values}
        found = statement.dicts(self.connection, known)
        required = self.policy.required(self.who).items()
        if not found or any(found[0][name] != value for name, value in required):
            raise errors.not_found()
        return found[0]

    def _variable_filter(
        self, query: ListQuery, shape: Shape, values: Row
    ) -> variable_filter.Filter:
        """Return the filter of a list with conditions on variables."""
        projects = [self.who.project_id]
        if self.who.is_root:
            table = self.tables.metadata.tables["projects"]
            projects = [*self.connection.execute(sa.select(table.c.id)).scalars()]
        return variable_filter.Filter(
            self.connection, self.tables, shape, query, values, projects
        )

    def _within_reach(self, query: ListQuery) -> ListQuery:
        """Return a query for the objects that the policy shows to the user.

        :raises cratonserver.errors.Refused: with status 403, if it asks for others.
        """
        required = self.policy.required(self.who)
        for name, value in required.items():
            if query.filters.get(name, value) != value:
                raise errors.missing_role("admin")
        if not required:
            return query
        return dataclasses.replace(query, filters={**query.filters, **required})

    def _check_order(self, query: ListQuery) -> None:
        known = list_query.sortable(self.kind)
        for name in query.sort_keys:
            if name not in known:
                raise errors.Refused(400, f'"{name}" is an invalid sort key')


def _statements(
    tables: Tables, build: t.Callable[..., page_query.Statements], *args: t.Any
) -> tuple[Prepared, Prepared | None]:
    """Return the statements for a page, ready to run."""
    made = build(tables, *args)
    return Prepared(made.page), None if made.if_empty is None else Prepared(made.if_empty)


def one_query(
    tables: Tables, kind: Kind, all_projects: bool, lock: _Lock | None
) -> sa.Select[t.Any]:
    """Build the query for one row.

    For example, for a host that is locked together with its project, on PostgreSQL::

        SELECT devices.id, … FROM projects JOIN devices ON projects.id = devices.project_id
        WHERE devices.id = :craton_item AND devices.project_id = :craton_project
            AND devices.kind = 'host'
        FOR NO KEY UPDATE OF projects, devices
    """
    table = tables.table(kind)
    item_id = sa.bindparam(ITEM, type_=table.c.id.type)
    query = tables.select(kind).where(
        table.c.id == item_id, *tables.visible(kind, all_projects=all_projects)
    )
    if lock == "project":
        projects = tables.metadata.tables["projects"]
        query = query.select_from(projects.join(table, projects.c.id == table.c.project_id))
    if lock == "version":
        query = query.add_columns(tables.dialect.version(table).label(VERSION))
    elif lock:
        query = query.with_for_update(key_share=True)
    return query.execution_options(**{PREPARE: True})
