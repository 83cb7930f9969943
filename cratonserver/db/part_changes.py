# SPDX-License-Identifier: Apache-2.0
"""Change the parts of a row that have tables of their own: variables and labels."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import (
    consistency,
    labels,
    part_rows,
    rows,
    stored_json,
    variables,
)
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.dialect import TransactionRequired
from cratonserver.db.part_rows import PartRows
from cratonserver.db.quota_checks import Checks
from cratonserver.db.quotas import Quotas
from cratonserver.db.rows import ITEM, VERSION, Rows
from cratonserver.db.tables import Tables
from cratonserver.identity import Identity

#: The name of the column with the values of a mapping part.
_MEMBERS = "craton_members"

#: Stands for a value that a mapping does not have.
_ABSENT = object()


class PartChanges(Rows):
    """The rows of one kind, and changes of their parts. A change moves ``updated_at``.

    Without a transaction, the methods that add to a part do not lock the owner. They write
    only if its version is still the one that they read, and raise
    :class:`.TransactionRequired` otherwise.

    :param connection: connection in a transaction.
    :param quotas: the quotas of the projects.
    :param transaction: the transaction, if it changes objects. The other parameters are those
        of :class:`.rows.Rows`.
    """

    def __init__(
        self,
        tables: Tables,
        kind: Kind,
        who: Identity,
        connection: sa.Connection,
        quotas: Quotas,
        transaction: Transaction | None = None,
    ) -> None:
        super().__init__(tables, kind, who, connection)
        self._quotas = quotas
        self._transaction = transaction
        #: The revisions that the change of an object builds on, ``None`` for any.
        self.expected: frozenset[int] | None = None
        #: The revision of the last change of an object that a request leaves as it is.
        self.unchanged: int | None = None

    @property
    def transaction(self) -> Transaction:
        """The transaction that changes objects."""
        if self._transaction is None:
            raise TypeError("these objects were opened for reading")
        return self._transaction

    def begin(self, item_id: int | str) -> None:
        """Begin to change an object: the change is logged in the project of the object.

        :raises cratonserver.errors.Refused: with status 404.
        """
        project_id = self.who.project_id
        if self.who.is_root:  # who sees the objects of all projects
            project_id = self.project_of(self.find(item_id))
        self.transaction.begin(project_id)
        if self.expected is not None:
            self._check_expected(item_id)

    def _check_expected(self, item_id: int | str) -> None:
        """Refuse to change an object that somebody has changed meanwhile.

        :raises cratonserver.errors.Refused: with status 404 or 412.
        """
        found = self.revision_of(item_id)
        if found not in (self.expected or ()):
            raise errors.Refused(
                412,
                f"The {self.kind.noun} {item_id} was changed: its entity tag is "
                f'"{found}" now. Read it again.',
                headers={"ETag": f'"{found}"'},
            )

    def revision_of(self, item_id: int | str) -> int:
        """Return the revision of the last change of an object.

        :raises cratonserver.errors.Refused: with status 404.
        """
        project_id = self.project_of(self.find(item_id))
        where = self.connection, self.tables, self.kind
        return reading.revision_of(*where, item_id, project_id)

    def check_unchanged(self, item_id: int | str, since: int) -> None:
        """Refuse to change an object that others have changed after a revision.

        :raises cratonserver.errors.Refused: with status 400, if there is no such revision; with
            status 404 or 412.
        """
        self.begin(item_id)
        project_id, entry = self.project_of(self.find(item_id)), self.transaction.entry
        last = reading.revision_before(self.connection, self.tables, project_id, entry)
        if since > last:
            raise errors.invalid([f"unchanged_since: the last revision is {last}"])
        where = self.connection, self.tables, self.kind, item_id, project_id
        found = reading.revision_of(*where, None if entry is None else entry[0])
        if found > since:
            raise errors.Refused(
                412, f"The {self.kind.noun} {item_id} was changed in revision {found}."
            )

    def quota_checks(self, project_id: str) -> Checks:
        """Return the checks of quotas for objects of a project."""
        return Checks(self._quotas, self.connection, self.who, project_id)

    def put_mapping(self, item_id: int | str, values: Row, part: str = "variables") -> Row:
        """Set values of a mapping part, and keep the other values.

        :returns: all own values of the row, without inherited ones.
        :raises cratonserver.errors.Refused: with status 404.
        """
        if self._locks:
            self.begin(item_id)
        row, version, before = self._begin_put(item_id, part)
        new = {n: v for n, v in values.items() if not same_json(before.get(n, _ABSENT), v)}
        if new:
            self._checks_of(row).mapping(part, before, new)
            made = variables.rows(self.tables, self.kind, row, new, part, before)
            self._put(item_id, version, *made, touch=not self._touches_first)
        else:
            self._leave(row)
            if self._touches_first:
                self.connection.rollback()
        return {**before, **new}

    def remove_from_mapping(
        self, item_id: int | str, names: t.Iterable[str], part: str = "variables"
    ) -> None:
        """Delete values of a mapping part by name.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self.begin(item_id)
        row = self.lock(item_id)
        where = self.connection, self.tables, self.kind
        if variables.remove(*where, item_id, names, part):
            self._touch(item_id)
        else:
            self._leave(row)

    def add_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> list[str]:
        """Add labels to a row.

        :returns: all labels of the row.
        :raises cratonserver.errors.Refused: with status 404.
        """
        if self._locks:
            self.begin(item_id)
        row, version = self.lock_or_version(item_id)
        before = self.labels(item_id, part)
        new = missing(self.kind.parts[part], given, before)
        if new:
            self._checks_of(row).elements(part, len(before), len(new))
            self._put(item_id, version, labels.rows(self.tables, self.kind, row, new, part))
        else:
            self._leave(row)
        return sorted([*before, *new])

    def remove_labels(
        self, item_id: int | str, given: t.Iterable[str], part: str = "labels"
    ) -> None:
        """Remove labels from a row.

        :raises cratonserver.errors.Refused: with status 404.
        """
        self.begin(item_id)
        row = self.lock(item_id)
        going = {
            same for one in given for same in consistency.spellings(self.kind.parts[part], one)
        }
        if labels.remove(self.connection, self.tables, self.kind, item_id, going, part):
            self._touch(item_id)
        else:
            self._leave(row)

    def new_parts(self, row: Row, given: t.Mapping[str, t.Any]) -> t.Iterator[PartRows]:
        """Generate the rows for the parts of a new row.

        :param row: values of the columns of the row.
        :param given: values of the request, with or without the parts.
        """
        where = self.tables, self.kind
        for name, part in self.kind.parts.items():
            if name in given:
                if part.type is dict:
                    yield from variables.rows(*where, row, given[name], name)
                else:
                    yield labels.rows(*where, row, missing(part, given[name], []), name)
        if "variables" in given and "variables" not in self.kind.parts:
            yield from variables.rows(*where, row, given["variables"])

    @property
    def _touches_first(self) -> bool:
        """True if :meth:`_begin_put` moves ``updated_at`` already, which may be undone."""
        return self.tables.dialect.single_writer and self.transaction.is_single

    def _begin_put(
        self, item_id: int | str, part: str
    ) -> tuple[Row, str | None, variables.Values]:
        """Read a row and a mapping part, in one statement if nobody can change them meanwhile.

        :returns: the row, its version if it is not locked, and its own values.
        :raises cratonserver.errors.Refused: with status 404.
        """
        if self._locks and not self._touches_first:
            # Another transaction may change the part while this one waits for the lock.
            row = self.lock(item_id)
            return row, None, self.mapping_of([row], part=part).get(row["id"], {})
        make = _touch_and_read if self._touches_first else _read_with_version
        statement = self.tables.prepared(make, self.kind, self.who.is_root, part)
        values = {part_rows.OWNER: item_id, ITEM: item_id, part_rows.NOW: self.transaction.now}
        with variables.refusing_large(self.tables.dialect):
            row = self.the_one(statement, {**values, **variables.limit()})
        return row, row.pop(VERSION, None), variables.parse(row.pop(_MEMBERS))

    @property
    def _locks(self) -> bool:
        """True if the object is locked before it is read, False if its version is read."""
        return self.tables.dialect.in_transaction(self.connection)

    def _put(
        self, item_id: int | str, version: str | None, *made: PartRows, touch: bool = True
    ) -> None:
        if not self._locks:
            self.begin(item_id)
        where = self.connection, self.tables, self.kind
        part_rows.put(*where, item_id, made, version, touch_owner=touch)

    def _checks_of(self, row: Row) -> Checks:
        """Return the checks of quotas for the project of a row."""
        return self.quota_checks(self.project_of(row))

    def _leave(self, row: Row) -> None:
        """Note the last change of an object that the request leaves as it is.

        The object has to be locked, so that the revision is that of the values in the response.
        """
        if not self.transaction.is_single:
            return
        if not self._locks:
            raise TransactionRequired
        where = self.connection, self.tables, self.kind, row["id"], self.project_of(row)
        entry = self.transaction.entry  # there is one if the object was touched already
        self.unchanged = reading.revision_of(*where, None if entry is None else entry[0])

    def _touch(self, item_id: int | str) -> None:
        part_rows.touch(self.connection, self.tables, self.kind, item_id)


