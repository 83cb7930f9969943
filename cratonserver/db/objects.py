# SPDX-License-Identifier: Apache-2.0
"""The objects of one kind in the store: list, find, create, update, delete.

For example, a change of a host on PostgreSQL. The host and the objects that it refers to
are locked until the transaction ends; other transactions can still refer to them. On
SQLite the statements have no ``FOR``, because only one transaction writes at a time::

    SELECT id FROM devices
    WHERE id = :id AND project_id = :project AND kind = 'host' FOR NO KEY UPDATE
    SELECT id, cloud_id, region_id FROM cells
    WHERE id = :cell AND project_id = :project AND project_id = :project_of_host
    FOR KEY SHARE
    UPDATE devices SET cell_id = :cell, updated_at = :now WHERE id = :id
"""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient import formats
from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import (
    clock,
    dependents,
    labels,
    list_query,
    markers,
    page_query,
    references,
    variable_filter,
    variables,
)
from cratonserver.db.aliases import Clause, Row
from cratonserver.db.list_query import ListQuery, Shape
from cratonserver.db.policy import Change, Deletion
from cratonserver.db.tables import Tables
from cratonserver.identity import Identity

#: Stands for a value that a mapping does not have.
_ABSENT = object()


class Page(t.NamedTuple):
    """A page of a list.

    :param rows: its rows.
    :param previous: marker of the previous page, ``None`` if that is the first page.
    """

    rows: list[Row]
    previous: t.Any


