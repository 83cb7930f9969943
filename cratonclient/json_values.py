# SPDX-License-Identifier: Apache-2.0
"""JSON values: the types that can be sent, and objects that stand for a JSON value."""

from __future__ import annotations

import collections.abc
import json
import typing as t

from cratonclient import exceptions
from cratonclient.printable import shown


class Wrapped:
    """An object that stands for a JSON value, such as a variable.

    Requests accept it in place of the value, also inside lists and objects.
    """

    def to_json(self) -> t.Any:
        """Return a copy of the JSON value."""
        raise NotImplementedError


#: A value that a request can send as JSON.
JSON: t.TypeAlias = (
    "str | int | float | Wrapped | t.Sequence[JSON] | t.Mapping[str, JSON] | None"
)


def differ(one: object, other: object) -> bool:
    """Return True if two JSON values differ. Unlike in Python, ``1`` is not ``True``.

    >>> differ({'a': 1}, {'a': 1.0}), differ([1], [1])
    (True, False)
    """
    return json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)


def plain(value: t.Any) -> t.Any:
    """Return a value with the JSON values of all :class:`Wrapped` objects in it.

    The value itself is not modified.

    >>> plain({'rack': host.variables.get()['rack']})
    {'rack': 'r1'}
    """
    if isinstance(value, Wrapped):
        return plain(value.to_json())
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def checked(body: t.Any) -> t.Any:
    """Return a value that JSON can represent, without :class:`Wrapped` objects in it.

    :param body: the value.
    :returns: the same object if it has no :class:`Wrapped` objects, else a copy.
    :raises cratonclient.exceptions.CommandError: if JSON cannot represent it, such as a set
        or a number that is NaN. The message names the member of the body that is not valid.
    """
    problem = _problem(body)
    if isinstance(problem, TypeError):
        body = plain(body)
        problem = _problem(body)
    if problem is None:
        return body
    where = ""
    if isinstance(body, collections.abc.Mapping):
        names = [name for name, value in body.items() if _problem(value) is not None]
        where = f" of {shown(names[0])}" if names else ""
    raise exceptions.CommandError(
        f"The value{where} cannot be sent as JSON: {problem}.", exception=problem
    )


def _problem(value: object) -> Exception | None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        return exc
    return None


def differing(known: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the values that are not known, or are known with another value.

    >>> differing({'rack': 'r1', 'unit': 4}, {'rack': 'r2', 'unit': 4})
    {'rack': 'r2'}
    """
    return {
        name: value
        for name, value in wanted.items()
        if name not in known or differ(known[name], value)
    }
