# SPDX-License-Identifier: Apache-2.0
"""Convert the values of ``<path>=<value>`` to JSON values, and back.

One rule decides the type of a value, wherever a command reads or prints one:

- ``true``, ``false``, ``null`` and whole numbers, as JSON writes them, are JSON.
- ``{…}``, ``[…]`` and ``"…"`` must be JSON.
- Everything else is text, so ``5.10``, ``1e3`` and ``0042`` do not change.

With ``:=`` in place of ``=``, every value must be JSON.
"""

from __future__ import annotations

import json
import re
import typing as t

from cratonclient import paths
from cratonclient.printable import is_printable

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WHOLE_NUMBER = re.compile("0|-?[1-9][0-9]*")
#: A JSON string is one line. Text of several lines, such as CSV, may begin and end with a
#: quote.
_JSON = re.compile(r'\{.*\}|\[.*\]|"[^\n]*"', re.DOTALL)
#: Python refuses to convert longer numbers, because that is slow.
_MAX_DIGITS = 4300


class Refused(ValueError):
    """A text is JSON, but its value cannot be stored as it was written."""


def parse(text: str) -> t.Any:
    """Return the JSON value of a text, by the rule of this module.

    :raises ValueError: if the text looks like an object, an array or a string of JSON, but
        is not valid.

    >>> parse('64'), parse('5.10'), parse('"64"'), parse('[1.5]'), parse('no')
    (64, '5.10', '64', [1.5], 'no')
    """
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE_NUMBER.fullmatch(text) or _JSON.fullmatch(text):
        return parse_json(text)
    return text


def parse_contents(text: str) -> t.Any:
    """Return the JSON value of the contents of a file, by the rule of this module.

    Blanks around JSON are ignored, and so is the end of a single line. Text of several
    lines is kept as it is.

    :raises ValueError: as for :func:`parse`.
    """
    stripped = text.strip(" \t\r\n")
    if stripped[:1] in ("{", "[", '"') and _JSON.fullmatch(stripped):
        return parse(stripped)
    line = re.fullmatch(r"([^\r\n]*)(?:\r\n|\n|\r)?", text)
    return parse(line[1]) if line else text


def parse_json(text: str) -> t.Any:
    """Return the value of a JSON text. Whole numbers are exact.

    :raises json.JSONDecodeError: if the text is not JSON. Its attributes tell the place.
    :raises Refused: if the text is nested too deeply, or has ``NaN``, ``Infinity``, a
        number that is too large, or an object with the same name twice.
    """
    try:
        return json.loads(
            text,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_members,
        )
    except RecursionError:
        raise Refused("it is nested too deeply") from None


def vanishes(digits: str, value: float) -> bool:
    """Return True if a number became zero only because it is too small.

    >>> vanishes('1e-400', 0.0), vanishes('0.0', 0.0)
    (True, False)
    """
    return not value and bool(re.match("[^eE]*[1-9]", digits))


def assignment(name: str, value: t.Any) -> str:
    """Return the argument of ``variable set`` that sets a variable to a value.

    >>> assignment('rack', 'r1'), assignment('serial', '64'), assignment('load', 1.5)
    ('rack=r1', 'serial="64"', 'load:=1.5')
    """
    path = paths.write((name,))
    path = path if is_printable(path) else json.dumps(name)
    operator = ":=" if isinstance(value, float) else "="
    return f"{path}{operator}{_written(value)}"


def _written(value: t.Any) -> str:
    if isinstance(value, str) and _is_bare(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if is_printable(text) else json.dumps(value)


def _is_bare(text: str) -> bool:
    """Return True if a string can be typed and printed as it is, without quotes."""
    try:
        return not text.startswith("@") and is_printable(text) and text == parse(text)
    except ValueError:
        return False


def _constant(name: str) -> t.NoReturn:
    raise Refused(f"{name} is not JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Refused(f"the number {digits} is too large")
    if vanishes(digits, value):
        raise Refused(f"the number {digits} is too small")
    return value


def _int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise Refused(f"a number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _members(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused(f"the name {name!r} occurs twice in an object")
        found[name] = value
    return found
