# SPDX-License-Identifier: Apache-2.0
"""Parse JSON strictly.

Python's parser accepts more than JSON: ``NaN``, numbers that become infinite, duplicate
names, unpaired surrogates. This module reports values that cannot be stored or would not
be returned as they were sent.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from cratonclient import secrets
from cratonserver import deadlines

T = t.TypeVar("T")

#: The maximum depth of nested objects and arrays. It allows 31 levels in the value of a
#: variable, as the original server does.
MAX_DEPTH = 33
#: The maximum number of digits of an integer. Longer integers are slow to read and write.
MAX_DIGITS = 1000

_TOO_DEEP = f"objects and arrays are nested more than {MAX_DEPTH} levels deep"


class _Unfit:
    """A placeholder for a value that is not accepted.

    :param reason: the problem, as the end of a message.
    :param text: the value as it was sent; empty for a value that the message does not quote.
    """

    def __init__(self, reason: str, text: str = "") -> None:
        self.reason = reason
        self.text = text


def loads(text: str) -> tuple[t.Any, t.Iterable[str]]:
    """Parse a JSON text.

    :returns: the value, and the problems of a text that is JSON but is not accepted. The
        value is usable only if there are no problems.
    :raises ValueError: if the text is not JSON.

    >>> value, problems = loads('{"a": [NaN]}')
    >>> list(problems)
    ['a[0]: NaN is not valid JSON']
    """
    unfit: list[_Unfit] = []

    def refuse(reason: str, text: str = "") -> _Unfit:
        unfit.append(_Unfit(reason, text))
        return unfit[-1]

    def constant(name: str) -> _Unfit:
        return refuse("is not valid JSON", name)

    def floating(digits: str) -> float | _Unfit:
        value = float(digits)
        if math.isinf(value):
            return refuse("is too large", digits)
        # A number that becomes zero only because it is too small.
        vanishes = not value and re.match("[^eE]*[1-9]", digits)
        return refuse("is too small", digits) if vanishes else value

    def whole(digits: str) -> int | _Unfit:
        if len(digits) > MAX_DIGITS:
            return refuse(f"has more than {MAX_DIGITS} digits", digits)
        return int(digits)

    def members(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    made[name] = refuse("duplicate name")
                seen.add(name)
        return made

    try:
        value = json.loads(
            text,
            parse_constant=constant,
            parse_float=floating,
            parse_int=whole,
            object_pairs_hook=members,
        )
    except RecursionError:
        return None, [_TOO_DEEP]
    deep = text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH)
    # Without escapes, the text contains neither NUL characters nor unpaired surrogates.
    return value, _problems(value) if unfit or deep or "\\u" in text else ()


def _is_deeper(value: t.Any, levels: int) -> bool:
    """Return True if objects and arrays of a value are nested more than some levels deep.

    This visits one level after the other, which is fast and does not recurse.
    """
    ahead = [value]
    for _ in range(levels + 1):
        ahead = [one for one in ahead if one.__class__ is dict or one.__class__ is list]
        if not ahead:
            return False
        ahead = [
            member
            for one in ahead
            for member in (one.values() if one.__class__ is dict else one)
        ]
    return True


def _problems(value: t.Any) -> t.Iterator[str]:
    """Yield the problems of a value. The value may be deep, so this does not recurse."""
    ahead: list[tuple[tuple[str | int, ...], t.Any]] = [((), value)]
    for steps, found in deadlines.checked(_taken(ahead), 1024):
        if isinstance(found, _Unfit):
            yield path(steps) + f"{quoted(steps, found.text)} {found.reason}".lstrip()
        elif isinstance(found, str):
            yield from _bad_text(steps, found)
        elif isinstance(found, dict | list) and len(steps) >= MAX_DEPTH:
            yield path(steps) + _TOO_DEEP
        elif isinstance(found, dict):
            for name in found:
                yield from _bad_text(steps, name)
            ahead.extend(((*steps, name), member) for name, member in found.items())
        elif isinstance(found, list):
            ahead.extend(((*steps, index), member) for index, member in enumerate(found))


def _taken(ahead: list[T]) -> t.Iterator[T]:
    while ahead:
        yield ahead.pop()


def _bad_text(steps: tuple[str | int, ...], text: str) -> t.Iterator[str]:
    if "\0" in text:
        yield f"{path(steps)}{quoted(steps, repr(text))} has a NUL character"
    elif not text.isascii() and re.search("[\ud800-\udfff]", text):
        yield f"{path(steps)}{quoted(steps, repr(text))} has an unpaired surrogate"


def quoted(steps: t.Iterable[str | int], text: str) -> str:
    """Return a value for a message, or ``***`` if a name on the way to it is secret.

    :param steps: names and indexes from the body to the value.
    :param text: the value, as the message quotes it.
    """
    secret = any(isinstance(step, str) and secrets.is_secret(step) for step in steps)
    return secrets.MASK if secret and text else text


def path(steps: t.Iterable[str | int]) -> str:
    """Return a place in a body as the start of a message, such as ``variables.disks[0]: ``.

    :param steps: names and indexes from the body to the place.
    :returns: the empty string for the body itself.
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return f"{text.removeprefix('.')}: " if text else ""
