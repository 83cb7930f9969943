# SPDX-License-Identifier: Apache-2.0
"""Read the page of a list with comparisons: a scan of the list without them.

Databases do not order versions, and PostgreSQL has no regular expressions that run in linear
time. So the rows of the list are read in its order, in chunks, and each row is tested here. A
chunk is a page of the list without comparisons, so the same indexes find it, it begins after a
marker, and no step reads rows of other projects. It has few columns. Only the values of
variables that comparisons name are read.

The pages of a list together read each row twice: once for the page that it could be on, and
once to find the marker of the previous page.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import deadlines, errors
from cratonserver.db import markers, stored_json
from cratonserver.db.aliases import Row
from cratonserver.db.list_query import ListQuery, Test
from cratonserver.db.tables import Tables

#: The numbers of rows in the first chunks. The last one is that of all further chunks. They
#: double, so that a page reads at most about twice as many rows as it needs.
_CHUNKS = (200, 400, 800, 1600, 3200)
#: The number of rows whose variables are read at once.
_BATCH = 400
#: The number of rows in a chunk that reads long texts.
_FEW = 100
#: The maximum length of the texts of ordinary chunks.
_SHORT = 255
#: The number of rows after which the deadline is checked.
_CHECKED = 200


class Reader(t.Protocol):
    """The rows that a scan reads: a :class:`cratonserver.db.rows.Rows`."""

    tables: Tables
    kind: Kind
    connection: sa.Connection

    def chunk(self, query: ListQuery, columns: tuple[str, ...]) -> list[Row]:
        """Return rows of a list without comparisons, with some columns only."""

    def mapping_of(
        self, rows: t.Sequence[Row], *, resolved: bool = ..., names: t.Sequence[str] = ...
    ) -> t.Mapping[t.Any, t.Mapping[str, t.Any]]:
        """Return variables of rows."""


class Found(t.NamedTuple):
    """The rows of a page.

    :param rows: its rows.
    :param previous: id of the marker of the previous page, ``None`` if that is the first page.
    """

    rows: list[Row]
    previous: t.Any


def page(reader: Reader, query: ListQuery) -> Found:
    """Return a page of a list with comparisons.

    :param reader: the rows of the list.
    :param query: the list.
    :raises cratonserver.errors.Refused: with status 400, if the marker does not exist.
    """
    ids = [row["id"] for row in _matching(reader, query)]
    previous = None
    if query.marker is not None:
        backwards = dataclasses.replace(query, descending=not query.descending)
        before = [row["id"] for row in _matching(reader, backwards)]
        previous = before[-1] if len(before) == query.limit else None
    return Found(_rows(reader, ids), previous)


def _matching(reader: Reader, query: ListQuery) -> list[Row]:
    """Return the first rows that match, as many as the page has, with few columns."""
    columns = _columns(reader, query)
    found: list[Row] = []
    marker = query.marker
    for size in _sizes(reader.kind, columns):
        rest = dataclasses.replace(query, limit=size, marker=marker)
        rows = reader.chunk(rest, columns)
        found += itertools.islice(_tested(reader, query, rows), query.limit - len(found))
        if len(found) == query.limit or len(rows) < size:
            return found
        marker = markers.after(rows[-1], query.sort_keys)
    raise AssertionError("unreachable")


def _sizes(kind: Kind, columns: t.Iterable[str]) -> t.Iterator[int]:
    """Yield the numbers of rows to read. A page is often in the first chunk."""
    fields = [kind.fields[name] for name in columns if name in kind.fields]
    if any(field.max_length > _SHORT for field in fields):
        return itertools.repeat(_FEW)
    return itertools.chain(_CHUNKS, itertools.repeat(_CHUNKS[-1]))


def _columns(reader: Reader, query: ListQuery) -> tuple[str, ...]:
    """Return the columns that the tests, the inheritance and the next marker need."""
    tests = query.comparisons
    names = ["id", *query.sort_keys, *(test.name for test in tests if test.steps is None)]
    if query.resolved and _variables(tests):
        nested, containers = reader.tables.ancestry(reader.kind)
        names += [*(["parent_id"] if nested else []), *containers]
    return tuple(dict.fromkeys(names))


def _variables(tests: t.Iterable[Test]) -> list[str]:
    """Return the names of the variables in tests."""
    return sorted({test.name for test in tests if test.steps is not None})


def _tested(reader: Reader, query: ListQuery, rows: t.Sequence[Row]) -> t.Iterator[Row]:
    """Yield the rows that pass all tests."""
    own = [test for test in query.comparisons if test.steps is None]
    others = [test for test in query.comparisons if test.steps is not None]
    passed = [
        row
        for row in deadlines.checked(rows, _CHECKED)
        if all(test.of(row, {}) for test in own)
    ]
    if not others:
        yield from passed
        return
    for some, values in _with_values(reader, query, passed):
        for row in deadlines.checked(some, _CHECKED):
            found = {n: _decoded(v) for n, v in values.get(row["id"], {}).items()}
            if all(test.of(row, found) for test in others):
                yield row


def _with_values(
    reader: Reader, query: ListQuery, rows: t.Sequence[Row]
) -> t.Iterator[tuple[t.Sequence[Row], t.Mapping[t.Any, t.Mapping[str, t.Any]]]]:
    """Yield rows with the values of the variables in the tests.

    If the values are too large to be in memory at once, half of the rows are read at a time.
    """
    names = _variables(query.comparisons)
    waiting = [rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH)][::-1]
    while waiting:
        some = waiting.pop()
        try:
            values = reader.mapping_of(some, resolved=query.resolved, names=names)
        except errors.Refused as exc:
            if exc.reason != "variables_size" or len(some) == 1:
                raise
            half = len(some) // 2
            waiting += [some[half:], some[:half]]
            continue
        yield some, values


def _decoded(value: t.Any) -> t.Any:
    return value.value() if isinstance(value, stored_json.Stored) else value


def _rows(reader: Reader, ids: t.Sequence[t.Any]) -> list[Row]:
    """Return the whole rows with these ids, in this order."""
    if not ids:
        return []
    query = reader.tables.prepared(_by_id, reader.kind)
    found = {row["id"]: row for row in query.dicts(reader.connection, {"ids": [*ids]})}
    return [found[item_id] for item_id in ids if item_id in found]


def _by_id(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    table = tables.table(kind)
    wanted = tables.dialect.in_parameter(table.c.id, "ids")
    return tables.dialect.by_index(tables.select(kind).where(wanted))
