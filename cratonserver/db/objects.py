# SPDX-License-Identifier: Apache-2.0
"""The objects of one kind in the store: create, update, delete.

A change takes a fixed number of statements, and on PostgreSQL few round trips, because
BEGIN travels together with the first statement. For example, a change of the parent of a
host on PostgreSQL. The host, its project and its parent are locked until the transaction
ends; other transactions can still refer to them. On SQLite the statements have no ``FOR``,
because only one transaction writes at a time::

    BEGIN; SELECT devices.id, … FROM projects JOIN devices ON …
           WHERE devices.id = :craton_item … FOR NO KEY UPDATE
    SELECT 'parent_id' AS what, …                   -- see the module requirements
    UPDATE devices SET parent_id = :craton_value_parent_id, updated_at = …
    WHERE id = :craton_item RETURNING id, …
    COMMIT
"""

from __future__ import annotations

import dataclasses
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import consistency, creation, moving
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import TransactionRequired
from cratonserver.db.part_changes import PartChanges
from cratonserver.db.policy import Change, Deletion
from cratonserver.db.requirements import Required
from cratonserver.db.rows import ITEM
from cratonserver.db.tables import PROJECT, Tables


class Objects(PartChanges):
    """The objects of one kind that a user may see: read, create, update and delete them."""

    def create(self, given: t.Mapping[str, t.Any]) -> tuple[Row, Row]:
        """Store a new row with its parts.

        Without a transaction, this checks and writes in a single statement. It raises
        :class:`.TransactionRequired` if that is not possible.

        :param given: checked values of fields and parts.
        :returns: the row, and values that only the response to this request shows.
        :raises cratonserver.errors.Refused: with status 404 if a referenced object does
            not exist, 400 if the objects do not fit together, 409 if the name is taken.
        """
        dialect = self.tables.dialect
        in_transaction = dialect.in_transaction(self.connection)
        if self.policy.needs_transaction and not in_transaction:
            raise TransactionRequired
        values, shown = self.prepare(given)
        # Others must not wait because somebody names one of their objects.
        who = self.who
        self.transaction.begin(self.project_of(values) if who.is_root else who.project_id)
        required = self.requirements(values)
        if self.policy.needs_transaction or (in_transaction and not dialect.single_writer):
            required.check()  # lock the references before a quota, and before other checks
            required = dataclasses.replace(required, references={}, others=())
        self._check_quotas(values, given, required)
        try:
            row = creation.create(self, values, self.new_parts(values, given), required)
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        change = self.change_of(row, values, is_new=True)
        return row, {**shown, **self.policy.created(change)}

    def prepare(self, given: t.Mapping[str, t.Any]) -> tuple[Row, Row]:
        """Return the values of a new row, and values that only its creator sees.

        :param given: checked values of fields and parts.
        :raises cratonserver.errors.Refused: with status 400 or 403.
        """
        values = {
            name: given.get(name, field.default)
            for name, field in self.kind.fields.items()
            if field.storage.column and field.create
        }
        values["created_at"] = self.transaction.now
        shown = self.policy.complete(values, self.who)
        if "kind" in self.table.c:
            values["kind"] = self.kind.key
        return values, shown

    def requirements(self, values: Row) -> Required:
        """Return what the database has to check before a new row is stored.

        :param values: its values.
        :raises cratonserver.errors.Refused: if the values do not fit together.
        """
        change = self.change_of(values, values, is_new=True)
        self.policy.check_update(change)
        needs = self.policy.requirements(change)
        return consistency.required(self, values, values, needs)

    def update(self, item_id: int | str, given: t.Mapping[str, t.Any]) -> Row:
        """Change a row.

        :param given: checked values of fields.
        :returns: the row after the change.
        :raises cratonserver.errors.Refused: with status 404 if the row or a referenced
            object does not exist, 400 if the objects do not fit together, 409 if the name
            is taken, or if descendants of a row that moves cannot move with it.
        """
        self.begin(item_id)
        row = self.lock(item_id, with_project=self.policy.locks_project(given))
        values = dict(given)
        self.check_change(row, values).check()
        self.policy.check_update(self.change_of(row, values))
        changes = changed_values(row, values)
        if not changes:
            self._leave(row)
            return row
        changes["updated_at"] = self.transaction.now
        update = self.tables.prepared(_update, self.kind, tuple(sorted(changes)))
        try:
            after = update.dicts(self.connection, {ITEM: item_id, **_parameters(changes)})[0]
            moving.take_descendants(self, row, after)
        except sa.exc.IntegrityError as exc:
            raise self._refusal(exc) from exc
        return after

    def check_change(self, row: Row, values: Row) -> Required:
        """Return what the database has to check before a row is changed.

        :param row: the row before the change.
        :param values: the values that change. Those that change with them are added in place.
        :raises cratonserver.errors.Refused: if the values do not fit together.
        """
        moving.leave(self, row, values)
        needs = self.policy.requirements(self.change_of(row, values))
        return consistency.required(self, changed_values(row, values), {**row, **values}, needs)

    def touch(self, item_id: int | str) -> Row:
        """Set the time of the last change of a row, because something that it owns changes.

        The row is locked until the transaction ends.

        :raises cratonserver.errors.Refused: as for :meth:`update`.
        """
        self.begin(item_id)
        touch = self.tables.prepared(_touch, self.kind, self.who.is_root)
        values = {ITEM: item_id, PROJECT: self.who.project_id}
        values.update(_parameters({"updated_at": self.transaction.now}))
        found = touch.dicts(self.connection, values)
        if not found:
            raise errors.not_found()
        self.policy.check_update(self.change_of(found[0], {}))
        return found[0]

    def delete(self, item_id: int | str) -> None:
        """Delete a row and everything that belongs to it (``ON DELETE CASCADE``).

        A row that does not exist is ignored.

        :raises cratonserver.errors.Refused: with status 409, if another object refers
            to the row, or to a row that would be deleted with it.
        """
        if (self.policy.required(self.who) or self.who.is_root) and not self._reaches(item_id):
            return
        self.begin(item_id)
        self.check_deletion(item_id)
        delete = self.tables.prepared(_deletion, self.kind, self.who.is_root)
        try:
            delete.run(self.connection, {ITEM: item_id, PROJECT: self.who.project_id})
        except sa.exc.IntegrityError as exc:
            self.tables.dialect.violated(exc)
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

    def _reaches(self, item_id: int | str) -> bool:
        """Return False if there is no such row, or the user does not see it."""
        try:
            self.find(item_id)
        except errors.Refused:
            return False
        return True

    def change_of(self, row: Row, values: Row, *, is_new: bool = False) -> Change:
        """Return a change for the policy.

        :param row: the row before it, or the values of a new row.
        :param values: the values that change.
        """

        def revision() -> int | None:
            entry = self.transaction.entry
            return None if entry is None else entry[1]

        return Change(self.connection, self.table, self.who, row, values, is_new, revision)

    def _check_quotas(
        self, values: Row, given: t.Mapping[str, t.Any], required: Required
    ) -> None:
        """Check the quotas for a new row.

        :param required: what has not been checked yet. Its errors come first.
        """
        checks = self.quota_checks(self.project_of(values))
        try:
            checks.new_object(self.kind, given)
        except errors.Refused:
            required.check()
            raise

    def _refusal(self, error: sa.exc.IntegrityError) -> errors.Refused:
        """Return the error for values that violate a constraint."""
        violation = self.tables.dialect.violated(error)
        if violation.kind == "unique":
            return errors.Refused(409, self.policy.name_taken)
        field = violation.constraint.removeprefix(f"fk_{self.table.name}_")
        return errors.Refused(404, f"{field or 'reference'}: the object no longer exists")


