# SPDX-License-Identifier: Apache-2.0
"""Find the objects that prevent undoing a change, after a constraint was violated.

For example, the hosts that would come back, and the hosts that have their names now::

    SELECT r.source, r.owner, other.id FROM change_rows AS r, devices AS other
    WHERE r.change_id = :change AND r.source IN ('host', 'network_device')
        AND r.member IS NULL AND r.after IS NULL AND r.before IS NOT NULL
        AND other.region_id = json_extract(r.before, '$.region_id')
        AND other.name = json_extract(r.before, '$.name')
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import references
from cratonserver.db.tables import Tables


class Obstacle(t.NamedTuple):
    """An object of a change that cannot be what it was before, because of another one.

    :param problem: ``name taken`` by the other object; ``reference lost``, because the other
        object does not exist any more; or ``referred to`` by the other object.
    :param kind: kind of the object.
    :param owner: its id, as a text.
    :param name: the name that it would have, if it is taken.
    :param field: field that refers to the other object, or of the other object to this one.
    :param other_kind: kind of the other object.
    :param other: its id, as a text.
    """

    problem: str
    kind: Kind
    owner: str
    name: str | None
    field: str | None
    other_kind: Kind
    other: str


class Obstacles:
    """The obstacles to undoing a change.

    :param connection: connection, where nothing of the change has been undone.
    :param tables: the tables.
    :param change_id: id of the change.
    """

    def __init__(self, connection: sa.Connection, tables: Tables, change_id: int) -> None:
        self._connection = connection
        self._tables = tables
        self._change_id = change_id
        self._log = tables.log.rows.alias("r")
        self._rows = self._log.c
        self._kinds = {kind.key: kind for kind in tables.kinds}
        self._roots = [k for k in tables.kinds if tables.root(k) is k]

    def taken(self) -> list[Obstacle]:
        """Return the objects whose names other objects have by now."""
        found = []
        for root in self._roots:
            own = self._own(root)
            for query in self._with_same_name(root):
                found += [
                    Obstacle("name taken", self._kinds[key], owner, name, None, there, other)
                    for key, owner, name, there, other in self._with_kinds(root, query)
                    if other not in own
                ]
        return found

    def lost(self) -> list[Obstacle]:
        """Return the objects that refer to objects that do not exist any more."""
        r, found = self._rows, []
        for kind in self._tables.kinds:
            for field, reference in references.of_kind(self._tables, kind).items():
                column = self._tables.table(kind).c[field]
                target = self._tables.table(reference.target)
                wanted = self._before(column)
                exists = sa.exists().where(target.c.id == wanted).correlate(self._log)
                query = sa.select(r.owner, wanted).where(
                    *self._of([kind]), r.before.is_not(None), wanted.is_not(None), ~exists
                )
                back = self._own(self._tables.root(reference.target))
                found += [
                    Obstacle(
                        "reference lost", kind, owner, None, field, reference.target, str(item)
                    )
                    for owner, item in self._connection.execute(query)
                    if str(item) not in back
                ]
        return found

    def referring(self) -> list[Obstacle]:
        """Return the objects that the change created and that others refer to.

        Those that were put into a created place count as well: undoing would delete them.
        """
        r, found = self._rows, []
        for kind in self._roots:
            own = self._own(kind)
            for field, reference in references.of_kind(self._tables, kind).items():
                column = self._tables.table(kind).c[field]
                family = self._tables.family(reference.target)
                query = sa.select(
                    r.source, r.owner, sa.null(), self._tables.table(kind).c.id
                ).where(
                    *self._of(family),
                    r.before.is_(None),
                    column == sa.cast(r.owner, column.type),
                )
                found += [
                    Obstacle("referred to", self._kinds[key], owner, None, field, there, other)
                    for key, owner, _, there, other in self._with_kinds(kind, query)
                    if other not in own
                ]
        return found

    def _with_same_name(self, root: Kind) -> t.Iterator[sa.Select[t.Any]]:
        """Generate the queries for objects and those that have their names."""
        unique = root.resource_class.unique
        if not unique:
            return
        r, table = self._rows, self._tables.table(root)
        own, other = table.alias("own"), table.alias("other")
        has = self._tables.dialect.json_has_member
        named = root.resource_class.NAME_ATTR
        wanted: t.Mapping[str, t.Any]
        for updated in (False, True):
            wanted = {name: self._before(table.c[name]) for name in {*unique, named}}
            conditions = [*self._of(self._tables.family(root)), r.before.is_not(None)]
            if updated:
                changed = {n: sa.or_(has(r.before, n), has(r.after, n)) for n in wanted}
                wanted = {
                    n: sa.case((changed[n], value), else_=own.c[n])
                    for n, value in wanted.items()
                }
                conditions += [
                    r.after.is_not(None),
                    own.c.id == sa.cast(r.owner, own.c.id.type),
                    sa.or_(*(changed[name] for name in unique)),
                ]
            else:
                conditions.append(r.after.is_(None))
            same = (other.c[name] == wanted[name] for name in unique)
            query = sa.select(r.source, r.owner, wanted[named], other.c.id)
            yield query.where(*conditions, *same)

    def _with_kinds(
        self, root: Kind, query: sa.Select[t.Any]
    ) -> t.Iterator[tuple[str, str, str | None, Kind, str]]:
        """Run a query, and add the kind of the other object, the last column.

        :param root: kind of the table of the other objects.
        """
        found = [*self._connection.execute(query)]
        table = self._tables.table(root)
        kinds: dict[t.Any, str] = {}
        if "kind" in table.c and found:
            known = self._tables.dialect.in_parameter(table.c.id, "craton_ids")
            keys = sa.select(table.c.id, table.c.kind).where(known)
            ids = {"craton_ids": [*{row[3] for row in found}]}
            kinds = dict(self._connection.execute(keys, ids).tuples().all())
        for key, owner, name, other in found:
            yield key, owner, name, self._kinds[kinds.get(other, root.key)], str(other)

    def _own(self, root: Kind) -> set[str]:
        """Return the ids of the objects of the change in a table: they change as well."""
        query = sa.select(self._rows.owner).where(*self._of(self._tables.family(root)))
        return {*self._connection.scalars(query)}

    def _of(self, kinds: t.Iterable[Kind]) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the conditions for the objects of kinds in the change."""
        r = self._rows
        keys = [kind.key for kind in kinds]
        return r.change_id == self._change_id, r.source.in_(keys), r.member.is_(None)

    def _before(self, column: sa.Column[t.Any]) -> sa.ColumnElement[t.Any]:
        member = self._tables.dialect.json_member
        return member(self._rows.before, column.name, column.type)
