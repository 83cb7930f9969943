# SPDX-License-Identifier: Apache-2.0
"""Read the ``vars`` parameter of a list (wire document, section 7).

``vars=os.release:"9",racks[*].unit:5`` is two pairs of a path and a JSON value. A
pair ends where its value ends, so it may hold commas and colons.
"""

from __future__ import annotations

import json
import re
import typing as t

from cratonserver import errors

#: What one parameter may hold. A match costs at most as much as the size of what
#: is wanted times the size of the variable's value.
MAX_LENGTH, MAX_PAIRS, MAX_STEPS, MAX_NODES = 4096, 16, 32, 256

BAD_PATH = "The query contains an invalid JSON Path expression."
BAD_VALUE = "An invalid JSON value was specified."

#: How the steps ``.*`` and ``[*]`` are told from the names of members and the
#: indexes of elements, in Python and in JSON alike.
MEMBERS: dict[str, t.Any] = {}
ELEMENTS: list[t.Any] = []
Step = str | int | dict[str, t.Any] | list[t.Any]

_QUOTED = r""" "(?:[^"\\]|\\.)*" | '[^']*' """
#: A name after the first one is an identifier of ECMAScript, as far as the
#: grammar of the original server lets it through.
_STEP = rf"""
    \. (?: [A-Za-z_][A-Za-z0-9_]* | \* | {_QUOTED} )
    | \[ (?: [0-9]{{1,9}} | \* | {_QUOTED} ) \]
"""
_STEPS = re.compile(_STEP, re.VERBOSE)
_PATH = re.compile(
    rf"""
    (?: \$\. )?
    (?P<name> [A-Za-z_@][A-Za-z0-9_@-]* | {_QUOTED} )
    (?P<steps> (?: {_STEP} )* )
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"[ \t\r\n]*")


class Condition(t.NamedTuple):
    """What one pair asks of an object.

    :param name: of the variable.
    :param steps: from its value to the part that is meant: names of members,
        indexes, :data:`MEMBERS`, :data:`ELEMENTS`.
    :param wanted: the JSON value that this part must contain.
    """

    name: str
    steps: tuple[Step, ...]
    wanted: t.Any


def parse(text: str) -> list[Condition]:
    """Read the parameter.

    :returns: the conditions, all of which an object has to meet. Of pairs with
        the same path the last one counts.
    :raises cratonserver.errors.Refused: with status 400.

    >>> parse('os.release:"9"')
    [Condition(name='os', steps=('release',), wanted='9')]
    """
    if len(text) > MAX_LENGTH:
        raise errors.Refused(400, f"vars: at most {MAX_LENGTH} characters can be given.")
    found: dict[str, Condition] = {}
    at = 0
    while True:
        path, name, steps, at = _path(text, _skip_blanks(text, at))
        wanted, at = _value(text, _skip_blanks(text, at))
        found[path] = Condition(name, steps, wanted)
        at = _skip_blanks(text, at)
        if len(found) > MAX_PAIRS:
            raise errors.Refused(400, f"vars: at most {MAX_PAIRS} pairs can be given.")
        if at == len(text):
            return list(found.values())
        if text[at] != ",":
            raise errors.Refused(400, BAD_VALUE)
        at += 1


def _skip_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _path(text: str, at: int) -> tuple[str, str, tuple[Step, ...], int]:
    """Read a path and the colon after it.

    :returns: its text, the variable's name, the steps, and where it ends.
    """
    match = _PATH.match(text, at)
    end = match.end() if match else at
    if text[end : end + 1] in ("", ","):
        given = text[at:end]
        raise errors.Refused(
            400, f"vars: {given!r} has no colon; write name:value, the value as JSON."
        )
    if match is None or text[end] != ":":
        raise errors.Refused(400, BAD_PATH)
    name = _name(match["name"])
    steps = tuple(_step(found[0]) for found in _STEPS.finditer(match["steps"]))
    if not name or len(steps) > MAX_STEPS:
        raise errors.Refused(400, BAD_PATH)
    return match[0], name, steps, end + 1


def _step(text: str) -> Step:
    """Read ``.name``, ``.*``, ``[0]``, ``[*]`` or ``["name"]``."""
    inner = text[1:] if text[0] == "." else text[1:-1]
    if inner == "*":
        return MEMBERS if text[0] == "." else ELEMENTS
    return int(inner) if inner.isdigit() else _name(inner)


def _name(text: str) -> str:
    """Read a name. In double quotes it is a JSON string."""
    if text[0] == "'":
        return text[1:-1]
    if text[0] != '"':
        return text
    try:
        return str(_checked(json.loads(text)))
    except ValueError:
        raise errors.Refused(400, BAD_PATH) from None


def _value(text: str, at: int) -> tuple[t.Any, int]:
    """Read a JSON value; give it and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, at)
        return _checked(value), end
    except (ValueError, RecursionError):
        raise errors.Refused(400, BAD_VALUE) from None


def _checked(value: t.Any) -> t.Any:
    """Refuse what no variable can hold, and what is too much to look for.

    :raises ValueError: for half a character, the character NUL, and values with
        too many parts.
    """
    left = [value]
    for count, part in enumerate(left):
        if count > MAX_NODES:
            raise ValueError("too many parts")
        if isinstance(part, dict):
            left.extend(part)
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
        elif isinstance(part, str) and "\0" in part:
            raise ValueError("NUL is no character of a text")
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _refuse_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