class Objects:
    """The objects of one kind that a user may see.

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

    # Reading

    def find(self, item_id: int | str) -> Row:
        """Return one row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        found = self._rows(self._select().where(self.table.c.id == item_id))
        if not found:
            raise errors.not_found()
        return found[0]

    def page(self, query: ListQuery) -> Page:
        """Return a page of a list.

        :raises cratonserver.errors.Refused: with status 400, if the marker or a sort
            key does not exist.
        """
        self._check_order(query)
        shape = query.shape(self.kind, all_projects=self.who.is_root)
        values = {**page_query.values_of(query), page_query.PROJECT: self.who.project_id}
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

    def _page(self, query: ListQuery, shape: Shape, values: Row) -> Page | None:
        """Return a page of a list, or ``None`` if its marker does not exist."""
        if query.variables is None:
            statements = self.tables.cached(page_query.build, shape)
        else:
            conditions = self._with_variables(query, shape)
            statements = page_query.build(self.tables, shape, conditions)
        rows = self._rows(statements.page, values)
        if statements.if_empty is None:
            return Page(rows, None)
        if rows:
            return Page(rows, rows[0]["before"])
        found = self.connection.execute(statements.if_empty, values).one()
        return None if found.marker is None else Page(rows, found.before)

    def matching(self, filters: t.Mapping[str, t.Any]) -> list[Row]:
        """Return all rows that match filters, however many, sorted by id."""
        query = ListQuery(dict(filters), limit=0)  # conditions do not depend on the limit
        shape = query.shape(self.kind, all_projects=self.who.is_root)
        conditions = page_query.conditions_of(self.tables, shape)
        select = self.tables.select(self.kind).where(*conditions).order_by(self.table.c.id)
        return self._rows(select, {**filters, page_query.PROJECT: self.who.project_id})

    def mapping_of(
        self, rows: t.Sequence[Row], *, resolved: bool = False, part: str = "variables"
    ) -> dict[t.Any, Row]:
        """Return a mapping part of rows, such as their variables.

        :param resolved: include inherited variables.
        :param part: name of the part.
        :returns: mappings of names to values, keyed by the id of the row. Rows without
            values may be missing.
        """
        if resolved and part == "variables" and self.kind.inherits:
            return variables.resolve(self.connection, self.tables, self.kind, rows)
        item_ids = [row["id"] for row in rows]
        return variables.own(self.connection, self.tables, self.kind, item_ids, part)

    def labels(self, item_id: int | str, part: str = "labels") -> list[str]:
        """Return the labels of a row, sorted."""
        return labels.read(self.connection, self.tables, self.kind, item_id, part)

    # Writing

    def create(self, given: t.Mapping[str, t.Any]) -> tuple[Row, Row]:
        """Store a new row with its parts.

        :param given: checked values of fields and parts.
        :returns: the row, and values that only the response to this request shows.
        :raises cratonserver.errors.Refused: with status 404 if a referenced object does
            not exist, 400 if the objects do not fit together, 409 if the name is taken.
        """
        values = {
            name: given.get(name, field.default)
            for name, field in self.kind.fields.items()
            if field.storage.column and field.create
        }
        values["created_at"] = clock.now()
        shown = self.policy.complete(values, self.who)
        if "kind" in self.table.c:
            values["kind"] = self.kind.key
        self._check(values, values)
        insert = sa.insert(self.table).values(values).returning(self.table.c.id)
        try:
            item_id = self.connection.execute(insert).scalar_one()
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        row = self.find(item_id)
        self.policy.check_update(self._change(row, values))
        self._create_parts(item_id, given)
        return row, shown

    def update(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> Row:
        """Change a row.

        :param given: checked values of fields.
        :returns: the row after the change.
        :raises cratonserver.errors.Refused: with status 404 if the row or a referenced
            object does not exist, 400 if the objects do not fit together, 409 if the name
            is taken.
        """
        self._lock(item_id)
        row = self.find(item_id)
        values = dict(given)
        self._check(_changes(row, values), {**row, **values})
        self.policy.check_update(self._change(row, values))
        changes = _changes(row, values)
        if not changes:
            return row
        update = sa.update(self.table).where(self.table.c.id == item_id)
        try:
            self.connection.execute(update.values(**changes, updated_at=clock.now()))
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        return self.find(item_id)

    def delete(self, item_id: int | str) -> None:
        """Delete a row and everything that belongs to it (``ON DELETE CASCADE``).

        A row that does not exist is ignored.

        :raises cratonserver.errors.Refused: with status 409, if another object refers
            to the row, or to a row that would be deleted with it.
        """
        scope = self._scope()
        self.policy.check_deletion(
            Deletion(self.connection, self.table, self.who, item_id, scope)
        )
        delete = sa.delete(self.table).where(self.table.c.id == item_id, *scope)
        dialect = self.tables.dialect
        try:
            with dialect.deferred_foreign_keys(self.connection):
                self.connection.execute(delete)
        except sa.exc.IntegrityError as exc:
            dialect.violated(exc)
            raise errors.InUse(
                f"The {self.kind.noun} {item_id} is in use: another object refers to it."
            ) from exc

    def count_dependents(self, item_id: int | str) -> dict[Kind, int]:
        """Return how many rows would be deleted together with a row, by kind."""
        return dependents.count(self.connection, self.tables, self.kind, item_id)

    def holders(self, item_id: int | str) -> list[dependents.Holder]:
        """Return some of the rows that prevent the deletion of a row."""
        project_id = None if self.who.is_root else self.who.project_id
        return dependents.holders(self.connection, self.tables, self.kind, item_id, project_id)

    def put_mapping(self, item_id: int | str, values: Row, part: str = "variables") -> Row:
        """Set values of a mapping part, and keep the other values.

        :returns: all own values of the row, without inherited ones.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self._lock(item_id)
        where = self.connection, self.tables, self.kind
        before = variables.own(*where, [item_id], part).get(item_id, {})
        new = {n: v for n, v in values.items() if not _same_json(before.get(n, _ABSENT), v)}
        if new:
            variables.put(*where, item_id, new, part)
            self._touch(item_id)
        return {**before, **new}

    def remove_from_mapping(
        self, item_id: int | str, names: t.Iterable[str], part: str = "variables"
    ) -> None:
        """Delete values of a mapping part by name.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self._lock(item_id)
        where = self.connection, self.tables, self.kind
        if variables.remove(*where, item_id, names, part):
            self._touch(item_id)

    def add_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> list[str]:
        """Add labels to a row.

        :returns: all labels of the row.
        :raises cratonserver.errors.Refused: with status 404.
        """
        self._lock(item_id)
        before = self.labels(item_id, part)
        new = _missing(self.kind.parts[part], given, before)
        if new:
            labels.add(self.connection, self.tables, self.kind, item_id, new, part)
            self._touch(item_id)
        return sorted([*before, *new])

    def remove_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> None:
        """Remove labels from a row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self._lock(item_id)
        going = {same for one in given for same in _same(self.kind.parts[part], one)}
        if labels.remove(self.connection, self.tables, self.kind, item_id, going, part):
            self._touch(item_id)

    # Helpers

    def _select(self) -> sa.Select[t.Any]:
        return self.tables.select(self.kind).where(*self._scope())

    def _rows(
        self, select: sa.Select[t.Any], values: t.Mapping[str, t.Any] | None = None
    ) -> list[Row]:
        """Read rows as dictionaries, which is faster than SQLAlchemy's mappings."""
        result = self.connection.execute(select, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.all()]

    def _scope(self) -> list[Clause]:
        """Return the conditions for the rows of the kind that the user may see."""
        storage = self.tables.storage(self.kind)
        own = storage.visible(self.table, self.who.project_id)
        return [*([] if self.who.is_root else [own]), *self.tables.kind_conditions(self.kind)]

    def _with_variables(self, query: ListQuery, shape: Shape) -> list[Clause]:
        """Return the conditions of a list with conditions on variables."""
        return variable_filter.narrow(
            self.connection,
            self.tables,
            self.kind,
            query.variables or (),
            query.resolved,
            page_query.conditions_of(self.tables, shape),
        )

    def _check_order(self, query: ListQuery) -> None:
        known = list_query.sortable(self.kind)
        for name in query.sort_keys:
            if name not in known:
                raise errors.Refused(400, f'"{name}" is an invalid sort key')

    def _change(self, row: Row, values: Row) -> Change:
        return Change(self.connection, self.table, self.who, row, values)

    def _create_parts(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> None:
        where = self.connection, self.tables, self.kind, item_id
        for name, part in self.kind.parts.items():
            if name in given:
                if part.type is dict:
                    variables.put(*where, given[name], name)
                else:
                    labels.add(*where, _missing(part, given[name], []), name)
        if "variables" in given and "variables" not in self.kind.parts:
            variables.put(*where, given["variables"])

    def _lock(self, item_id: int | str) -> None:
        """Lock a row against changes and deletion until the transaction ends.

        :raises cratonserver.errors.Refused: with status 404, if it does not exist.
        """
        row = sa.select(self.table.c.id).where(self.table.c.id == item_id, *self._scope())
        if self.connection.execute(row.with_for_update(key_share=True)).first() is None:
            raise errors.not_found()

    def _touch(self, item_id: int | str) -> None:
        """Set the time of the last change of a row, because one of its parts changed."""
        update = sa.update(self.table).where(self.table.c.id == item_id)
        self.connection.execute(update.values(updated_at=clock.now()))

    def _refusal(self, error: sa.exc.IntegrityError) -> errors.Refused:
        """Return the error for values that violate a constraint."""
        violation = self.tables.dialect.violated(error)
        if violation.kind == "unique":
            return errors.Refused(409, self.policy.name_taken)
        field = violation.constraint.removeprefix(f"fk_{self.table.name}_")
        return errors.Refused(404, f"{field or 'reference'}: the object no longer exists")

    def _check(self, changes: Row, values: Row) -> None:
        """Refuse values that do not fit together.

        :param changes: values that change.
        :param values: values of all fields after the change.
        :raises cratonserver.errors.Refused: with status 400, 404 or 409.
        """
        problems = formats.conflicts(self.kind.fields, values, changes)
        if problems:
            raise errors.invalid(problems)
        self._check_references(changes, values)
        self._check_addresses(changes, values)

    def _check_addresses(self, changes: Row, values: Row) -> None:
        """Refuse a unique address that another row has in another canonical spelling.

        The unique constraint of the table compares texts, so it does not know that an IPv4
        address and its IPv4-mapped address are the same.
        """
        fields = {name: self.kind.fields[name] for name in self.kind.resource_class.unique}
        if not (fields.keys() & changes.keys() and any(f.format for f in fields.values())):
            return
        same = [
            self.table.c[name].in_(_same(field, values[name])) for name, field in fields.items()
        ]
        others = sa.select(self.table.c.id).where(*same)
        if "id" in values:
            others = others.where(self.table.c.id != values["id"])
        if self.connection.execute(others).first():
            raise errors.Refused(409, self.policy.name_taken)

    def _check_references(self, changes: t.Container[str], values: Row) -> None:
        """Refuse references to objects that do not exist, or that do not fit together.

        The objects are locked until the transaction ends, in the same order as by a
        deletion: a cloud before its regions. This avoids deadlocks with deletions.

        :param changes: names of the fields that change.
        :param values: values of all fields after the change.
        :raises cratonserver.errors.Refused: with status 404 for an object that does not
            exist, 400 for references that contradict each other.
        """
        known = references.of_kind(self.tables, self.kind)
        found = [
            (name, one, self._require(name, one, values))
            for name, one in references.to_check(known, changes, values).items()
        ]
        problems = references.conflicts(self.kind, found, values)
        if problems:
            raise errors.invalid(problems)

    def _require(self, field: str, one: references.Reference, values: Row) -> Row:
        """Lock a referenced row and return it, with the references that it shares.

        References to another project are refused, even if the user sees several projects.
        """
        target = Objects(self.tables, one.target, self.who, self.connection)
        table, item_id = target.table, values[field]
        columns = [table.c[name] for name in ("id", *one.shared)]
        select = sa.select(*columns).where(table.c.id == item_id, *target._scope())
        where = ""
        if "project_id" in table.c:
            project_id = values.get("project_id")
            select = select.where(table.c.project_id == project_id)
            where = f" in the project {project_id}"
        found = target._rows(select.with_for_update(read=True, key_share=True))
        if not found:
            raise errors.Refused(
                404, f"{field}: {one.target.noun} {item_id} does not exist{where}"
            )
        return found[0]


def _same(field: Field[t.Any], value: t.Any) -> list[t.Any]:
    """Return all values that are the same as a value of a field."""
    if field.format is None or value is None:
        return [value]
    return formats.spellings(field.format, value)


def _missing(
    field: Field[t.Any], given: t.Iterable[str], present: t.Iterable[str]
) -> list[str]:
    """Return the elements of a list that another list does not have, each once."""
    known, missing = {*present}, []
    for one in given:
        same = {*_same(field, one)}
        if not same & known:
            missing.append(one)
            known |= same
    return missing


def _changes(row: Row, values: Row) -> Row:
    """Return the values that differ from those of a row."""
    return {name: value for name, value in values.items() if row[name] != value}


def _same_json(before: t.Any, after: t.Any) -> bool:
    """Return True if two JSON values are the same. In Python, ``1 == 1.0 == True``."""
    return before is not _ABSENT and _canonical_json(before) == _canonical_json(after)


def _canonical_json(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)
