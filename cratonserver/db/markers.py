# SPDX-License-Identifier: Apache-2.0
"""Markers: the position in a list where a page begins.

A marker is the id of a row. The links of the server also contain the values that the row is
sorted by, so that a page can be found after the row was deleted.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import ids
from cratonserver.db.aliases import Row

#: The range of integers in the database.
_INTEGERS = range(-(2**31), 2**31)


class Marker(t.NamedTuple):
    """The position after which a page begins.

    :param text: id of the last row of the previous page.
    :param values: values of that row for the sort keys, except the id, in order. ``None``
        if they are not known.
    """

    text: str
    values: tuple[t.Any, ...] | None = None


def after(row: Row, sort_keys: t.Sequence[str]) -> Marker:
    """Return the marker of the page after a row.

    :param row: last row of a page.
    :param sort_keys: names of the columns that the list is sorted by.
    """
    return Marker(str(row["id"]), tuple(row[name] for name in value_names(sort_keys)))


def value_names(sort_keys: t.Sequence[str]) -> list[str]:
    """Return the names of the columns whose values are in a marker, in order."""
    return [name for name in dict.fromkeys(sort_keys) if name != "id"]


def parameter(name: str) -> str:
    """Return the name of the SQL parameter with the value of a column."""
    return f"craton_marker_{name}"


def parse_id(kind: Kind, marker: Marker) -> int | str:
    """Return the id in a marker.

    :raises cratonserver.errors.Refused: with status 400, if it is not an id.
    """
    try:
        return ids.parse(kind, marker.text)
    except errors.Refused:
        raise unknown(marker) from None


def parameters(
    table: sa.Table, marker: Marker, sort_keys: t.Sequence[str]
) -> dict[str, t.Any] | None:
    """Return the values of a marker as SQL parameters, or ``None`` if it has no values.

    :raises cratonserver.errors.Refused: with status 400, if the values do not fit the
        columns that the list is sorted by.
    """
    if marker.values is None:
        return None
    names = value_names(sort_keys)
    if len(names) != len(marker.values):
        raise errors.invalid([f"marker_values: there must be {len(names)} values"])
    for name, value in zip(names, marker.values, strict=True):
        if not _fits(table.c[name], value):
            raise errors.invalid([f"marker_values: {value!r} is not a value of {name}"])
    return {parameter(n): v for n, v in zip(names, marker.values, strict=True)}


def unknown(marker: Marker) -> errors.Refused:
    """Return the error for a marker that does not exist: status 400."""
    return errors.Refused(400, f'Marker "{marker.text}" does not exist')


def _fits(column: sa.Column[t.Any], value: t.Any) -> bool:
    if value is None:
        return bool(column.nullable)
    expected = column.type.python_type
    if expected is int:
        return type(value) is int and value in _INTEGERS
    return type(value) is expected
