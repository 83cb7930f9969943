# SPDX-License-Identifier: Apache-2.0
"""The objects of one kind in the store: create, update, delete.

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

import typing as t

import sqlalchemy as sa

from cratonserver import errors
from cratonserver.db import clock, consistency
from cratonserver.db.aliases import Row
from cratonserver.db.part_changes import PartChanges
from cratonserver.db.policy import Change, Deletion


class Objects(PartChanges):
    """The objects of one kind that a user may see: read, create, update and delete them."""

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
        consistency.check(self, values, values)
        insert = sa.insert(self.table).values(values).returning(self.table.c.id)
        try:
            item_id = self.connection.execute(insert).scalar_one()
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        row = self.find(item_id)
        self.policy.check_update(self._change(row, values))
        self.create_parts(item_id, given)
        return row, shown

    def update(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> Row:
        """Change a row.

        :param given: checked values of fields.
        :returns: the row after the change.
        :raises cratonserver.errors.Refused: with status 404 if the row or a referenced
            object does not exist, 400 if the objects do not fit together, 409 if the name
            is taken.
        """
        self.lock(item_id)
        row = self.find(item_id)
        values = dict(given)
        consistency.check(self, _changes(row, values), {**row, **values})
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
        self.check_deletion(item_id)
        delete = sa.delete(self.table).where(self.table.c.id == item_id, *self.scope())
        dialect = self.tables.dialect
        try:
            with dialect.deferred_foreign_keys(self.connection):
                self.connection.execute(delete)
        except sa.exc.IntegrityError as exc:
            dialect.violated(exc)
            raise errors.InUse(
                f"The {self.kind.noun} {item_id} is in use: another object refers to it."
            ) from exc

    def check_deletion(self, item_id: int | str, *, lock: bool = True) -> None:
        """Refuse a deletion that the policy of the kind forbids.

        :param lock: lock the rows that the checks rely on; not in a read-only transaction.
        :raises cratonserver.errors.Refused: with status 403 or 409.
        """
        self.policy.check_deletion(
            Deletion(self.connection, self.table, self.who, item_id, self.scope(), lock)
        )

    def _change(self, row: Row, values: Row) -> Change:
        return Change(self.connection, self.table, self.who, row, values)

    def _refusal(self, error: sa.exc.IntegrityError) -> errors.Refused:
        """Return the error for values that violate a constraint."""
        violation = self.tables.dialect.violated(error)
        if violation.kind == "unique":
            return errors.Refused(409, self.policy.name_taken)
        field = violation.constraint.removeprefix(f"fk_{self.table.name}_")
        return errors.Refused(404, f"{field or 'reference'}: the object no longer exists")


def _changes(row: Row, values: Row) -> Row:
    """Return the values that differ from those of a row."""
    return {name: value for name, value in values.items() if row[name] != value}
