# SPDX-License-Identifier: Apache-2.0
"""The statements that undo a step of a change: the values never leave the database.

For example, the hosts that were deleted with a region come back, on SQLite::

    INSERT INTO devices (id, name, …, updated_at)
    SELECT json_extract(r.before, '$.id'), json_extract(r.before, '$.name'), …, :now
    FROM change_rows AS r
    WHERE r.change_id = :change AND r.source IN ('host', 'network_device')
        AND r.member IS NULL AND r.after IS NULL AND r.seq BETWEEN :first AND :last

Rows that have the wanted values already are not written, so that the log has no entry for
them.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db.change_log.reading import action_of
from cratonserver.db.change_log.sources import Source
from cratonserver.db.change_log.undo_steps import Step
from cratonserver.db.tables import Tables


class Statements:
    """The statements that undo the steps of a change.

    :param tables: the tables.
    :param change_id: id of the change to undo.
    :param now: time of the new change.
    :param force: the objects may have changed since. What came back meanwhile is set to the
        old values, and what went meanwhile comes back.
    """

    def __init__(self, tables: Tables, change_id: int, now: str, *, force: bool) -> None:
        self._tables = tables
        self._change_id = change_id
        self._now = now
        self._force = force
        self._rows = tables.log.rows.alias("r")

    def of(self, step: Step) -> t.Iterator[t.Any]:
        """Generate the statements that undo a step."""
        is_object = step.source.member is None
        if step.action == "created":
            yield self._delete_objects(step) if is_object else self._delete_members(step)
        elif is_object:
            if step.action == "updated" or self._force:
                yield self._update_objects(step)
            if step.action == "deleted":
                yield self._insert_objects(step)
        else:
            if step.source.value is not None and (step.action == "updated" or self._force):
                yield self._update_members(step)
            if step.action == "deleted" or self._force:
                yield self._insert_members(step)

    def rows_of(self, step: Step) -> sa.Select[t.Any]:
        """Return the query for the numbers of the rows of a step, the last one first."""
        seq = self._rows.c.seq
        return sa.select(seq).where(*self._conditions(step)).order_by(seq.desc())

    def touch(self, new_id: int) -> t.Iterator[t.Any]:
        """Generate the statements for objects whose fields did not change, only their parts.

        :param new_id: id of the new change.
        """
        rows = self._tables.log.rows.c
        of_change = sa.select(rows.owner).where(rows.change_id == new_id)
        for root in dict.fromkeys(map(self._tables.root, self._tables.kinds)):
            parts = [part.name for part in self._tables.logged_parts(root).values()]
            if not parts:
                continue
            table, keys = self._tables.table(root), [k.key for k in self._tables.family(root)]
            # Set operations need no statistics, unlike NOT EXISTS.
            changed = of_change.where(rows.source.in_(parts)).except_(
                of_change.where(rows.source.in_(keys), rows.member.is_(None))
            )
            owner = sa.cast(changed.subquery().c.owner, table.c.id.type)
            update = sa.update(table).where(table.c.id.in_(sa.select(owner)))
            yield update.values(updated_at=self._now)

    def _delete_objects(self, step: Step) -> t.Any:
        table = self._table(step)
        ids = sa.select(self._owner(table.c.id)).where(*self._conditions(step))
        return sa.delete(table).where(table.c.id.in_(ids))

    def _insert_objects(self, step: Step) -> t.Any:
        table, before = self._table(step), self._rows.c.before
        columns = [table.c[name] for name in step.source.columns]
        member = self._tables.dialect.json_member
        values = (member(before, column.name, column.type) for column in columns)
        select = sa.select(*values, sa.literal(self._now)).where(*self._conditions(step))
        if self._force:
            select = select.where(~self._exists(table.c.id == self._owner(table.c.id)))
        names = [*(column.name for column in columns), step.source.touched]
        return sa.insert(table).from_select(names, select)

    def _update_objects(self, step: Step) -> t.Any:
        table, r = self._table(step), self._rows.c
        member, has = self._tables.dialect.json_member, self._tables.dialect.json_has_member
        values: dict[str, t.Any] = {}
        differs: list[sa.ColumnElement[bool]] = []
        for name in step.source.columns:
            if name in ("id", "kind"):
                continue
            column = table.c[name]
            wanted = member(r.before, name, column.type)
            given: sa.ColumnElement[bool] = sa.true()
            if step.action == "updated":
                given = sa.or_(has(r.before, name), has(r.after, name))
            values[name] = sa.case((given, wanted), else_=column)
            differs.append(sa.and_(given, column.is_distinct_from(wanted)))
        same = table.c.id == self._owner(table.c.id)
        something = sa.or_(r.before != "{}", r.after != "{}", r.after.is_(None))
        conditions = (same, *self._conditions(step), something, sa.or_(*differs))
        update = sa.update(table).where(*conditions)
        return update.values({**values, step.source.touched: self._now})

    def _delete_members(self, step: Step) -> t.Any:
        source, table, r = step.source, self._table(step), self._rows.c
        owner, member = table.c[source.owner], table.c[t.cast("str", source.member)]
        found = sa.select(self._owner(owner), r.member).where(*self._conditions(step))
        return sa.delete(table).where(sa.tuple_(owner, member).in_(found))

    def _update_members(self, step: Step) -> t.Any:
        table, value = self._table(step), t.cast("str", step.source.value)
        wanted = self._value(table.c[value])
        conditions = (*self._same(step.source), *self._conditions(step))
        update = sa.update(table).where(*conditions, table.c[value] != wanted)
        return update.values({value: wanted})

    def _insert_members(self, step: Step) -> t.Any:
        source, table, r = step.source, self._table(step), self._rows.c
        owner_id = self._owner(table.c[source.owner])
        given = {source.owner: owner_id, t.cast("str", source.member): r.member}
        if source.value is not None:
            given[source.value] = self._value(table.c[source.value])
        select = sa.select(*given.values()).select_from(self._rows)
        select = select.where(*self._conditions(step))
        others = [column for column in table.c if column.name not in given]
        if others or self._force:
            (key,) = table.c[source.owner].foreign_keys
            owners = key.column.table
            select = select.join(owners, owners.c.id == owner_id)
            # copies of columns of the owner
            select = select.add_columns(*(owners.c[column.name] for column in others))
        if self._force:
            select = select.where(~self._exists(*self._same(source)))
        names = [*given, *(column.name for column in others)]
        return sa.insert(table).from_select(names, select)

    def _exists(self, *conditions: sa.ColumnElement[bool]) -> sa.Exists:
        """Return the condition that a row exists, for a query for rows of the log."""
        return sa.exists().where(*conditions).correlate(self._rows)

    def _same(self, source: Source) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the conditions for the value that a row of the log is about."""
        table = self._tables.metadata.tables[source.name]
        owner, member = table.c[source.owner], table.c[t.cast("str", source.member)]
        return owner == self._owner(owner), member == self._rows.c.member

    def _owner(self, column: sa.Column[t.Any]) -> sa.ColumnElement[t.Any]:
        """Return the id of the object of a row of the log.

        :param column: column with such ids.
        """
        return sa.cast(self._rows.c.owner, column.type)

    def _value(self, column: sa.Column[t.Any]) -> sa.ColumnElement[t.Any]:
        """Return the value before the change.

        :param column: column with such values: JSON, or the numbers of quotas.
        """
        before = self._rows.c.before
        return sa.cast(before, column.type) if isinstance(column.type, sa.Integer) else before

    def _table(self, step: Step) -> sa.Table:
        return self._tables.metadata.tables[step.source.name]

    def _conditions(self, step: Step) -> list[sa.ColumnElement[bool]]:
        """Return the conditions for the rows of a step in the log."""
        r = self._rows.c
        of_source: sa.ColumnElement[bool]
        if step.source.member is None:
            table = self._table(step)
            keys = [k.key for k in self._tables.kinds if self._tables.table(k) is table]
            of_source = r.source.in_(keys)
        else:
            of_source = r.source == step.source.name
        return [
            r.change_id == self._change_id,
            of_source,
            action_of(r) == step.action,
            r.seq.between(step.first, step.last),
        ]
