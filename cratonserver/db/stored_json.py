# SPDX-License-Identifier: Apache-2.0
"""JSON values as they are stored. A large value is decoded only when it is written out.

A decoded value can take twenty times the memory of its text, so a mapping of large values
contains their texts.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from cratonserver import deadlines, errors

_DECODER = json.JSONDecoder()
_TEXT = r'"(?:[^"\\]|\\.)*+"'
_SCALAR = re.compile(rf"{_TEXT}|[^,]+")
#: Texts, which may contain brackets, and brackets.
_BRACKETS = re.compile(rf"{_TEXT}|[\[\]{{}}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class Stored:
    """A value as text.

    :param text: the value as JSON.

    >>> Stored('{"rack": 7}').value()
    {'rack': 7}
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self) -> t.Any:
        """Return the decoded value."""
        return _DECODER.raw_decode(self.text)[0]


def text_of(value: t.Any) -> str:
    """Return a value as it is stored."""
    return value.text if isinstance(value, Stored) else json.dumps(value)


class Encoded(dict[str, t.Any]):
    """A mapping whose values are encoded once, for everybody who needs their texts."""

    @functools.cached_property
    def texts(self) -> dict[str, str]:
        """The values as they are stored, by name."""
        return {name: text_of(value) for name, value in self.items()}


def texts_of(values: t.Mapping[str, t.Any]) -> t.Mapping[str, str]:
    """Return the values of a mapping as they are stored, by name."""
    if isinstance(values, Encoded):
        return values.texts
    return {name: text_of(value) for name, value in values.items()}


def plain(value: t.Any) -> t.Any:
    """Return the value that stands for itself in JSON: the ``default`` of JSON encoders.

    :raises TypeError: if the value is not a :class:`Stored`.
    """
    if isinstance(value, Stored):
        return value.value()
    raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")


def decode(members: str) -> dict[str, t.Any]:
    """Read the members of an object, such as ``"rack":7,"row":1``.

    This is without the checks of :func:`json.loads`.
    """
    return t.cast("dict[str, t.Any]", _DECODER.raw_decode(f"{{{members}}}")[0])


def split(members: str) -> dict[str, Stored]:
    """Read the members of an object, with their texts instead of their values.

    The values are not decoded: that would take long, and stop all other threads meanwhile.
    """
    found = {}
    end = -1
    while end < len(members):
        deadlines.check()
        name, colon = _DECODER.raw_decode(members, end + 1)
        begin = colon + 1
        end = _end(members, begin)
        found[name] = Stored(members[begin:end])
    return found


def _end(text: str, begin: int) -> int:
    """Return the index after a value that is valid JSON and followed by a comma or nothing."""
    if text[begin] not in "[{":
        return t.cast("re.Match[str]", _SCALAR.match(text, begin)).end()
    depth = 0
    for token in _BRACKETS.finditer(text, begin):
        depth += _STEPS.get(token[0], 0)
        if not depth:
            return token.end()
    raise ValueError("the value has no end")


def too_large(limit: int) -> errors.Refused:
    """Return the error for variables that take too much memory at once.

    :param limit: the limit in bytes.
    """
    return errors.Refused(
        413,
        f"The request needs more than {limit} bytes of variables at once (variables_size). "
        "Ask for fewer objects, or for objects without their variables.",
        reason="variables_size",
    )
