# SPDX-License-Identifier: Apache-2.0
"""Find the objects of a change that were in a place, or are in it since.

The log of an update has only what changed, which is rarely the place. The place of an object
at the time of a change is the present one, with all later changes of it taken back. A deleted
object has its place in the log of its deletion.
"""

from __future__ import annotations

import itertools
import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables

#: The fields that say in which place an object is, by the collection of the place.
FIELDS = {"clouds": "cloud_id", "regions": "region_id", "cells": "cell_id"}


def inside(
    connection: sa.Connection,
    tables: Tables,
    change_id: int,
    objects: t.Iterable[Row],
    wanted: Row,
) -> list[Row]:
    """Return the objects that are in all of the places, before the change or after it.

    :param change_id: id of the change in the log.
    :param objects: objects, as :func:`.reading.objects` yields them.
    :param wanted: ids of the places by field, such as ``{"region_id": 3}``.
    """
    found: list[Row] = []
    for collection, some in itertools.groupby(objects, lambda one: str(one["kind"])):
        kind = tables.kind(collection)
        changed = list(some)
        states = _states(connection, tables, kind, change_id, changed)
        found += [
            one
            for one, pair in zip(changed, states, strict=True)
            if any(all(state.get(n) == v for n, v in wanted.items()) for state in pair)
        ]
    return found


def _states(
    connection: sa.Connection, tables: Tables, kind: Kind, change_id: int, changed: list[Row]
) -> list[list[Row]]:
    """Return the places of objects of a kind before and after a change."""
    updated = [one["id"] for one in changed if one["action"] == "updated"]
    above = _above(tables, kind)
    known = _at(connection, tables, kind, updated, change_id)
    states = [
        [
            {
                **known.get(str(one["id"]), {}),
                **values,
                FIELDS.get(kind.collection, "id"): one["id"],
            }
            for values in (one["before"], one["after"])
            if values is not None
        ]
        for one in changed
    ]
    if above is None:
        return states
    field, target = above
    ids = {s[field] for pair in states for s in pair if s.get(field) is not None}
    places = _at(connection, tables, target, sorted(ids), change_id)
    return [[{**s, **places.get(str(s.get(field)), {})} for s in pair] for pair in states]


def _above(tables: Tables, kind: Kind) -> tuple[str, Kind] | None:
    """Return the reference to the object whose places are those of a kind, if it has none.

    A network interface is where its device is.
    """
    if kind.fields.keys() & {*FIELDS.values()}:
        return None
    for name, field in kind.fields.items():
        if isinstance(field, Ref) and field.target != "projects" and field.storage.cascade:
            return name, tables.kind(field.target)
    return None


def _at(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: t.Sequence[t.Any],
    change_id: int,
) -> dict[str, Row]:
    """Return the references of objects just after a change, by their ids as texts."""
    if not ids:
        return {}
    table = tables.table(kind)
    names = [name for name, field in kind.fields.items() if isinstance(field, Ref)]
    columns = [table.c[name] for name in names if name in table.c]
    present = sa.select(table.c.id, *columns).where(table.c.id.in_(ids))
    found: dict[str, Row] = {
        str(row["id"]): {column.name: row[column.name] for column in columns}
        for row in connection.execute(present).mappings()
    }
    for owner, before, after in _later(connection, tables, kind, ids, change_id):
        old, new = json.loads(before), json.loads(after or "{}")
        found[owner] = {**found.get(owner, {}), **{n: old.get(n) for n in {*old, *new}}}
    return found


def _later(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: t.Sequence[t.Any],
    change_id: int,
) -> t.Iterable[t.Any]:
    """Return what later changes changed in references of objects, the last one first."""
    rows = tables.log.rows.c
    moved = (side.contains("_id", autoescape=True) for side in (rows.before, rows.after))
    query = (
        sa.select(rows.owner, rows.before, rows.after)
        .where(
            rows.source.in_([one.key for one in tables.family(kind)]),
            rows.owner.in_([str(one) for one in ids]),
            rows.member.is_(None),
            rows.change_id > change_id,
            rows.before.is_not(None),
            sa.or_(*moved),
        )
        .order_by(rows.change_id.desc(), rows.seq.desc())
    )
    return connection.execute(query)
