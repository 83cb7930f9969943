# SPDX-License-Identifier: Apache-2.0
"""The objects of one kind in the store: list, find, create, update, delete."""

from __future__ import annotations

import datetime
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonserver import errors
from cratonserver.api import vars_parameter
from cratonserver.api.query_parameters import ListQuery
from cratonserver.db import databases, keyset, page_query, variable_filter, variables
from cratonserver.db.tables import Kind, Schema
from cratonserver.identity import Identity
from cratonserver.kinds import rules

Row = dict[str, t.Any]


class Page(t.NamedTuple):
    """One page: its rows, and the marker of the page before (None: the first)."""

    rows: list[Row]
    previous: t.Any


class Objects:
    """The objects of one kind, as one user sees them.

    :param schema: the tables.
    :param kind: the manager class of the kind.
    :param who: the user.
    :param connection: within a transaction.
    """

    def __init__(
        self, schema: Schema, kind: Kind, who: Identity, connection: sa.Connection
    ) -> None:
        self.schema = schema
        self.kind = kind
        self.who = who
        self.connection = connection
        self.table = schema.table(kind)
        self.rules = rules.of(kind)

    def find(self, item_id: int | str) -> Row:
        """Read one row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        query = self._select().where(self.table.c.id == item_id)
        found = self._rows(query)
        if not found:
            raise errors.not_found()
        return found[0]

    def page(self, query: ListQuery) -> Page:
        """Read one page of a list.

        :raises cratonserver.errors.Refused: with status 400 for an unknown
            marker or sort key, and for ``vars`` that cannot be read.
        """
        self._check_order(query)
        shape = page_query.Shape(
            self.kind,
            everywhere=self.who.is_root,
            filters=tuple(query.filters),
            sort_keys=query.sort_keys,
            descending=query.sort_dir == "desc",
            limit=query.limit,
            follows=query.marker is not None,
        )
        values = {**query.filters, page_query.PROJECT: self.who.project_id}
        if query.marker is not None:
            values[page_query.MARKER] = self._marker(query.marker)
        if query.vars is None:
            statements = self.schema.once(page_query.make, shape)
        else:
            statements = page_query.make(self.schema, shape, self._matching(query, shape))
        rows = self._rows(statements.page, values)
        if statements.nothing is None:
            return Page(rows, None)
        if rows:
            return Page(rows, rows[0]["before"])
        found = self.connection.execute(statements.nothing, values).one()
        if found.marker is None:
            raise _no_marker(str(query.marker))
        return Page(rows, found.before)

    def matching(self, filters: t.Mapping[str, t.Any]) -> list[Row]:
        """Read all rows that match, however many."""
        select = self._select().where(*self._conditions(filters)).order_by(self.table.c.id)
        return self._rows(select)

    def create(self, given: t.Mapping[str, t.Any]) -> tuple[Row, Row]:
        """Store a new row with its variables and labels.

        :param given: checked values.
        :returns: the row, and what the answer shows beside it.
        :raises cratonserver.errors.Refused: with status 404 for an unknown
            reference and 409 for a name that is taken.
        """
        fields = self.kind.resource_class.fields()
        values = {
            name: given.get(name, field.default)
            for name, field in fields.items()
            if field.stored and field.create
        }
        values["created_at"] = now()
        shown = self.rules.complete(values, self.who)
        if "kind" in self.table.c:
            values["kind"] = self.kind.key
        self._check_references(values, values.get("project_id"))
        insert = sa.insert(self.table).values(values).returning(self.table.c.id)
        try:
            item_id = self.connection.execute(insert).scalar_one()
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        row = self.find(item_id)
        self.rules.check(self, row, values)
        if "variables" in given:
            table = self.schema.variables(self.kind)
            variables.put(self.connection, table, item_id, given["variables"])
        if "labels" in given:
            self._insert_labels(item_id, given["labels"])
        return row, shown

    def update(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> Row:
        """Change a row.

        :raises cratonserver.errors.Refused: with status 404 or 409.
        """
        self._hold(item_id)
        row = self.find(item_id)
        values = dict(given)
        self._check_references(values, row.get("project_id"))
        self.rules.check(self, row, values)
        changes = {name: value for name, value in values.items() if row[name] != value}
        if not changes:
            return row
        update = sa.update(self.table).where(self.table.c.id == item_id)
        try:
            self.connection.execute(update.values(**changes, updated_at=now()))
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        return self.find(item_id)

    def delete(self, item_id: int | str) -> None:
        """Delete a row, if there is one, and what lives in it.

        :raises cratonserver.errors.Refused: with status 409 when something
            else refers to it.
        """
        self.rules.check_deletion(self, item_id)
        delete = sa.delete(self.table).where(self.table.c.id == item_id, *self.scope())
        try:
            with self.schema.deferring(self.connection):
                self.connection.execute(delete)
        except sa.exc.IntegrityError as exc:
            databases.broken(self.connection, exc)
            name = self.kind.key.replace("_", " ")
            raise errors.Refused(
                409, f"The {name} {item_id} is in use: something that stays refers to it."
            ) from exc

    def variables_of(self, rows: t.Sequence[Row], resolved: bool) -> dict[t.Any, Row]:
        """Read the variables of rows, by id."""
        if resolved and self.kind.resource_class.inherits:
            return variables.resolve(self.connection, self.schema, self.kind, rows)
        ids = [row["id"] for row in rows]
        return variables.own(self.connection, self.schema, self.kind, ids)

    def put_variables(self, item_id: int | str, values: Row) -> Row:
        """Set variables; the others stay.

        :returns: all that the row has itself.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self._hold(item_id)
        table = self.schema.variables(self.kind)
        variables.put(self.connection, table, item_id, values)
        found = variables.own(self.connection, self.schema, self.kind, [item_id])
        return found.get(item_id, {})

    def remove_variables(self, item_id: int | str, names: t.Iterable[str]) -> None:
        """Delete variables by name.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self._hold(item_id)
        table = self.schema.variables(self.kind)
        variables.remove(self.connection, table, item_id, names)

    def labels(self, item_id: int | str) -> list[str]:
        """Read the labels of a row, sorted."""
        table = self.schema.labels(self.kind)
        query = sa.select(table.c.label).where(table.c.owner_id == item_id)
        return sorted(self.connection.execute(query).scalars())

    def add_labels(self, item_id: int | str, labels: t.Iterable[str]) -> list[str]:
        """Add labels to a row.

        :returns: all that it has.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self._hold(item_id)
        self._insert_labels(item_id, labels)
        return self.labels(item_id)

    def remove_labels(self, item_id: int | str, labels: t.Iterable[str]) -> None:
        """Take labels from a row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self._hold(item_id)
        table = self.schema.labels(self.kind)
        wanted = table.c.label.in_(sorted(labels))
        self.connection.execute(sa.delete(table).where(table.c.owner_id == item_id, wanted))

    def _select(self) -> sa.Select[t.Any]:
        return self.schema.rows(self.kind).where(*self.scope())

    def _rows(
        self, select: sa.Select[t.Any], values: t.Mapping[str, t.Any] | None = None
    ) -> list[Row]:
        """Read rows. A mapping for each of them, as SQLAlchemy has it, is slower."""
        result = self.connection.execute(select, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.all()]

    def scope(self) -> list[sa.ColumnElement[bool]]:
        """Give the conditions of every query: the kind, and what the user may see."""
        own = self.rules.visible(self.table, self.who.project_id)
        return [*([] if self.who.is_root else [own]), *self.schema.rows_of(self.kind)]

    def _conditions(self, filters: t.Mapping[str, t.Any]) -> list[sa.ColumnElement[bool]]:
        return [
            self.rules.condition(self.schema, name, value, filters)
            for name, value in filters.items()
        ]

    def _matching(
        self, query: ListQuery, shape: page_query.Shape
    ) -> list[sa.ColumnElement[bool]]:
        wanted = vars_parameter.parse(query.vars or "")
        others = page_query.conditions(self.schema, shape)
        return variable_filter.narrow(
            self.connection, self.schema, self.kind, wanted, query.resolved, others
        )

    def _check_order(self, query: ListQuery) -> None:
        known = keyset.sortable(self.kind.resource_class)
        for name in query.sort_keys:
            if name not in known:
                raise errors.Refused(400, f'"{name}" is an invalid sort key')

    def _marker(self, text: str) -> int | str:
        try:
            return self.rules.item_id(text)
        except errors.Refused:
            raise _no_marker(text) from None

    def _insert_labels(self, item_id: int | str, labels: t.Iterable[str]) -> None:
        rows = [{"owner_id": item_id, "label": label} for label in sorted(set(labels))]
        databases.upsert(self.connection, self.schema.labels(self.kind), rows)

    def _hold(self, item_id: int | str) -> None:
        """Keep others from changing or deleting a row until the transaction ends.

        :raises cratonserver.errors.Refused: with status 404 when it is not there.
        """
        row = sa.select(self.table.c.id).where(self.table.c.id == item_id, *self.scope())
        if self.connection.execute(row.with_for_update(key_share=True)).first() is None:
            raise errors.not_found()

    def _refusal(self, error: sa.exc.IntegrityError) -> errors.Refused:
        """Say what is wrong with the values of a row that the database refuses."""
        broken = databases.broken(self.connection, error)
        if broken.what == "unique":
            return errors.Refused(409, self.rules.conflict)
        field = broken.constraint.removeprefix(f"fk_{self.table.name}_")
        return errors.Refused(404, f"{field or 'reference'}: what it refers to is gone")

    def _check_references(self, given: t.Mapping[str, t.Any], project_id: str | None) -> None:
        """Refuse references to what does not exist, is not visible, or is elsewhere.

        :param project_id: the project of the row that refers. Its references
            stay within it, also for those who see more than one project.

        They stay until the transaction ends. What is outside comes before what is
        in it, as it does in a deletion, so that neither waits for the other.
        """
        targets = {
            name: self.schema.kind(field.target)
            for name, field in self.kind.resource_class.fields().items()
            if isinstance(field, Ref) and field.stored and given.get(name) is not None
        }
        for name in sorted(targets, key=lambda name: self.schema.kinds.index(targets[name])):
            target = Objects(self.schema, targets[name], self.who, self.connection)
            target._require(name, given[name], project_id)

    def _require(self, name: str, item_id: int | str, project_id: str | None) -> None:
        """Refuse a reference to a row that is not there; keep one that is."""
        select = sa.select(self.table.c.id).where(self.table.c.id == item_id, *self.scope())
        where = ""
        if "project_id" in self.table.c:
            select = select.where(self.table.c.project_id == project_id)
            where = f" in the project {project_id}"
        kept = select.with_for_update(read=True, key_share=True)
        if self.connection.execute(kept).first() is None:
            kind = self.kind.key.replace("_", " ")
            raise errors.Refused(404, f"{name}: there is no {kind} {item_id}{where}")


def _no_marker(text: str) -> errors.Refused:
    return errors.Refused(400, f'Marker "{text}" does not exist')


def now() -> str:
    """Give the time as the store keeps it: UTC, with microseconds."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
