# SPDX-License-Identifier: Apache-2.0
"""Write back what a change changed: deleted objects, with their ids, and all values before."""

from __future__ import annotations

import json

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import quota_counts, variable_index
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import fitting
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.change_log.undo_statements import Statements
from cratonserver.db.change_log.undo_steps import Step, Steps
from cratonserver.db.tables import Tables

#: The kinds that are not written back: the log does not have their secrets.
_LOST = frozenset({"user_keys"})
#: The kinds whose deletions are not undone, for the same reason.
_LOST_IF_DELETED = frozenset({"webhooks"})


class Undoing:
    """The work of undoing a change, in a transaction that makes another change.

    :param transaction: that transaction.
    :param tables: the tables.
    :param change_id: id of the change to undo.
    :param force: the objects may have changed since.
    """

    def __init__(
        self, transaction: Transaction, tables: Tables, change_id: int, *, force: bool
    ) -> None:
        self._transaction = transaction
        self._connection = transaction.connection
        self._tables = tables
        self._change_id = change_id
        self._force = force
        self._statements = Statements(tables, change_id, transaction.now, force=force)

    def run(self) -> tuple[int, int] | None:
        """Write everything back, except what has the values before the change already.

        :returns: id and revision of the new change, ``None`` if there was nothing to do.
        :raises sqlalchemy.exc.IntegrityError: if something else refers to a created object,
            what a deleted object refers to is gone, or its name is taken.
        :raises cratonserver.errors.Refused: with status 409, if objects do not fit together.
        """
        touched = self._force
        for step in Steps(self._connection, self._tables, self._change_id).find():
            if not _is_lost(step):
                touched |= step.action == "updated"
                self._undo(step)
        entry = self._transaction.entry
        if entry is None:
            return None
        if touched:
            for statement in self._statements.touch(entry[0]):
                self._connection.execute(statement)
        self._fill_indexes(entry[0])
        self._forget_counts()
        fitting.check(self._connection, self._tables, self._change_id)
        return entry

    def _undo(self, step: Step) -> None:
        """Undo a step at once, or row by row if objects handed their names on."""
        if step.action == "updated" and step.source.named and step.first < step.last:
            try:
                with self._transaction.attempt():
                    self._run(step)
            except sa.exc.IntegrityError:
                for seq in self._connection.scalars(self._statements.rows_of(step)).all():
                    self._run(step._replace(first=seq, last=seq))
        else:
            self._run(step)

    def _run(self, step: Step) -> None:
        for statement in self._statements.of(step):
            self._connection.execute(statement)

    def _forget_counts(self) -> None:
        """Count again what projects use whose quotas changed."""
        r, quotas = self._tables.log.rows.c, self._tables.quotas
        of_quotas = (r.change_id == self._change_id, r.source == quotas.name)
        owners = self._connection.scalars(sa.select(r.owner).where(*of_quotas).distinct())
        for project_id in owners.all():
            quota_counts.forget(self._connection, self._tables, project_id)

    def _fill_indexes(self, new_id: int) -> None:
        """Write the keys of all variables that the new change changed."""
        r = self._tables.log.rows.c
        for root in dict.fromkeys(map(self._tables.root, self._tables.kinds)):
            if "variables" not in self._tables.parts(root):
                continue
            values = self._tables.variables(root)
            owner = sa.cast(r.owner, values.c.owner_id.type)
            changed = sa.select(owner).where(r.change_id == new_id, r.source == values.name)
            if self._connection.execute(changed.limit(1)).first() is None:
                continue
            tables = self._tables.table(root), values, self._tables.variable_keys(root)
            bulk = self._tables.dialect.bulk
            variable_index.fill_some(self._connection, bulk, *tables, root.key, changed)


def _is_lost(step: Step) -> bool:
    name = step.source.name
    return name in _LOST or (step.action == "deleted" and name in _LOST_IF_DELETED)


def lost(connection: sa.Connection, tables: Tables, change_id: int) -> list[tuple[Kind, str]]:
    """Return the objects of a change that undoing it neither creates nor deletes.

    :returns: the kind and the id of each.
    """
    rows = tables.log.rows.c
    found = []
    for kind in tables.kinds:
        name = tables.table(kind).name
        if name not in _LOST | _LOST_IF_DELETED:
            continue
        query = (
            sa.select(rows.owner)
            .where(rows.change_id == change_id, rows.source == kind.key)
            .where(rows.member.is_(None), rows.after.is_(None) | rows.before.is_(None))
        )
        if name not in _LOST:
            query = query.where(rows.after.is_(None))
        found += [(kind, owner) for owner in connection.scalars(query.distinct())]
    return found


def states(
    connection: sa.Connection, tables: Tables, change_id: int, kind: Kind
) -> dict[str, list[Row]]:
    """Return the fields that a change changed, before and after it, by id of the object.

    :param kind: kind of the objects.
    """
    rows = tables.log.rows.c
    query = sa.select(rows.owner, rows.before, rows.after).where(
        rows.change_id == change_id, rows.source == kind.key, rows.member.is_(None)
    )
    found: dict[str, list[Row]] = {}
    for owner, *texts in connection.execute(query):
        known = found.setdefault(owner, [])
        known += [json.loads(text) for text in texts if text is not None]
    return found


def restored(connection: sa.Connection, tables: Tables, change_id: int) -> dict[str, int]:
    """Return how much undoing a change adds to its project, by resource of the quotas.

    For example, ``{"hosts": 300, "variables_bytes": 12000}`` for the deletion of a region.
    """
    rows = tables.log.rows.c
    length = tables.dialect.byte_length
    before, after = (
        sa.func.coalesce(length(text) + length(rows.member), 0)
        for text in (rows.before, rows.after)
    )
    back, gone = (
        sa.func.sum(sa.case((text.is_(None), 1), else_=0)) for text in (rows.after, rows.before)
    )
    query = (
        sa.select(rows.source, back - gone, sa.func.sum(before - after))
        .where(rows.change_id == change_id)
        .group_by(rows.source)
    )
    found = {source: (number, more) for source, number, more in connection.execute(query)}
    added = {kind.collection: found.get(kind.key, (0, 0))[0] for kind in tables.kinds}
    for kind in dict.fromkeys(map(tables.root, tables.kinds)):
        for name, table in tables.parts(kind).items():
            if "value" in table.c:
                resource = f"{name}_bytes"
                more = found.get(table.name, (0, 0))[1]
                added[resource] = added.get(resource, 0) + int(more)
    return added