def changed_values(row: Row, values: Row) -> Row:
    """Return the values that differ from those of a row."""
    return {name: value for name, value in values.items() if row[name] != value}


def _parameters(values: Row) -> Row:
    """Return the parameters for values. SQLAlchemy reserves the names of the columns."""
    return {f"craton_value_{name}": value for name, value in values.items()}


def _update(tables: Tables, kind: Kind, columns: tuple[str, ...]) -> t.Any:
    table = tables.table(kind)
    values = {
        name: sa.bindparam(f"craton_value_{name}", type_=table.c[name].type) for name in columns
    }
    row = table.c.id == sa.bindparam(ITEM, type_=table.c.id.type)
    shown = tables.select(kind).selected_columns
    return sa.update(table).where(row).values(values).returning(*shown)


def _touch(tables: Tables, kind: Kind, all_projects: bool) -> t.Any:
    visible = tables.visible(kind, all_projects=all_projects)
    return _update(tables, kind, ("updated_at",)).where(*visible)


def _deletion(tables: Tables, kind: Kind, all_projects: bool) -> t.Any:
    table = tables.table(kind)
    row = table.c.id == sa.bindparam(ITEM, type_=table.c.id.type)
    delete = sa.delete(table).where(row, *tables.visible(kind, all_projects=all_projects))
    return tables.dialect.deferring_foreign_keys(delete)
