# SPDX-License-Identifier: Apache-2.0
"""Write a large JSON body in parts, each of which takes little memory and little time.

The parts together are what :func:`cratonserver.api.json_response.dumps` returns.
"""

from __future__ import annotations

import typing as t

from cratonserver.api.json_response import dumps
from cratonserver.db.stored_json import Stored

T = t.TypeVar("T")

#: The weight of a value that is written at once: the number of values in it. A text counts as
#: one value for each :data:`_CHARACTERS`.
_LIGHT = 4096
_CHARACTERS = 16
#: The number of members or elements that are written at once, if they are light.
_SLICE = 1024
#: Types of values that contain nothing.
_SCALARS = {int, float, bool, type(None)}


def parts(body: t.Any) -> t.Iterator[bytes]:
    r"""Generate the parts of a body.

    :param body: JSON value, which may contain :class:`.Stored` values.

    >>> b"".join(parts({"name": ["web1"]}))
    b'{\n  "name": [\n    "web1"\n  ]\n}\n'
    """
    yield from _parts(body, 0)
    yield b"\n"


def is_light(value: t.Any) -> bool:
    """Return True if a value is small enough to be written at once."""
    return _weight(value) < _LIGHT


def _parts(value: t.Any, level: int) -> t.Iterator[bytes]:
    """Generate the parts of a value.

    :param level: number of objects and arrays around the value.
    """
    if is_light(value):
        yield _at(value, level)
    elif isinstance(value, Stored):
        yield from _parts(value.value(), level)
    elif isinstance(value, dict):
        yield from _members(value, level)
    elif isinstance(value, list):
        yield from _elements(value, level)
    else:
        yield _at(value, level)


def _members(value: dict[str, t.Any], level: int) -> t.Iterator[bytes]:
    begin, end = b"{\n", b"\n" + _indent(level) + b"}"
    before = begin
    names = sorted(value)
    for few, is_small in _divide(names, lambda few: {name: value[name] for name in few}):
        yield before
        if is_small:
            yield _at({name: value[name] for name in few}, level)[len(begin) : -len(end)]
        else:
            yield _indent(level + 1) + dumps(few[0])[:-1] + b": "
            yield from _parts(value[few[0]], level + 1)
        before = b",\n"
    yield end


def _elements(value: list[t.Any], level: int) -> t.Iterator[bytes]:
    begin, end = b"[\n", b"\n" + _indent(level) + b"]"
    before = begin
    for few, is_small in _divide(value, lambda few: few):
        yield before
        if is_small:
            yield _at(few, level)[len(begin) : -len(end)]
        else:
            yield _indent(level + 1)
            yield from _parts(few[0], level + 1)
        before = b",\n"
    yield end


def _divide(
    items: list[T], content: t.Callable[[list[T]], t.Any]
) -> t.Iterator[tuple[list[T], bool]]:
    """Divide a list into parts that are light, or have a single item.

    Writing each item of a heavy list alone would take ten times as long.

    :param content: function that returns the value with some items.
    :returns: the parts, each with True if it is light.
    """
    for start in range(0, len(items), _SLICE):
        ahead = [items[start : start + _SLICE]]
        while ahead:
            few = ahead.pop()
            small = is_light(content(few))
            if small or len(few) == 1:
                yield few, small
            else:
                middle = len(few) // 2
                ahead += [few[middle:], few[:middle]]


def _weight(value: t.Any) -> int:
    """Return the weight of a value, or any number from :data:`_LIGHT` on if it is heavy."""
    total = 0
    ahead = [value]
    while ahead and total < _LIGHT:
        found = ahead.pop()
        total += 1
        if isinstance(found, dict):
            total += len(found)
            if total < _LIGHT:
                ahead.extend(found.values())
        elif isinstance(found, list):
            total += len(found)
            if total < _LIGHT and not {*map(type, found)} <= _SCALARS:
                ahead.extend(found)
        elif isinstance(found, str):
            total += len(found) // _CHARACTERS
        elif isinstance(found, Stored):
            total += len(found.text) // _CHARACTERS
    return total


def _at(value: t.Any, level: int) -> bytes:
    r"""Return a value with the indentation of a level.

    The encoder writes the value inside as many lists, whose brackets are removed::

        [\n  [\n    VALUE\n  ]\n]\n
    """
    wrapped = value
    for _ in range(level):
        wrapped = [wrapped]
    begin = sum(len("[\n") + len(_indent(n + 1)) for n in range(level))
    end = sum(len("\n]") + len(_indent(n)) for n in range(level)) + len("\n")
    return dumps(wrapped)[begin:-end]


def _indent(level: int) -> bytes:
    return b"  " * level
