# SPDX-License-Identifier: Apache-2.0
"""Change the same fields of many objects of a kind at once: a few statements for all of them.

For example, hosts that move to another cell, on PostgreSQL::

    SELECT id, cloud_id, … FROM devices
    WHERE id = ANY (:craton_ids) AND project_id = :craton_project AND kind = 'host'
    ORDER BY id FOR NO KEY UPDATE
    SELECT id, cloud_id, region_id FROM cells WHERE id = ANY (:craton_ids) … FOR KEY SHARE
    UPDATE devices SET cell_id = :craton_value_cell_id, … WHERE id = ANY (:craton_ids)
    SELECT DISTINCT parent_id FROM devices WHERE parent_id = ANY (:craton_ids)
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import many_objects, moving
from cratonserver.db.aliases import Row
from cratonserver.db.many_creations import OneByOne, check_references
from cratonserver.db.objects import Objects, changed_values
from cratonserver.db.tables import Tables

#: The name of the parameter for ids, and the prefix of new values.
_IDS, _VALUE = "craton_ids", "craton_value_"


class ObjectRefused(Exception):
    """The change of one of the objects is refused, after others were changed.

    :param item_id: id of the object.
    :param error: the reason.
    """

    def __init__(self, item_id: t.Any, error: errors.Refused) -> None:
        super().__init__(str(error))
        self.item_id = item_id
        self.error = error


def update(
    objects: Objects,
    since: t.Mapping[t.Any, int | None],
    given: t.Mapping[str, t.Any],
) -> None:
    """Change the same fields of objects of a kind.

    :param objects: the objects of the kind, in a transaction.
    :param since: ids of the objects, each with the revision after which nobody may have
        changed it, ``None`` for any.
    :param given: checked values of fields.
    :raises OneByOne: if the objects need further checks, or if one of them
        cannot be changed. Nothing was changed then. Changed one by one, the error says which.
    :raises ObjectRefused: if the descendants of one of them cannot move with it.
    :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
    """
    rows = many_objects.lock(objects, since)
    by_values: dict[tuple[t.Any, ...], list[Row]] = {}
    for row, changes in zip(rows, _changes(objects, rows, given), strict=True):
        if changes:
            by_values.setdefault((*sorted(changes.items()),), []).append(row)
    moved = []
    for items, some in by_values.items():
        values = {**dict(items), "updated_at": objects.transaction.now}
        _write(objects, [row["id"] for row in some], values)
        moved += [(row, {**row, **values}) for row in some]
    _take_descendants(objects, moved)


def _changes(
    objects: Objects, rows: t.Sequence[Row], given: t.Mapping[str, t.Any]
) -> list[Row]:
    """Return the values of each object that change, after they were checked.

    :raises OneByOne: if they are not valid, or need further checks.
    """
    found, wanted, after = [], [], []
    try:
        for row in rows:
            values = dict(given)
            required = objects.check_change(row, values)
            if required.others:
                raise OneByOne
            objects.policy.check_update(objects.change_of(row, values))
            found.append(changed_values(row, values))
            after.append({**row, **values})
            wanted.append(required.references)
        check_references(objects, after, wanted)
    except errors.Refused as exc:
        raise OneByOne from exc
    return found


def _write(objects: Objects, ids: list[t.Any], values: Row) -> None:
    update = objects.tables.prepared(_update, objects.kind, (*sorted(values),))
    parameters = {_VALUE + name: value for name, value in values.items()}
    update.run(objects.connection, {_IDS: ids, **parameters})


def _take_descendants(objects: Objects, moved: t.Sequence[tuple[Row, Row]]) -> None:
    """Move the descendants of objects.

    :param moved: each object before and after the change.
    :raises ObjectRefused: if those of one of them cannot move.
    """
    far = {
        after["id"]: (before, after)
        for before, after in moved
        if moving.is_moved(objects, before, after)
    }
    if not far:
        return
    query = objects.tables.prepared(many_objects.parents, objects.kind)
    parents = query.scalars(objects.connection, {_IDS: [*far]})
    while parents:
        refused: dict[t.Any, errors.Refused] = {}
        for item_id in parents:
            try:
                moving.take_descendants(objects, *far[item_id])
            except errors.Refused as exc:
                refused[item_id] = exc
        if len(refused) == len(parents):  # none of them was in the way of another one
            raise ObjectRefused(*refused.popitem())
        parents = [*refused]


def _update(tables: Tables, kind: Kind, columns: tuple[str, ...]) -> t.Any:
    table = tables.table(kind)
    values = {name: sa.bindparam(_VALUE + name, type_=table.c[name].type) for name in columns}
    some = tables.dialect.in_parameter(table.c.id, _IDS)
    return sa.update(table).where(some).values(values)
