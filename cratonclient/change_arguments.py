# SPDX-License-Identifier: Apache-2.0
"""Check the arguments of the methods for changes, before a request is sent.

All functions raise :class:`cratonclient.exceptions.CommandError` for a wrong argument.
"""

from __future__ import annotations

import collections.abc
import re
import typing as t

from cratonclient import exceptions, ids, suggestions
from cratonclient.http import seconds
from cratonclient.printable import shown

#: A time as objects have it.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}")
_DIRECTIONS = ("asc", "desc")


def number(name: str, value: object) -> int:
    """Return a whole number of an argument."""
    if isinstance(value, int) and ids.may_be_sent(value, int):
        return value
    raise _refused(name, "a whole number", value)


def time_span(name: str, value: object) -> None:
    """Refuse a value that is not a number of seconds."""
    if value != 0 and not seconds.is_positive(value):
        raise _refused(name, "a number of seconds", value)


def keys(name: str, values: object) -> None:
    """Refuse names or ids that are not a collection of texts or numbers.

    A text alone would be the collection of its letters.
    """
    is_text = isinstance(values, str | bytes)
    several = values if isinstance(values, collections.abc.Collection) and not is_text else None
    if several is None or not all(isinstance(one, str | int) for one in several):
        raise _refused(name, f"a list of {name}", values)


def texts(name: str, values: t.Iterable[object]) -> list[str]:
    """Return texts, such as labels. The server decides whether one may be empty."""
    found: list[str] = []
    for one in values:
        if not isinstance(one, str):
            raise _refused(name, "texts", one)
        found.append(one)
    return found


def text(name: str, value: object) -> str:
    """Return a text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise _refused(name, "a text", value)


def mapping(name: str, value: object) -> dict[t.Any, t.Any]:
    """Return a mapping as a dictionary."""
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    raise _refused(name, "a mapping of names to values", value)


def one_of(name: str, value: object, known: t.Sequence[str]) -> str:
    """Return one of some words."""
    if isinstance(value, str) and value in known:
        return value
    raise _refused(name, " or ".join(map(repr, known)), value)


def project(project_id: object) -> dict[str, t.Any]:
    """Return the query parameter for the id of a project, none for ``None``."""
    if project_id is None:
        return {}
    if ids.may_be_sent(project_id, str):
        return {"project_id": project_id}
    raise _refused("project_id", "the id of a project", project_id)


def filters(given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the filters of a list of changes, without those that are ``None``."""
    found = {name: value for name, value in given.items() if value is not None}
    for name, value in found.items():
        if name not in _FILTERS:
            hint = suggestions.did_you_mean(name, _FILTERS)
            known = ", ".join(_FILTERS)
            raise exceptions.CommandError(
                f"Changes have no filter {shown(name)}.{hint} Known: {known}."
            )
        _FILTERS[name](name, value)
    for name in ("id", "name"):
        if name in found and "kind" not in found:
            raise exceptions.CommandError(f"{name} needs kind, such as kind='hosts'.")
    return found


def _id(name: str, value: object) -> None:
    if not ids.may_be_sent(value, str):
        raise _refused(name, "the id of an object", value)


def _time(name: str, value: object) -> None:
    if not (isinstance(value, str) and _TIME.fullmatch(value)):
        raise _refused(name, "a time in UTC, such as '2027-01-31T12:00:00.000000'", value)


def _refused(name: str, wanted: str, value: object) -> exceptions.CommandError:
    return exceptions.CommandError(f"{name} must be {wanted}, not {shown(value)}.")


#: The filters of a list of changes, and the functions that refuse wrong values.
_FILTERS: dict[str, t.Callable[[str, t.Any], object]] = {
    "kind": text,
    "id": _id,
    "name": text,
    "username": text,
    "since": _time,
    "until": _time,
    "reason": text,
    "sort_dir": lambda name, value: one_of(name, value, _DIRECTIONS),
    "marker": number,
    "project_id": lambda _name, value: project(value),
}
