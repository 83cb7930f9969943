# SPDX-License-Identifier: Apache-2.0
"""The SQL function ``craton_matches(value, path, wanted, longest)``: JSON containment.

The function runs inside the database, so that the database filters the rows: in Python on
SQLite, in PL/pgSQL on PostgreSQL (``json_contains.sql``). The first three arguments are JSON
texts. The path is a list: the name of the variable, then names of members, indexes of
elements, ``{}`` for every member and ``[]`` for every element.

The rules are those of ``JSON_CONTAINS`` of MySQL, for which the API was designed:

- An object contains an object if it contains each member of it.
- A list contains a value if one of its elements does, and a list if it contains each
  element of that list.
- Any other value contains the values that equal it.

If a path leads to several parts, the value at the path is the list of these parts.

Looking for scalars takes time in proportion to the length of the value. Each object or list
inside the wanted value is compared with all objects and lists of the value, so the product
of both is limited: ``longest`` is the length of the longest value that is tested. The
function fails for a longer one, and the request gets 400.

For example, ``os.release:"9"`` becomes, on both databases::

    CASE WHEN value LIKE '%"release"%"9"%' ESCAPE '!'
        THEN craton_matches(value, '["os", "release"]', '"9"', 2147483647)
        ELSE 0 END = 1

PostgreSQL first tries ``CAST(value AS JSONB) #> '{release}' @> '"9"'``, which takes a fifth
of the time.
"""

from __future__ import annotations

import decimal
import functools
import json
import pathlib
import re
import threading
import typing as t

import sqlalchemy as sa

from cratonclient import paths
from cratonserver import errors
from cratonserver.db.dialect import Dialect
from cratonserver.db.list_query import Condition

NAME = "craton_matches"
#: The code of the error that the function raises in PostgreSQL.
SQLSTATE = "CR400"

#: The steps to all members and all elements, as the path argument contains them.
_EVERY: dict[paths.Every, t.Any] = {paths.Every.MEMBER: {}, paths.Every.ELEMENT: []}

#: The maximum length of values in the cache of results, and its size. Both bound memory.
_CACHED_LENGTH, _CACHED_CALLS = 1024, 2048
#: The maximum product of the length of a value and the number of objects and lists to find
#: in it. It bounds the time of one comparison, which a deadline cannot interrupt on SQLite.
MAX_WORK = 2**23
_UNLIMITED = 2**31 - 1

#: The names of the parameters of a condition.
_PATH, _WANTED, _LONGEST, _PATTERN = "path", "wanted", "longest", "pattern"
_MEMBERS = "members"


def matches_condition(
    dialect: Dialect, value: sa.ColumnElement[t.Any], number: int
) -> sa.ColumnElement[bool]:
    """Return the condition that a value matches a condition on variables.

    A LIKE pattern excludes most values first, because it is faster than the function.

    :param dialect: dialect of the database.
    :param value: column with JSON values.
    :param number: number of the condition, for the names of its parameters.
    """
    names = (f"{name}{number}" for name in (_PATH, _WANTED))
    texts = [sa.bindparam(name, type_=sa.Text) for name in names]
    longest = sa.bindparam(f"{_LONGEST}{number}", type_=sa.Integer)
    matches = sa.Function(NAME, value, *texts, longest, type_=sa.Integer())
    pattern = sa.bindparam(f"{_PATTERN}{number}", type_=sa.Text)
    has = dialect.json_has(value, f"{_MEMBERS}{number}", f"{_WANTED}{number}")
    found = sa.case((has, 1), else_=matches)
    return sa.case((value.like(pattern, escape="!"), found), else_=0) == 1


def parameters(condition: Condition, number: int) -> dict[str, t.Any]:
    """Return the values of the parameters of :func:`matches_condition`.

    :param condition: condition on a variable.
    """
    steps = [_EVERY[s] if isinstance(s, paths.Every) else s for s in condition.steps]
    return {
        f"{_PATH}{number}": json.dumps([condition.name, *steps]),
        f"{_WANTED}{number}": json.dumps(condition.wanted),
        f"{_LONGEST}{number}": _longest(condition.wanted),
        f"{_PATTERN}{number}": _pattern(condition),
        f"{_MEMBERS}{number}": _members(condition),
    }


def _members(condition: Condition) -> list[str] | None:
    """Return the names of the members that lead to a wanted scalar.

    ``None`` stands for other conditions, and for names that could also be the index of an
    element.
    """
    if isinstance(condition.wanted, dict | list):
        return None
    names = [step for step in condition.steps if isinstance(step, str)]
    if len(names) < len(condition.steps) or any(name[-1:].isdecimal() for name in names):
        return None
    return names


