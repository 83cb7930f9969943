# SPDX-License-Identifier: Apache-2.0
"""The SQL function ``craton_matches(value, path, wanted)``: containment of JSON values.

The function runs inside the database, so that the database filters the rows: in Python on
SQLite, in PL/pgSQL on PostgreSQL (``json_contains.sql``). All arguments are JSON texts. The
path is a list of steps: names of members, indexes of elements, ``{}`` for every member
and ``[]`` for every element.

The rules are those of ``JSON_CONTAINS`` of MySQL, for which the API was designed:

- An object contains an object if it contains each member of it.
- A list contains a value if one of its elements does, and a list if it contains each
  element of that list.
- Any other value contains the values that equal it.

If a path leads to several parts, the value at the path is the list of these parts.

For example, ``os.release:"9"`` becomes, on both databases::

    CASE WHEN value LIKE '%"release"%"9"%' ESCAPE '!'
        THEN craton_matches(value, '["release"]', '"9"')
        ELSE 0 END = 1
"""

from __future__ import annotations

import decimal
import functools
import json
import pathlib
import re
import typing as t

import sqlalchemy as sa

from cratonclient import paths
from cratonserver.db.list_query import Condition

NAME = "craton_matches"

#: The steps to all members and all elements, as the path argument contains them.
_EVERY: dict[paths.Every, t.Any] = {paths.Every.MEMBER: {}, paths.Every.ELEMENT: []}

#: The maximum length of values in the cache of results, and its size. Both bound memory.
_CACHED_LENGTH, _CACHED_CALLS = 1024, 2048
#: The length of the part of a value that is in the index. PostgreSQL refuses to index
#: long texts.
_INDEXED_LENGTH = 64


def matches_condition(
    value: sa.ColumnElement[t.Any], condition: Condition
) -> sa.ColumnElement[bool]:
    """Return the condition that a value matches.

    A LIKE pattern excludes most values first, because it is faster than the function.

    :param value: column with JSON values.
    :param condition: condition on the variable.
    """
    steps = [_EVERY[s] if isinstance(s, paths.Every) else s for s in condition.steps]
    arguments = json.dumps(steps), json.dumps(condition.wanted)
    matches = sa.Function(NAME, value, *arguments, type_=sa.Integer())
    return sa.case((value.like(_pattern(condition), escape="!"), matches), else_=0) == 1


def indexed_prefix(value: sa.ColumnElement[t.Any]) -> sa.ColumnElement[t.Any]:
    """Return the start of a value, as the index of variables contains it."""
    return sa.func.substr(
        value, sa.literal_column("1"), sa.literal_column(str(_INDEXED_LENGTH))
    )


def index_conditions(
    value: sa.ColumnElement[t.Any], condition: Condition
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that the index can check: the value is equal, or a list.

    The result is empty if the index cannot help.

    For example, ``rack:"r1"`` becomes::

        substr(value, 1, 64) IN ('"r1"')
            OR substr(value, 1, 64) >= '[' AND substr(value, 1, 64) < '\\'
    """
    scalar = not condition.steps and not isinstance(condition.wanted, dict | list)
    texts = _texts(condition.wanted) if scalar else []
    if not texts:
        return []
    indexed = indexed_prefix(value)
    equal = indexed.in_([text[:_INDEXED_LENGTH] for text in texts])
    # A backslash follows the bracket in ASCII.
    return [sa.or_(equal, sa.and_(indexed >= "[", indexed < "\\"))]


def matches(value: str | None, path: str, wanted: str) -> int | None:
    """Check that the part of a value at a path contains another value.

    :param value: JSON text; ``None``, the NULL of the database, for no variable.
    :param path: JSON text of a list of steps.
    :param wanted: JSON text.
    :returns: 1 or 0, not a boolean: the planner of PostgreSQL expects that few rows
        equal 1, but that half of all rows are true.

    >>> matches('{"os": {"release": [8, 9]}}', '["os", "release"]', '9')
    1
    """
    if value is None:
        return None
    match = _match_cached if len(value) <= _CACHED_LENGTH else _match
    return int(match(value, path, wanted))


def postgresql_function() -> str:
    """Return the statement that creates the function in PostgreSQL."""
    return pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def _match(value: str, path: str, wanted: str) -> bool:
    steps, several = _steps(path)
    parts = paths.match(_load(value), steps)
    if not parts:
        return False
    return _contains(parts if several else parts[0], _load_cached(wanted))


_match_cached = functools.lru_cache(_CACHED_CALLS)(_match)
#: Numbers are compared as they are written, as PostgreSQL does, not as floats.
_DECODER = json.JSONDecoder(parse_float=decimal.Decimal)


def _load(text: str) -> t.Any:
    return _DECODER.raw_decode(text)[0]


#: A query compares the same wanted value with many rows.
_load_cached = functools.lru_cache(64)(_load)


@functools.lru_cache(64)
def _steps(text: str) -> tuple[paths.Path, bool]:
    """Parse a path argument.

    :returns: the path, and True if it may lead to several parts.
    """
    steps = tuple(
        paths.Every.MEMBER if step == {} else paths.Every.ELEMENT if step == [] else step
        for step in _load(text)
    )
    return steps, any(isinstance(step, paths.Every) for step in steps)


def _contains(value: t.Any, wanted: t.Any) -> bool:
    if isinstance(value, dict):
        return isinstance(wanted, dict) and all(
            name in value and _contains(value[name], inner) for name, inner in wanted.items()
        )
    if isinstance(value, list):
        each = wanted if isinstance(wanted, list) else [wanted]
        return all(any(_contains(element, inner) for element in value) for inner in each)
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _pattern(condition: Condition) -> str:
    """Return a LIKE pattern of names and scalars that each matching value contains."""
    pieces = [json.dumps(step) for step in condition.steps if isinstance(step, str)]
    if not isinstance(condition.wanted, dict | list):
        pieces.extend(_texts(condition.wanted)[:1])
    elif not pieces:
        pieces.extend(
            json.dumps(name) for name in [*condition.wanted][:1] if isinstance(name, str)
        )
    escaped = (re.sub("[!%_]", r"!\g<0>", piece) for piece in pieces)
    return f"%{'%'.join(escaped)}%"


def _texts(scalar: t.Any) -> list[str]:
    """Return the JSON texts of all values that equal a scalar, the shortest first.

    The list is empty for numbers that have more spellings, such as ``1e15``.
    """
    if isinstance(scalar, bool) or not isinstance(scalar, int | float):
        return [json.dumps(scalar)]
    if scalar != int(scalar):
        return [json.dumps(scalar)]
    if abs(scalar) >= 10**15:
        return []
    return [f"{scalar:.0f}", f"{scalar:.1f}"] if scalar else ["0", "0.0", "-0.0"]
