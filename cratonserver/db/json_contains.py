# SPDX-License-Identifier: Apache-2.0
"""``craton_matches(value, path, wanted)``: whether a JSON value contains another.

It is a function of the database, so that a page is filtered where its rows are:
Python on SQLite, PL/pgSQL on PostgreSQL. All three arguments are JSON texts; the
path is a list of steps as in :mod:`cratonserver.api.vars_parameter`.

The rules are those of ``JSON_CONTAINS`` of MySQL, for which the API was designed:
an object contains one with some of its members; a list contains what any of its
elements contains, and a list of such things; other values contain their equals.
Several parts, as ``[*]`` addresses them, are a list.
"""

from __future__ import annotations

import decimal
import functools
import json
import pathlib
import re
import typing as t

import sqlalchemy as sa

from cratonserver.api.vars_parameter import Condition

NAME = "craton_matches"

#: Longer values are not worth the memory that remembering them takes.
_CACHED_LENGTH, _CACHED_CALLS = 1024, 2048
#: How much of a value the index has. PostgreSQL takes no long texts into one.
_BEGINNING = 64


def condition(value: sa.ColumnElement[t.Any], wanted: Condition) -> sa.ColumnElement[bool]:
    """Give the condition that a value matches.

    What must be written in it anyhow is looked for first, which is faster.
    """
    path, text = json.dumps(wanted.steps), json.dumps(wanted.wanted)
    matches = sa.Function(NAME, value, path, text, type_=sa.Integer())
    return sa.case((value.like(_pattern(wanted), escape="!"), matches), else_=0) == 1


def beginning(value: sa.ColumnElement[t.Any]) -> sa.ColumnElement[t.Any]:
    """Give the beginning of a value, as the index of variables has it."""
    return sa.func.substr(value, sa.literal_column("1"), sa.literal_column(str(_BEGINNING)))


def begins(value: sa.ColumnElement[t.Any], wanted: Condition) -> list[sa.ColumnElement[bool]]:
    """Give what the index knows of values that match: they are equal to it, or lists."""
    scalar = not wanted.steps and not isinstance(wanted.wanted, dict | list)
    texts = _texts(wanted.wanted) if scalar else []
    if not texts:
        return []
    start = beginning(value)
    equal = start.in_([text[:_BEGINNING] for text in texts])
    return [sa.or_(equal, sa.and_(start >= "[", start < "\\"))]  # the next in ASCII


def matches(value: str | None, path: str, wanted: str) -> int | None:
    """Tell whether a part of a value contains another value.

    :param value: JSON; ``None``, the database's NULL, if there is no variable.
    :param path: a JSON list of steps.
    :param wanted: JSON.
    :returns: 1 or 0: PostgreSQL takes an equality for rare, and a truth for half of all.

    >>> matches('{"os": {"release": [8, 9]}}', '["os", "release"]', '9')
    1
    """
    if value is None:
        return None
    judge = _remembered if len(value) <= _CACHED_LENGTH else _judge
    return int(judge(value, path, wanted))


def _judge(value: str, path: str, wanted: str) -> bool:
    parts, several = [_load(value)], False
    for step in _load_once(path):
        parts = [inner for part in parts for inner in _descend(part, step)]
        several = several or isinstance(step, dict | list)
    if not parts:
        return False
    return _contains(parts if several else parts[0], _load_once(wanted))


_remembered = functools.lru_cache(_CACHED_CALLS)(_judge)
#: Numbers are what is written, as in PostgreSQL, and not what is near it.
_DECODER = json.JSONDecoder(parse_float=decimal.Decimal)


def _load(text: str) -> t.Any:
    return _DECODER.raw_decode(text)[0]


#: What is looked for is the same for many values.
_load_once = functools.lru_cache(64)(_load)


def _descend(part: t.Any, step: t.Any) -> t.Iterable[t.Any]:
    """Give what one step leads to."""
    if isinstance(part, dict):
        if isinstance(step, dict):
            return part.values()
        return (part[step],) if isinstance(step, str) and step in part else ()
    if isinstance(part, list):
        if isinstance(step, list):
            return part
        return part[step : step + 1] if isinstance(step, int) else ()
    return ()


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


def _pattern(wanted: Condition) -> str:
    """Give a pattern of LIKE for all values that match: names of members, a scalar."""
    pieces = [json.dumps(step) for step in wanted.steps if isinstance(step, str)]
    if not isinstance(wanted.wanted, dict | list):
        pieces.extend(_texts(wanted.wanted)[:1])
    elif not pieces:
        pieces.extend(
            json.dumps(name) for name in [*wanted.wanted][:1] if isinstance(name, str)
        )
    escaped = (re.sub("[!%_]", r"!\g<0>", piece) for piece in pieces)
    return f"%{'%'.join(escaped)}%"


def _texts(scalar: t.Any) -> list[str]:
    """Give the texts that a value can be which equals another one, the shortest first.

    None are given for numbers that are written in other ways, too.
    """
    if isinstance(scalar, bool) or not isinstance(scalar, int | float):
        return [json.dumps(scalar)]
    if scalar != int(scalar):
        return [json.dumps(scalar)]
    if abs(scalar) >= 10**15:
        return []
    return [f"{scalar:.0f}", f"{scalar:.1f}"] if scalar else ["0", "0.0", "-0.0"]


def create_in_postgresql(_target: t.Any, connection: sa.Connection, **_kw: t.Any) -> None:
    """Make the function in a database of PostgreSQL; a listener of ``after_create``."""
    if connection.dialect.name == "postgresql":
        statements = pathlib.Path(__file__).with_suffix(".sql").read_text()
        connection.exec_driver_sql(statements)
