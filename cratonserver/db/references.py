# SPDX-License-Identifier: Apache-2.0
"""References that must agree: a host is in the same region as its cell.

An object refers to its cloud, its region and its cell separately. If the target of a
reference has a reference with the same name and the same kind of target, both must have
the same value, unless one of them is null. This follows from the declarations, also of
other packages. It holds for the places of an object, which take it with them when they are
deleted, and not for its parent: a host may be in another region than its parent.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonserver.db import list_query
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables


class Reference(t.NamedTuple):
    """A stored reference of a kind.

    :param target: kind that it refers to.
    :param shared: names of the references of the target that must have the same value as
        the references of the object with the same name.
    """

    target: Kind
    shared: tuple[str, ...]


def value_of_filter(tables: Tables, kind: Kind, name: str, *, all_projects: bool) -> t.Any:
    """Return the value of a filter of a list, for a comparison with a column.

    A user who sees one project can only refer to objects of this project. The rows that refer
    to others are not read, and their number does not influence the plan::

        (SELECT id FROM regions WHERE id = :region_id AND project_id = :craton_project)

    :param kind: kind of the list.
    :param name: name of the filter, and of the parameter with its value.
    :param all_projects: the user sees all projects.
    """
    value: sa.BindParameter[t.Any] = sa.bindparam(name)
    field = list_query.compared(kind, name)
    if all_projects or not isinstance(field, Ref):
        return value
    return own_id(tables, tables.kind(field.target), value)


def own_id(tables: Tables, target: Kind, value: t.Any, project: t.Any = None) -> t.Any:
    """Return an id if it is that of an object of the project, NULL otherwise, as a subquery.

    :param target: kind of the object.
    :param value: the id, or a parameter.
    :param project: id of the project, by default the parameter :data:`.tables.PROJECT`.
    """
    own = tables.visible(target, all_projects=False, project=project)
    table = tables.table(target)
    found = sa.select(table.c.id).where(table.c.id == value, *own)
    return found.correlate(None).scalar_subquery()


def of_kind(tables: Tables, kind: Kind) -> dict[str, Reference]:
    """Return the stored references of a kind by field, a kind before the kinds in it.

    For example, for cells: ``cloud_id`` shares nothing, ``region_id`` shares ``cloud_id``.
    """
    return tables.cached(_of_kind, kind)


def _of_kind(tables: Tables, kind: Kind) -> dict[str, Reference]:
    own = _targets(tables, kind)
    order = sorted(own, key=lambda name: tables.kinds.index(own[name]))
    places = {n for n, field in kind.fields.items() if field.storage.cascade}
    return {
        name: Reference(own[name], _shared(tables, own, name) if name in places else ())
        for name in order
    }


def _shared(tables: Tables, own: t.Mapping[str, Kind], field: str) -> tuple[str, ...]:
    """Return the names that the references of an object share with those of a target."""
    theirs = _targets(tables, own[field])
    return tuple(
        name
        for name, target in theirs.items()
        if name != field and name in own and tables.root(target) is tables.root(own[name])
    )


def _targets(tables: Tables, kind: Kind) -> dict[str, Kind]:
    return {
        name: tables.kind(field.target)
        for name, field in kind.fields.items()
        if isinstance(field, Ref) and field.storage.column
    }


def to_check(
    references: t.Mapping[str, Reference], changes: t.Container[str], values: Row
) -> dict[str, Reference]:
    """Return the references to check after a change, in the same order.

    These are the changed references, and the references whose targets must agree with a
    changed one.

    :param changes: names of the changed fields.
    :param values: values of all fields after the change.
    """
    return {
        name: one
        for name, one in references.items()
        if values.get(name) is not None
        and (name in changes or any(shared in changes for shared in one.shared))
    }


def conflicts(
    kind: Kind, found: t.Iterable[tuple[str, Reference, Row]], values: Row
) -> list[str]:
    """Return a message for each reference of a target that does not agree.

    :param kind: kind of the object.
    :param found: references of the object, with the rows that they refer to.
    :param values: values of all fields of the object.
    """
    return [
        f"{field}: {one.target.noun} {row['id']} has the {name} {row[name]}, "
        f"but the {kind.noun} has the {name} {values[name]}"
        for field, one, row in found
        for name in one.shared
        if None not in (row[name], values.get(name)) and row[name] != values[name]
    ]