def matches(value: str | None, path: str, wanted: str, longest: int) -> int | None:
    """Check that the part of a value at a path contains another value.

    :param value: JSON text; ``None``, the NULL of the database, for no variable.
    :param path: JSON text of the name of the variable and a list of steps.
    :param wanted: JSON text.
    :param longest: maximum length of the value.
    :returns: 1 or 0, not a boolean: the planner of PostgreSQL expects that few rows
        equal 1, but that half of all rows are true.
    :raises ValueError: if the value is longer. :func:`refusal` returns the error for the
        client.

    >>> matches('{"os": {"release": [8, 9]}}', '["hw", "os", "release"]', '9', 100)
    1
    """
    if value is None:
        return None
    if len(value) > longest:
        _failed.refusal = too_much(path, wanted, len(value))
        raise ValueError("too long")
    match = _match_cached if len(value) <= _CACHED_LENGTH else _match
    return int(match(value, path, wanted))


class _Failed(threading.local):
    """The error of the function in a thread: SQLite does not report it."""

    refusal: errors.Refused | None = None


_failed = _Failed()


def refusal() -> errors.Refused | None:
    """Return the error of a failed statement of this thread on SQLite, and forget it."""
    found, _failed.refusal = _failed.refusal, None
    return found


def contains(value: t.Any, wanted: t.Any) -> bool:
    """Return True if a value contains another one, as ``JSON_CONTAINS`` does.

    :param value: JSON value.
    :param wanted: JSON value.
    :raises cratonserver.errors.Refused: with status 400, if looking for it takes too long.

    >>> contains([1, {'a': 2, 'b': 3}], {'a': 2})
    True
    """
    longest = _longest(wanted)
    if longest < _UNLIMITED and (length := len(json.dumps(value))) > longest:
        raise too_much("[]", json.dumps(wanted), length)
    return _contains(value, wanted)


def too_much(path: str, wanted: str, length: int) -> errors.Refused:
    """Return the error for a value that is too long for a condition: status 400.

    :param path: path argument of the function.
    :param wanted: the wanted value, as JSON.
    :param length: length of the value.
    """
    shown = paths.QUERY.write(tuple(_every(step) for step in json.loads(path)))
    where = f" on {shown}" if shown else ""
    return errors.Refused(
        400,
        f"vars: the condition{where} looks for {_compared(json.loads(wanted))} objects and "
        f"lists, which takes too long in a value of {length} characters. Look for fewer of "
        "them, or use a longer path.",
    )


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

    :returns: the path after the name of the variable, and True if it may lead to several
        parts.
    """
    steps = tuple(_every(step) for step in _load(text)[1:])
    return steps, any(isinstance(step, paths.Every) for step in steps)


def _every(step: t.Any) -> paths.Step:
    """Return a step of a path argument as a step of a path."""
    if step == {}:
        return paths.Every.MEMBER
    return paths.Every.ELEMENT if step == [] else t.cast("str | int", step)


def _contains(value: t.Any, wanted: t.Any) -> bool:
    if isinstance(value, dict):
        return isinstance(wanted, dict) and all(
            name in value and _contains(value[name], inner) for name, inner in wanted.items()
        )
    if isinstance(value, list):
        each = wanted if isinstance(wanted, list) else [wanted]
        scalars = {_comparable(inner) for inner in each if not isinstance(inner, dict | list)}
        others = {repr(inner): inner for inner in each if isinstance(inner, dict | list)}
        return _contains_scalars(value, scalars) and all(
            any(
                isinstance(element, dict | list) and _contains(element, inner)
                for element in value
            )
            for inner in others.values()
        )
    return bool(_comparable(value) == _comparable(wanted))


def _contains_scalars(value: list[t.Any], wanted: set[t.Any]) -> bool:
    """Return True if a list contains all scalars of a set, which this empties."""
    lists = [value]
    while wanted and lists:
        for element in lists.pop():
            if isinstance(element, list):
                lists.append(element)
            elif not isinstance(element, dict):
                wanted.discard(_comparable(element))
    return not wanted


def _comparable(value: t.Any) -> t.Any:
    """Return a value that equals others as JSON values do: in Python, ``1 == True``."""
    return (value,) if isinstance(value, bool) else value


def _longest(wanted: t.Any) -> int:
    """Return the length of the longest value in which a wanted value is looked for."""
    number = _compared(wanted)
    return MAX_WORK // number if number > 1 else _UNLIMITED


def _compared(wanted: t.Any) -> int:
    """Return the number of objects and lists in a wanted value.

    A list itself does not count, because each of its elements is looked for.
    """
    if isinstance(wanted, dict):
        return 1 + sum(map(_compared, wanted.values()))
    if isinstance(wanted, list):
        return sum(_compared(inner) + isinstance(inner, list) for inner in wanted)
    return 0


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
