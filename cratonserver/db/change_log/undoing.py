# SPDX-License-Identifier: Apache-2.0
"""Write back what a change changed: deleted objects, with their ids, and all values before.

The values never leave the database. For example, the hosts that were deleted with a region,
on SQLite::

    INSERT INTO devices (id, name, …, updated_at)
    SELECT json_extract(r.before, '$.id'), json_extract(r.before, '$.name'), …, :now
    FROM change_rows AS r
    WHERE r.change_id = :change AND r.source IN ('host', 'network_device')
        AND r.member IS NULL AND r.after IS NULL AND r.seq BETWEEN :first AND :last

Most changes only create objects, only delete some, or change no fields. They are undone with
a few statements for each table. Other changes are undone in steps, the last one first: if a
change moved a host into a new region, the host has to move back before the region is deleted.
"""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonserver.db import quota_counts, variable_index
from cratonserver.db.change_log import fitting
from cratonserver.db.change_log.reading import action_of
from cratonserver.db.change_log.sources import Source
from cratonserver.db.tables import Tables

#: The kinds that are not written back: the log does not have their secrets.
_LOST = frozenset({"user_keys"})
#: The kinds whose deletions are not undone, for the same reason.
_LOST_IF_DELETED = frozenset({"webhooks"})


class Step(t.NamedTuple):
    """Rows of the log that are undone at once.

    :param source: their table.
    :param action: ``created``, ``updated`` or ``deleted``.
    :param first: number of the first row.
    :param last: number of the last row.
    """

    source: Source
    action: str
    first: int
    last: int


