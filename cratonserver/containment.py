# SPDX-License-Identifier: Apache-2.0
"""``craton_matches(value, path, wanted)``: whether a JSON value contains another.

It is a function of the database, so that a page is filtered where its rows are:
Python on SQLite, PL/pgSQL on PostgreSQL. All three arguments are JSON texts; the
path is a list of steps as in :mod:`cratonserver.vars_filter`.

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
import typing as t

import sqlalchemy as sa

NAME = "craton_matches"

#: Longer values are not worth the memory that remembering them takes.
_CACHED_LENGTH, _CACHED_CALLS = 1024, 2048


def matches(value: str | None, path: str, wanted: str) -> bool | None:
    """Tell whether a part of a value contains another value.

    :param value: JSON; ``None``, the database's NULL, if there is no variable.
    :param path: a JSON list of steps.
    :param wanted: JSON.

    >>> matches('{"os": {"release": [8, 9]}}', '["os", "release"]', '9')
    True
    """
    if value is None:
        return None
    judge = _remembered if len(value) <= _CACHED_LENGTH else _judge
    return judge(value, path, wanted)


def _judge(value: str, path: str, wanted: str) -> bool:
    parts, several = [_load(value)], False
    for step in _load(path):
        parts = [inner for part in parts for inner in _descend(part, step)]
        several = several or isinstance(step, dict | list)
    if not parts:
        return False
    return _contains(parts if several else parts[0], _load(wanted))


_remembered = functools.lru_cache(_CACHED_CALLS)(_judge)


def _load(text: str) -> t.Any:
    """Read JSON; numbers are what is written, as in PostgreSQL, not near it."""
    return json.loads(text, parse_float=decimal.Decimal)


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


def create_in_postgresql(_target: t.Any, connection: sa.Connection, **_kw: t.Any) -> None:
    """Make the function in a database of PostgreSQL; a listener of ``after_create``."""
    if connection.dialect.name == "postgresql":
        statements = pathlib.Path(__file__).with_suffix(".sql").read_text()
        connection.exec_driver_sql(statements)