def _read_with_version(tables: Tables, kind: Kind, all_projects: bool, part: str) -> t.Any:
    members = variables.members_of(tables, kind, part).label(_MEMBERS)
    return rows.one_query(tables, kind, all_projects, "version").add_columns(members)


def _touch_and_read(tables: Tables, kind: Kind, all_projects: bool, part: str) -> t.Any:
    """Build the statement that moves ``updated_at`` of a row, and reads a part of it.

    For example, the variables of a host on SQLite::

        UPDATE devices SET updated_at = :craton_now
        WHERE id = :craton_owner AND project_id = :craton_project AND kind = 'host'
        RETURNING id, …,
            (SELECT group_concat(…) FROM device_variables WHERE owner_id = id)
    """
    members = variables.members_of(tables, kind, part).label(_MEMBERS)
    return (
        part_rows.touching(tables, kind)
        .where(*tables.visible(kind, all_projects=all_projects))
        .returning(*tables.select(kind).selected_columns, members)
    )


def missing(field: Field[t.Any], given: t.Iterable[str], present: t.Iterable[str]) -> list[str]:
    """Return the elements of a list that another list does not have, each once."""
    known, missing = {*present}, []
    for one in given:
        same = {*consistency.spellings(field, one)}
        if not same & known:
            missing.append(one)
            known |= same
    return missing


def same_json(before: t.Any, after: t.Any) -> bool:
    """Return True if two JSON values are the same. In Python, ``1 == 1.0 == True``."""
    return before is not _ABSENT and _canonical_json(before) == _canonical_json(after)


def _canonical_json(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, default=stored_json.plain)
