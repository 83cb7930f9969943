# SPDX-License-Identifier: Apache-2.0
"""A change in a few words, for the lists of changes."""

from __future__ import annotations

import typing as t

from cratonclient import v1

if t.TYPE_CHECKING:
    from cratonclient import changes

#: The columns of a list of changes, unless others are asked for.
COLUMNS = ("revision", "created_at", "username", "summary", "reason")
#: All columns. ``objects`` needs a request for each change.
KNOWN = (
    *COLUMNS,
    *("undoes", "counts", "role", "user_id", "key_name", "address", "request_id"),
    *("project_id", "objects"),
)


def of_counts(counts: t.Mapping[str, t.Mapping[str, int]]) -> str:
    """Return the numbers of changed objects in words.

    >>> of_counts({'hosts': {'created': 2}, 'regions': {'updated': 1}})
    '2 hosts created, 1 region updated'
    """
    order = [kind.collection for kind in v1.kinds()]
    parts = [
        f"{number} {_noun(collection, number)} {action}"
        for collection in sorted(counts, key=[*order, *sorted(counts)].index)
        for action, number in counts[collection].items()
    ]
    return ", ".join(parts)


def of_objects(objects: t.Iterable[changes.ChangedObject]) -> str:
    """Return the numbers of changed objects in words, as :func:`of_counts`."""
    counts: dict[str, dict[str, int]] = {}
    for one in objects:
        actions = counts.setdefault(one.kind, {})
        actions[one.action] = actions.get(one.action, 0) + 1
    return of_counts(counts)


def noun(collection: str) -> str:
    """Return the noun of a kind; for a kind that this program does not know, its collection."""
    return _noun(collection, 1)


def row(change: changes.Change, names: t.Sequence[str]) -> tuple[t.Any, ...]:
    """Return the values of a change.

    :param change: the change.
    :param names: names of columns, of :data:`KNOWN`.
    """
    return tuple(_value(change, name) for name in names)


def _value(change: changes.Change, name: str) -> t.Any:
    if name == "summary":
        undone = "" if change.undoes is None else f"undo of {change.undoes}: "
        return undone + (of_counts(change.counts) or of_objects(change.objects) or "nothing")
    if name == "objects":
        return [vars(one) for one in change.objects]
    return getattr(change, name)


def _noun(collection: str, number: int) -> str:
    try:
        kind = v1.kind(collection)
    except LookupError:
        return collection
    return kind.noun if number == 1 else kind.plural
