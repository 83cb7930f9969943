# SPDX-License-Identifier: Apache-2.0
"""Parse the ``vars`` parameter of a list.

``vars=os.release:"9",racks[*].unit:5`` is two pairs of a path and a JSON value. A pair
ends where its value ends, so a value may contain commas and colons. The grammar of paths
is :data:`cratonclient.paths.QUERY`.
"""

from __future__ import annotations

import json
import re
import typing as t

from cratonclient import paths
from cratonserver import errors
from cratonserver.db.list_query import Condition

#: The limits of one parameter. They bound the cost of a match, which is at most the size
#: of the wanted value times the size of the variable.
MAX_LENGTH, MAX_PAIRS, MAX_STEPS, MAX_NODES = 4096, 16, 32, 256

BAD_PATH = "The query contains an invalid JSON Path expression."
BAD_VALUE = "An invalid JSON value was specified."

_BLANKS = re.compile(r"[ \t\r\n]*")


def parse(text: str) -> tuple[Condition, ...]:
    """Parse the parameter.

    :returns: the conditions, all of which must hold. If the same text of a path occurs
        several times, the last pair counts.
    :raises cratonserver.errors.Refused: with status 400.

    >>> parse('os.release:"9"')
    (Condition(name='os', steps=('release',), wanted='9'),)
    """
    if len(text) > MAX_LENGTH:
        raise errors.Refused(400, f"vars: at most {MAX_LENGTH} characters can be given.")
    found: dict[str, Condition] = {}
    at = 0
    while True:
        start = _skip_blanks(text, at)
        path, at = _path(text, start)
        path_text = text[start : at - 1]  # without the colon
        wanted, at = _value(text, _skip_blanks(text, at))
        found[path_text] = Condition(str(path[0]), path[1:], wanted)
        at = _skip_blanks(text, at)
        if len(found) > MAX_PAIRS:
            raise errors.Refused(400, f"vars: at most {MAX_PAIRS} pairs can be given.")
        if at == len(text):
            return tuple(found.values())
        if text[at] != ",":
            raise errors.Refused(400, BAD_VALUE)
        at += 1


def _skip_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _path(text: str, at: int) -> tuple[paths.Path, int]:
    """Parse a path and the colon after it.

    :returns: the path, and the position after the colon.
    """
    path, end = paths.QUERY.scan(text, at)
    if text[end : end + 1] in ("", ","):
        given = text[at:end]
        raise errors.Refused(
            400, f"vars: {given!r} has no colon. Write name:value, with the value as JSON."
        )
    # A variable name cannot be empty.
    if text[end] != ":" or not (path and path[0]) or len(path) > MAX_STEPS + 1:
        raise errors.Refused(400, BAD_PATH)
    try:
        for step in path:
            if isinstance(step, str):
                check_value(step)
    except ValueError:
        raise errors.Refused(400, BAD_PATH) from None
    return path, end + 1


def _value(text: str, at: int) -> tuple[t.Any, int]:
    """Parse a JSON value.

    :returns: the value, and the position after it.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
        return check_value(value), end
    except (ValueError, RecursionError):
        raise errors.Refused(400, BAD_VALUE) from None


def check_value(value: t.Any) -> t.Any:
    """Return a value, if a variable can contain it and the search is cheap enough.

    :raises ValueError: for unpaired surrogates, NUL characters, and values with more than
        :data:`MAX_NODES` parts.
    """
    parts = [value]
    for count, part in enumerate(parts):  # the loop also visits the parts that it adds
        if count > MAX_NODES:
            raise ValueError("too many parts")
        if isinstance(part, dict):
            parts.extend(part)
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
        elif isinstance(part, str) and "\0" in part:
            raise ValueError("NUL character")
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _refuse_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
