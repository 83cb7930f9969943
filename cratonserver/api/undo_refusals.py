# SPDX-License-Identifier: Apache-2.0
"""The refusals to undo a change: status 409, with the objects that prevent it."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.change_log.undo_obstacles import Obstacle, Obstacles
from cratonserver.db.tables import Tables

#: The number of objects that the message of a refusal names, and that its body describes.
NAMED, DESCRIBED = 20, 100

#: What to do about each problem.
_ADVICE = {
    "name taken": "Rename or delete the other objects first.",
    "reference lost": "Bring these objects back first.",
    "referred to": "Delete or move the objects that refer to them first.",
}


def of_violation(
    connection: sa.Connection, tables: Tables, undone: Row, kind: str
) -> errors.Refused:
    """Return the error for a constraint that undoing a change violates.

    :param connection: connection, where nothing of the change has been undone.
    :param undone: the change.
    :param kind: ``unique`` or ``reference``.
    """
    obstacles = Obstacles(connection, tables, undone["id"])
    found = obstacles.taken() if kind == "unique" else obstacles.lost() or obstacles.referring()
    if not found:
        what = (
            "a name is taken by another object now"
            if kind == "unique"
            else "an object that it refers to does not exist any more, or another object "
            "refers to one that it created"
        )
        return errors.Refused(409, f"The change cannot be undone: {what}.")
    return of_obstacles(connection, tables, undone["project_id"], found)


def of_obstacles(
    connection: sa.Connection, tables: Tables, project_id: str, found: t.Sequence[Obstacle]
) -> errors.Refused:
    """Return the error for objects that prevent undoing a change.

    :param project_id: id of the project of the change.
    """
    described = [_described(connection, tables, project_id, one) for one in found[:DESCRIBED]]
    named = "; ".join(_sentence(*pair) for pair in zip(found[:NAMED], described, strict=False))
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    error = errors.Refused(
        409, f"The change cannot be undone: {named}{more}. {_ADVICE[found[0].problem]}"
    )
    error.members = {"number": len(found), "objects": described}
    return error


def of_contents(
    connection: sa.Connection,
    tables: Tables,
    project_id: str,
    new_id: int,
    found: t.Sequence[tuple[Kind, str]],
) -> errors.Refused:
    """Return the error for objects that undoing a change would delete, and others created.

    :param project_id: id of the project of the change.
    :param new_id: id of the change that undoes it.
    :param found: kind and id of each object.
    """
    where = connection, tables
    described = [
        {**reading.described(*where, *one, project_id, before=new_id), "problem": "inside"}
        for one in found[:DESCRIBED]
    ]
    error = errors.Refused(
        409,
        "The change cannot be undone: what it created would be deleted together with "
        f"{in_words(found, described)}. Delete or move these objects first.",
    )
    error.members = {"number": len(found), "objects": described}
    return error


def in_words(found: t.Sequence[tuple[Kind, str]], described: t.Iterable[Row]) -> str:
    """Return the first objects in words, and the number of the others.

    :param found: kind and id of each object.
    :param described: the first of these objects, for programs.
    """
    words = ", ".join(
        f"{kind.noun} {one['name']!r} (id {one['id']})"
        for (kind, _), one in zip(found[:NAMED], described, strict=False)
    )
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return words + more


def _described(
    connection: sa.Connection, tables: Tables, project_id: str, one: Obstacle
) -> Row:
    """Return an object that cannot be what it was, for programs."""
    own = reading.described(connection, tables, one.kind, one.owner, project_id)
    other = reading.described(connection, tables, one.other_kind, one.other, project_id)
    named = {} if one.name is None else {"name": one.name}
    return {**own, **named, "problem": one.problem, "field": one.field, "other": other}


def _sentence(one: Obstacle, described: t.Mapping[str, t.Any]) -> str:
    """Say why an object cannot be what it was."""
    own = f"{one.kind.noun} {described['name']!r} (id {described['id']})"
    there = described["other"]
    other = f"{one.other_kind.noun} {there['name']!r} (id {there['id']})"
    if one.problem == "name taken":
        return f"the name of {own} is that of {other} now"
    if one.problem == "reference lost":
        return f"{one.field} of {own} is {other}, which does not exist any more"
    return f"{one.field} of {other} is {own}"
