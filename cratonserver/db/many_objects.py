# SPDX-License-Identifier: Apache-2.0
"""Lock many objects of a kind, to change them at once.

For example, hosts on PostgreSQL::

    SELECT id, cloud_id, … FROM devices
    WHERE id = ANY (:craton_ids) AND project_id = :craton_project AND kind = 'host'
    ORDER BY id FOR NO KEY UPDATE
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.objects import Objects
from cratonserver.db.tables import PROJECT, Tables

#: The name of the parameter for ids.
_IDS = "craton_ids"


def lock(objects: Objects, since: t.Mapping[t.Any, int | None]) -> list[Row]:
    """Begin to change objects, lock them, and return them in the order of their ids.

    :param objects: the objects of the kind, in a transaction.
    :param since: ids of the objects, each with the revision after which nobody may have
        changed it, ``None`` for any.
    :raises OneByOne: if somebody has, if one of them does not exist, or if the kind needs
        further checks.
    """
    if objects.policy.required(objects.who) or "project_id" not in objects.table.c:
        raise OneByOne
    project_id = _begin(objects, since)
    rows = _locked(objects, since)
    _check_unchanged(objects, since, project_id)  # of objects that the user sees
    return rows


def _begin(objects: Objects, ids: t.Iterable[t.Any]) -> str:
    """Say which project is changed, and return it. Root users see those of all projects.

    :raises OneByOne: if the objects do not exist.
    """
    projects = [objects.who.project_id]
    if objects.who.is_root:
        find = objects.tables.prepared(_projects, objects.kind)
        projects = find.scalars(objects.connection, {_IDS: [*ids]})
    for project_id in projects:
        objects.transaction.begin(project_id)
    if not projects:
        raise OneByOne
    return projects[0]


def _check_unchanged(
    objects: Objects, since: t.Mapping[t.Any, int | None], project_id: str
) -> None:
    """Check that nobody else has changed the objects since the given revisions.

    :raises OneByOne: if somebody has, or if there is no such revision.
    """
    given = {item_id: number for item_id, number in since.items() if number is not None}
    if not given:
        return
    where, entry = (objects.connection, objects.tables), objects.transaction.entry
    if max(given.values()) > reading.revision_before(*where, project_id, entry):
        raise OneByOne
    own = None if entry is None else entry[0]
    found = reading.revisions_of(*where, objects.kind, [*given], own)
    pruned = reading.last_pruned(*where, project_id)
    if any(found.get(str(item_id), pruned) > number for item_id, number in given.items()):
        raise OneByOne


def _locked(objects: Objects, ids: t.Collection[t.Any]) -> list[Row]:
    """Lock the objects, and return them.

    :raises OneByOne: if one does not exist.
    """
    query = objects.tables.prepared(_lock, objects.kind, objects.who.is_root)
    values = {_IDS: [*ids], PROJECT: objects.who.project_id}
    rows = query.dicts(objects.connection, values)
    if len(rows) < len(ids):
        raise OneByOne
    return rows


def _projects(tables: Tables, kind: Kind) -> t.Any:
    table = tables.table(kind)
    own = tables.dialect.in_parameter(table.c.id, _IDS)
    return sa.select(table.c.project_id).where(own).distinct()


def _lock(tables: Tables, kind: Kind, all_projects: bool) -> t.Any:
    table = tables.table(kind)
    visible = tables.visible(kind, all_projects=all_projects)
    query = tables.select(kind).where(tables.dialect.in_parameter(table.c.id, _IDS), *visible)
    return query.order_by(table.c.id).with_for_update(key_share=True, of=table)


def parents(tables: Tables, kind: Kind) -> t.Any:
    """Build the query for those of some objects that have children.

    Its parameter is ``craton_ids``.
    """
    parent = tables.table(kind).c.parent_id
    some = tables.dialect.in_parameter(parent, _IDS)
    return sa.select(parent).where(some).distinct().order_by(parent)
