# SPDX-License-Identifier: Apache-2.0
"""Read JSON, and nothing that looks like it.

Python's own parser takes more than JSON is: ``NaN``, numbers that become
infinite, names that are given twice, halves of characters. What cannot be kept,
or would not come back as it was sent, is found here.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

#: Objects and arrays in each other. It leaves the 31 levels of the original
#: server to the value of a variable (wire document, section 5.5).
MAX_DEPTH = 33
#: The digits of a whole number. They would take time to read and to write.
MAX_DIGITS = 1000

_TOO_DEEP = f"objects and arrays are nested more than {MAX_DEPTH} levels deep"


class _Unfit:
    """What stands in the place of a value that is not accepted.

    :param reason: what is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason


def loads(text: str) -> tuple[t.Any, t.Iterable[str]]:
    """Read a text.

    :returns: the value, and what is wrong with it although it is JSON.
    :raises ValueError: when it is not JSON at all.

    >>> value, problems = loads('{"a": [NaN]}')
    >>> list(problems)
    ['a[0]: NaN is not a number of JSON']
    """
    unfit: list[_Unfit] = []

    def refuse(reason: str) -> _Unfit:
        unfit.append(_Unfit(reason))
        return unfit[-1]

    def constant(name: str) -> _Unfit:
        return refuse(f"{name} is not a number of JSON")

    def floating(digits: str) -> float | _Unfit:
        value = float(digits)
        return refuse(f"{digits} is too large") if math.isinf(value) else value

    def whole(digits: str) -> int | _Unfit:
        if len(digits) > MAX_DIGITS:
            return refuse(f"{digits} has more than {MAX_DIGITS} digits")
        return int(digits)

    def members(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    made[name] = refuse("is given twice")
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
    deep = text.count("[") + text.count("{") > MAX_DEPTH
    # Neither a NUL character nor half a surrogate pair can stand there unescaped.
    return value, _problems(value) if unfit or deep or "\\u" in text else ()


def _problems(value: t.Any) -> t.Iterator[str]:
    """Walk through a value, without recursion, for what is not accepted in it."""
    ahead: list[tuple[tuple[str | int, ...], t.Any]] = [((), value)]
    while ahead:
        steps, found = ahead.pop()
        if isinstance(found, _Unfit):
            yield path(steps) + found.reason
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


def _bad_text(steps: tuple[str | int, ...], text: str) -> t.Iterator[str]:
    if "\0" in text:
        yield f"{path(steps)}{text!r} has a NUL character"
    elif not text.isascii() and re.search("[\ud800-\udfff]", text):
        yield f"{path(steps)}{text!r} has half of a character"


def path(steps: t.Iterable[str | int]) -> str:
    """Write where in a body something is, such as ``variables.disks[0]: ``.

    :returns: nothing for the body itself.
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return f"{text.removeprefix('.')}: " if text else ""
