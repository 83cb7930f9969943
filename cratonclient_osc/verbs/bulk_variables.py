# SPDX-License-Identifier: Apache-2.0
"""Changes of the variables of many objects, in a change set.

A change set sets and deletes whole variables. For a value inside one, the object must be read
first; the change set is refused if somebody changes the object in between.
"""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, paths
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    from cratonclient import changes
    from cratonclient_osc.verbs.assignments import Assignment


def has_nested(given: t.Iterable[t.Any]) -> bool:
    """Return True if a path of an assignment, or a path itself, leads into a variable.

    :param given: assignments or paths.
    """
    return any(len(getattr(one, "path", one)) > 1 for one in given)


def set_variables(
    change_set: changes.ChangeSet,
    found: t.Any,
    name: str,
    assignments: t.Sequence[Assignment],
) -> None:
    """Set variables of an object, or values inside them.

    :param change_set: the change set.
    :param found: the object, with its variables if a path leads into one.
    :param name: name of the part with the variables.
    :param assignments: the assignments.
    :raises cratonclient.paths.PathError: naming the object, if a path leads through a value
        that is not an object or a list.
    """
    known = found.to_dict().get(name) or {}
    try:
        values = paths.changed(known, assignments)
    except paths.PathError as exc:
        raise _of(found, exc) from None
    change_set.set_variables(found, values, part=name)


def unset_variables(
    change_set: changes.ChangeSet, found: t.Any, name: str, wanted: t.Sequence[paths.Path]
) -> None:
    """Delete variables of an object, or values inside them. Ignore those that it lacks.

    :param change_set: the change set.
    :param found: the object, with its own variables if a path leads into one.
    :param name: name of the part with the variables.
    :param wanted: the paths.
    """
    if not has_nested(wanted):
        change_set.delete_variables(found, *(str(path[0]) for path in wanted), part=name)
        return
    own = found.to_dict().get(name) or {}
    changed, removed = paths.removed(own, [path for path in wanted if paths.has(own, path)])
    if changed:
        change_set.set_variables(found, changed, part=name)
    if removed:
        change_set.delete_variables(found, *removed, part=name)


def _of(found: t.Any, error: exceptions.ClientException) -> paths.PathError:
    name = printable(getattr(found, type(found).NAME_ATTR))
    return paths.PathError(f"{name}: {error}")