class Undoing:
    """The work of undoing a change, in a transaction that makes another change.

    :param connection: connection in that transaction.
    :param tables: the tables.
    :param change_id: id of the change to undo.
    :param now: time of the new change.
    """

    def __init__(
        self, connection: sa.Connection, tables: Tables, change_id: int, now: str
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._change_id = change_id
        self._now = now
        self._rows = tables.log.rows.alias("r")
        self._sources = {source.name: source for source in tables.logged()}
        self._kinds = {kind.key: kind for kind in tables.kinds}

    def run(self) -> None:
        """Write everything back.

        :raises sqlalchemy.exc.IntegrityError: if something else refers to a created object,
            what a deleted object refers to is gone, or its name is taken.
        :raises cratonserver.errors.Refused: with status 409, if objects do not fit together.
        """
        for step in self._at_once() or self._in_steps():
            if not _is_lost(step):
                self._connection.execute(self._statement(step))
        self._fill_indexes()
        self._forget_counts()
        fitting.check(self._connection, self._tables, self._change_id)

    def _at_once(self) -> list[Step]:
        """Return one step for each table and action; nothing if their order matters."""
        r = self._rows.c
        query = (
            sa.select(r.source, action_of(r), sa.func.min(r.seq), sa.func.max(r.seq))
            .where(r.change_id == self._change_id)
            .group_by(r.source, action_of(r))
        )
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for key, action, first, last in self._connection.execute(query):
            place = self._source(key).name, action
            known = found.get(place, (first, last))
            found[place] = min(first, known[0]), max(last, known[1])
        actions = {action for (name, action) in found if self._sources[name].member is None}
        if len(actions) > 1 or (actions == {"updated"} and self._fields_changed()):
            return []
        order = [*self._sources.values()]
        steps = [
            Step(source, action, *found[source.name, action])
            for source in (reversed(order) if actions == {"created"} else order)
            for action in ("created", "updated", "deleted")
            if (source.name, action) in found
        ]
        return steps

    def _fields_changed(self) -> bool:
        """Return True if the change changed fields of objects, which may be unique."""
        r = self._rows.c
        changed = sa.or_(r.before != "{}", r.after != "{}")
        query = sa.select(r.seq).where(
            r.change_id == self._change_id, r.member.is_(None), changed
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def _in_steps(self) -> t.Iterator[Step]:
        """Yield a step for each run of rows with the same table and action, the last first."""
        r = self._rows.c
        query = (
            sa.select(r.source, action_of(r), r.seq)
            .where(r.change_id == self._change_id)
            .order_by(r.seq.desc())
        )
        found = [*self._connection.execute(query)]
        runs = itertools.groupby(found, lambda row: (self._source(row[0]).name, row[1]))
        for (name, action), rows in runs:
            numbers = [row[2] for row in rows]
            yield Step(self._sources[name], action, numbers[-1], numbers[0])

    def _source(self, key: str) -> Source:
        """Return the table for the column ``source`` of the log."""
        kind = self._kinds.get(key)
        return self._sources[key if kind is None else self._tables.table(kind).name]

    def _statement(self, step: Step) -> t.Any:
        if step.source.member is None:
            return self._object_statement(step)
        return self._part_statement(step)

    def _object_statement(self, step: Step) -> t.Any:
        table, r = self._tables.metadata.tables[step.source.name], self._rows.c
        item_id = sa.cast(r.owner, table.c.id.type)
        conditions = self._conditions(step)
        if step.action == "created":
            return sa.delete(table).where(table.c.id.in_(sa.select(item_id).where(*conditions)))
        columns = [table.c[name] for name in step.source.columns]
        member = self._tables.dialect.json_member
        if step.action == "deleted":
            values = (member(r.before, column.name, column.type) for column in columns)
            select = sa.select(*values, sa.literal(self._now)).where(*conditions)
            names = [*(column.name for column in columns), step.source.touched]
            return sa.insert(table).from_select(names, select)
        has = self._tables.dialect.json_has_member
        changes = {
            column.name: sa.case(
                (
                    sa.or_(has(r.before, column.name), has(r.after, column.name)),
                    member(r.before, column.name, column.type),
                ),
                else_=column,
            )
            for column in columns
            if column.name not in ("id", "kind")
        }
        update = sa.update(table).where(table.c.id == item_id, *conditions)
        return update.values({**changes, step.source.touched: self._now})

    def _part_statement(self, step: Step) -> t.Any:
        source, r = step.source, self._rows.c
        table = self._tables.metadata.tables[source.name]
        owner, member = table.c[source.owner], table.c[t.cast("str", source.member)]
        owner_id = sa.cast(r.owner, owner.type)
        same = (owner == owner_id, member == r.member)
        conditions = self._conditions(step)
        if step.action == "created":
            found = sa.exists().where(*same, *conditions).correlate(table)
            return sa.delete(table).where(found)
        value: dict[str, t.Any] = {}
        if source.value is not None:
            type_ = table.c[source.value].type
            is_number = isinstance(type_, sa.Integer)
            value = {source.value: sa.cast(r.before, type_) if is_number else r.before}
        if step.action == "updated":
            return sa.update(table).where(*same, *conditions).values(value)
        given = {source.owner: owner_id, t.cast("str", source.member): r.member, **value}
        select = sa.select(*given.values()).select_from(self._rows).where(*conditions)
        others = [column for column in table.c if column.name not in given]
        if others:  # copies of columns of the owner
            (key,) = owner.foreign_keys
            owners = key.column.table
            select = select.join(owners, owners.c.id == owner_id)
            select = select.add_columns(*(owners.c[column.name] for column in others))
        names = [*given, *(column.name for column in others)]
        return sa.insert(table).from_select(names, select)

    def _conditions(self, step: Step) -> list[sa.ColumnElement[bool]]:
        """Return the conditions for the rows of a step in the log."""
        r = self._rows.c
        of_source: sa.ColumnElement[bool]
        if step.source.member is None:
            root = self._tables.metadata.tables[step.source.name]
            keys = [k.key for k in self._tables.kinds if self._tables.table(k) is root]
            of_source = r.source.in_(keys)
        else:
            of_source = r.source == step.source.name
        return [
            r.change_id == self._change_id,
            of_source,
            action_of(r) == step.action,
            r.seq.between(step.first, step.last),
        ]

    def _forget_counts(self) -> None:
        """Count again what projects use whose quotas changed."""
        r, quotas = self._rows.c, self._tables.quotas
        of_quotas = (r.change_id == self._change_id, r.source == quotas.name)
        owners = self._connection.scalars(sa.select(r.owner).where(*of_quotas).distinct())
        for project_id in owners.all():
            quota_counts.forget(self._connection, self._tables, project_id)

    def _fill_indexes(self) -> None:
        """Write the keys of all variables that changed."""
        r = self._rows.c
        for root in dict.fromkeys(map(self._tables.root, self._tables.kinds)):
            if "variables" not in self._tables.parts(root):
                continue
            values = self._tables.variables(root)
            owner = sa.cast(r.owner, values.c.owner_id.type)
            changed = sa.select(owner).where(
                r.change_id == self._change_id, r.source == values.name
            )
            if self._connection.execute(changed.limit(1)).first() is None:
                continue
            tables = self._tables.table(root), values, self._tables.variable_keys(root)
            bulk = self._tables.dialect.bulk
            variable_index.fill_some(self._connection, bulk, *tables, root.key, changed)


def _is_lost(step: Step) -> bool:
    name = step.source.name
    return name in _LOST or (step.action == "deleted" and name in _LOST_IF_DELETED)


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
