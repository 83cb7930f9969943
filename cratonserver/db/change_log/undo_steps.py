# SPDX-License-Identifier: Apache-2.0
"""Divide the rows of a change in the log into steps, each of which is undone at once.

Most changes only create objects, only delete some, or change no fields. They are undone with
a step for each table. Other changes are undone in many steps, the last one first: if a change
moved a host into a new region, the host has to move back before the region is deleted.
"""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonserver.db.change_log.reading import action_of
from cratonserver.db.change_log.sources import Source
from cratonserver.db.tables import Tables

#: A row of the log: source, action, number, owner and member.
_Logged = t.Any


class Step(t.NamedTuple):
    """Rows of the log that are undone at once. No two of them are about the same value.

    :param source: their table.
    :param action: ``created``, ``updated`` or ``deleted``.
    :param first: number of the first row.
    :param last: number of the last row.
    """

    source: Source
    action: str
    first: int
    last: int


class Steps:
    """The steps of undoing a change.

    :param connection: connection that reads the log.
    :param tables: the tables.
    :param change_id: id of the change to undo.
    """

    def __init__(self, connection: sa.Connection, tables: Tables, change_id: int) -> None:
        self._connection = connection
        self._tables = tables
        self._change_id = change_id
        self._rows = tables.log.rows.c
        self._sources = {source.name: source for source in tables.logged()}
        self._kinds = {kind.key: kind for kind in tables.kinds}
        #: The name of the table of the object, by the column ``source``.
        self._owners = {
            key: tables.table(kind).name
            for kind in tables.kinds
            for key in (kind.key, *(part.name for part in tables.logged_parts(kind).values()))
        }

    def find(self) -> t.Iterable[Step]:
        """Return the steps in their order."""
        return self._at_once() or self._in_steps()

    def _at_once(self) -> list[Step]:
        """Return one step for each table and action; nothing if their order matters."""
        r = self._rows
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
        if len(actions) > 1 or (actions == {"updated"} and self._in_order()):
            return []
        order = [*self._sources.values()]
        return [
            Step(source, action, *found[source.name, action])
            for source in (reversed(order) if actions == {"created"} else order)
            for action in ("created", "updated", "deleted")
            if (source.name, action) in found
        ]

    def _in_order(self) -> bool:
        """Return True if the order of a change matters that updated objects.

        It does if it changed fields, which may be unique, or a value several times.
        """
        r = self._rows
        of_change = r.change_id == self._change_id
        fields = sa.select(r.seq).where(
            of_change, r.member.is_(None), sa.or_(r.before != "{}", r.after != "{}")
        )
        repeated = (
            sa.select(r.source)
            .where(of_change, r.member.is_not(None))
            .group_by(r.source, r.owner, r.member)
            .having(sa.func.count() > 1)
        )
        return any(
            self._connection.execute(query.limit(1)).first() is not None
            for query in (fields, repeated)
        )

    def _in_steps(self) -> t.Iterator[Step]:
        """Yield a step for each run of rows with the same table and action, the last first."""
        r = self._rows
        query = (
            sa.select(r.source, action_of(r), r.seq, r.owner, r.member)
            .where(r.change_id == self._change_id)
            .order_by(r.seq.desc())
        )
        found = [*self._connection.execute(query)]
        passing = self._passing(found)
        for is_deletion, rows in itertools.groupby(found, lambda row: row[1] == "deleted"):
            for some in self._by_table(rows) if is_deletion else [rows]:
                for skipped, run in itertools.groupby(
                    some, lambda row: (self._root_of(row[0]), row[3]) in passing
                ):
                    if not skipped:
                        yield from self._runs(run)

    def _by_table(self, rows: t.Iterable[_Logged]) -> t.Iterator[list[_Logged]]:
        """Yield the deleted rows of each table, after those that they refer to.

        Databases log the rows of a cascade in an order of their own.
        """
        found: dict[str, list[_Logged]] = {name: [] for name in self._sources}
        for row in rows:
            found[self._source(row[0]).name].append(row)
        yield from found.values()

    def _runs(self, rows: t.Iterable[_Logged]) -> t.Iterator[Step]:
        """Yield a step for each run of rows that are about different values of a table."""
        run: list[_Logged] = []
        values: set[t.Any] = set()
        for row in rows:
            key, action, _, owner, member = row
            same = run and (self._source(run[-1][0]), run[-1][1]) == (self._source(key), action)
            if run and (not same or (owner, member) in values):
                yield self._step(run)
                run, values = [], set()
            run.append(row)
            values.add((owner, member))
        if run:
            yield self._step(run)

    def _passing(self, found: t.Iterable[_Logged]) -> set[tuple[str, str]]:
        """Return table and id of the objects that the change created and deleted.

        Others may have their names by now, so they do not even come back for a moment.
        """
        actions: dict[str, set[tuple[str, str]]] = {"created": set(), "deleted": set()}
        for key, action, _, owner, member in found:
            if member is None and action in actions:
                actions[action].add((self._root_of(key), owner))
        return actions["created"] & actions["deleted"]

    def _step(self, run: t.Sequence[_Logged]) -> Step:
        key, action, last, *_ = run[0]
        return Step(self._source(key), action, run[-1][2], last)

    def _source(self, key: str) -> Source:
        """Return the table for the column ``source`` of the log."""
        kind = self._kinds.get(key)
        return self._sources[key if kind is None else self._tables.table(kind).name]

    def _root_of(self, key: str) -> str:
        """Return the name of the table of the object that a row of the log is about."""
        return self._owners.get(key, key)
