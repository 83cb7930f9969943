# SPDX-License-Identifier: Apache-2.0
"""Move objects to another cell, or to another region of the same cloud.

A device takes its descendants along: a chassis moves with its blades. Each descendant has to
be where the device is; those that are where the device moves to stay there. For example, the
descendants of host 5 move on PostgreSQL::

    SELECT id, kind, name, region_id, cell_id FROM devices
    WHERE id IN (WITH RECURSIVE … 5 …)
    UPDATE devices SET region_id = :craton_value_region_id, …
    WHERE id = ANY (:craton_moving)

Network interfaces are where their devices are, so they have nothing to change.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import references, trees
from cratonserver.db.aliases import Row
from cratonserver.db.rows import ITEM, Rows
from cratonserver.db.tables import Tables

#: The maximum number of objects that a message names.
_NAMED = 3
#: The names of parameters: the ids and the names of objects, and the prefix of new values.
_MOVING, _NAMES, _NEW = "craton_moving", "craton_names", "craton_new_"


def movable(kind: Kind) -> tuple[str, ...]:
    """Return the references to places of a kind that an update can change.

    For example, for hosts: ``region_id`` and ``cell_id``.
    """
    return tuple(
        name
        for name, field in kind.fields.items()
        if isinstance(field, Ref)
        and field.update
        and field.storage.column
        and field.storage.cascade
    )


def leave(rows: Rows, row: Row, values: Row) -> None:
    """Take an object out of the places that are not part of its new place.

    A host that moves to another region leaves its cell, unless it moves to another cell, too.

    :param row: the object before the change.
    :param values: the values that change, changed in place.
    """
    changed = {name for name in values if values[name] != row.get(name)}
    if not changed & {*movable(rows.kind)}:
        return
    for name, one in references.of_kind(rows.tables, rows.kind).items():
        may_leave = rows.kind.fields[name].clear and row[name] is not None
        if name not in values and may_leave and changed & {*one.shared}:
            values[name] = None


def is_moved(rows: Rows, before: Row, after: Row) -> bool:
    """Return True if an object that can have descendants is in another place than before."""
    names = movable(rows.kind)
    nested = rows.tables.ancestry(rows.kind).nested
    return nested and _place(names, before) != _place(names, after)


def take_descendants(rows: Rows, before: Row, after: Row) -> None:
    """Move the descendants of an object that was moved.

    :param before: the object before it was moved.
    :param after: the object now.
    :raises cratonserver.errors.Refused: with status 409, if one of them is elsewhere, or if
        its name is taken in the new place.
    """
    if not is_moved(rows, before, after):
        return
    kind, tables = rows.kind, rows.tables
    names = movable(kind)
    old, new = _place(names, before), _place(names, after)
    below = tables.prepared(_descendants, kind).dicts(rows.connection, {ITEM: after["id"]})
    elsewhere = [one for one in below if _place(names, one) not in (old, new)]
    if elsewhere:
        raise _is_elsewhere(rows, after, elsewhere)
    moving = [one for one in below if _place(names, one) == old]
    if moving:
        _check_names(rows, after, moving)
        values = {_MOVING: [one["id"] for one in moving]}
        values.update({_NEW + name: after[name] for name in (*names, "updated_at")})
        tables.prepared(_move, kind).run(rows.connection, values)


def _is_elsewhere(rows: Rows, moved: Row, elsewhere: t.Sequence[Row]) -> errors.Refused:
    """Return the error for descendants that are not in the place of an object."""
    return errors.Refused(
        409,
        f"The {rows.kind.noun} {moved['id']} takes its children along, but these are in "
        f"another place: {_named(rows, elsewhere)}. Move them to the old or the new place of "
        f"the {rows.kind.noun} first, or remove their parent_id.",
    )


def _check_names(rows: Rows, moved: Row, moving: t.Sequence[Row]) -> None:
    """Refuse to move descendants whose names are taken in the new place.

    :raises cratonserver.errors.Refused: with status 409.
    """
    named = rows.kind.resource_class.NAME_ATTR
    values = {
        **{_NEW + name: moved[name] for name in movable(rows.kind)},
        _NAMES: [one[named] for one in moving],
        _MOVING: [one["id"] for one in moving],
    }
    find = rows.tables.prepared(_same_names, rows.kind)
    taken = {*find.scalars(rows.connection, values)}
    if taken:
        some = [one for one in moving if one[named] in taken]
        raise errors.Refused(
            409,
            f"The {rows.kind.noun} {moved['id']} takes its children along, but the names of "
            f"these are taken in the new place: {_named(rows, some)}. Rename them first.",
        )


def _named(rows: Rows, objects: t.Sequence[Row]) -> str:
    """Return objects for a message, such as ``host 7 (blade-2)``."""
    nouns = {kind.key: kind.noun for kind in rows.tables.kinds}
    name = rows.kind.resource_class.NAME_ATTR
    shown = [
        f"{nouns.get(one.get('kind', ''), rows.kind.noun)} {one['id']} ({one[name]})"
        for one in objects[:_NAMED]
    ]
    return ", ".join(shown) + (", and more" if len(objects) > _NAMED else "")


def _place(names: t.Iterable[str], row: Row) -> tuple[t.Any, ...]:
    return tuple(row[name] for name in names)


def _descendants(tables: Tables, kind: Kind) -> t.Any:
    table = tables.table(kind)
    item_id = sa.bindparam(ITEM, type_=table.c.id.type)
    shown = ("id", "kind", kind.resource_class.NAME_ATTR, *movable(kind))
    columns = (table.c[name] for name in shown if name in table.c)
    below = table.c.id.in_(trees.descendants(table, item_id))
    return sa.select(*columns).where(below, table.c.id != item_id).order_by(table.c.id)


def _same_names(tables: Tables, kind: Kind) -> t.Any:
    """Build the query for the names that others have where a name is unique.

    For example, SELECT name FROM devices WHERE region_id = :craton_new_region_id AND …
    """
    table, resource = tables.table(kind), kind.resource_class
    name = table.c[resource.NAME_ATTR]
    within = (
        table.c[column] == sa.bindparam(_NEW + column, type_=table.c[column].type)
        for column in movable(kind)
        if column in resource.unique
    )
    others = sa.not_(tables.dialect.in_parameter(table.c.id, _MOVING))
    same = tables.dialect.in_parameter(name, _NAMES)
    return sa.select(name).where(*within, others, same)


def _move(tables: Tables, kind: Kind) -> t.Any:
    table = tables.table(kind)
    values = {
        name: sa.bindparam(_NEW + name, type_=table.c[name].type)
        for name in (*movable(kind), "updated_at")
    }
    moving = tables.dialect.in_parameter(table.c.id, _MOVING)
    return sa.update(table).where(moving).values(values)
