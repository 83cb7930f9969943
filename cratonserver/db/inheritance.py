# SPDX-License-Identifier: Apache-2.0
"""Resolve variables: those of a row, and those that it inherits.

The time does not depend on how long the chains of parents are, except that each ancestor is
visited once: rows share what their common ancestors have.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import deadlines
from cratonserver.db import trees, variables
from cratonserver.db.tables import Tables
from cratonserver.db.variables import Mappings, Places, Values

#: Rows with their ids and the references that they inherit by.
Rows = t.Sequence[t.Mapping[str, t.Any]]

_NOTHING: Values = {}
#: The number of ancestors between two checkpoints of a chain.
_STRIDE = 100
#: The maximum number of values in all checkpoints. Beyond it, they are forgotten.
_MAX_KEPT = 200_000


def resolve(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    rows: t.Sequence[t.Mapping[str, t.Any]],
    names: t.Sequence[str] = (),
) -> Mappings:
    """Return the variables of rows, including inherited ones.

    :param kind: kind of the rows.
    :param rows: the rows, with their references.
    :param names: names of the variables, by default all.
    :raises cratonserver.errors.Refused: with status 413, if the variables are too large.
    """
    nested, containers = tables.ancestry(kind)
    parents = _parents(connection, tables, kind, rows) if nested else {}
    ids: dict[str, t.Iterable[t.Any]] = {"id": {row["id"] for row in rows} | parents.keys()}
    for field in containers:
        ids[field] = {row[field] for row in rows if row[field] is not None}
    found = variables.read_places(connection, tables, kind, ids, names)
    chains = Chains(found, parents)
    # Most rows of a page are in the same places, so each combination is merged once.
    inherited: dict[tuple[t.Any, ...], tuple[Values, int]] = {}
    furthest_first = [*reversed(containers)]
    values, sizes = {}, {}
    for row in rows:
        places = tuple([row[field] for field in furthest_first])
        if places not in inherited:
            inherited[places] = _merged(found, furthest_first, places)
        above, size = inherited[places]
        own, own_size = chains.values(row["id"])
        values[row["id"]] = {**above, **own}
        sizes[row["id"]] = size + own_size
    return Mappings(values, sizes)


def _merged(
    found: Places, fields: t.Iterable[str], places: t.Iterable[t.Any]
) -> tuple[Values, int]:
    """Merge the values of places, and return them with their size.

    :param fields: fields that refer to the places, the furthest first.
    :param places: ids of the places.
    """
    merged: Values = {}
    size = 0
    for layer in zip(fields, map(str, places), strict=True):
        merged.update(found.values.get(layer, _NOTHING))
        size += found.sizes.get(layer, 0)
    return merged, size


class Chains:
    """The values of rows and of their ancestors, the nearest value of each name.

    :param found: own values of all of them.
    :param parents: id of the parent by the id of a row, for all ancestors of the rows.
    """

    def __init__(self, found: Places, parents: t.Mapping[t.Any, t.Any]) -> None:
        self._found = found
        self._parents = parents
        self._checkpoints: dict[t.Any, tuple[Values, int]] = {}
        self._kept = 0

    def values(self, row_id: t.Any) -> tuple[Values, int]:
        """Return the values of a row and of its ancestors, which must not be changed.

        :returns: the values, and an upper bound for their size.
        """
        if self._parents.get(row_id) is None:
            return self._own(row_id)
        path, start = self._path(row_id)
        merged, size = self._checkpoints.get(start, (_NOTHING, 0))
        shared = True
        for number, one in enumerate(reversed(path), start=1):
            own, own_size = self._own(one)
            if own:
                merged = {**merged, **own} if shared else _updated(merged, own)
                shared = False
                size += own_size
            if not number % _STRIDE:
                self._keep(one, (merged, size), shared)
                shared = True
        return merged, size

    def _own(self, row_id: t.Any) -> tuple[Values, int]:
        key = "id", str(row_id)
        return self._found.values.get(key, _NOTHING), self._found.sizes.get(key, 0)

    def _path(self, row_id: t.Any) -> tuple[list[t.Any], t.Any]:
        """Return the ids from a row upward, and the checkpoint above them, if there is one.

        The path ends even if the data contained a cycle.
        """
        path: dict[t.Any, None] = {}
        above = row_id
        while above is not None and above not in self._checkpoints and above not in path:
            path[above] = None
            above = self._parents.get(above)
        deadlines.check()
        return [*path], above

    def _keep(self, row_id: t.Any, values: tuple[Values, int], shared: bool) -> None:
        """Make a checkpoint of the values of a row."""
        if not shared:
            self._kept += len(values[0])
            if self._kept > _MAX_KEPT:
                self._checkpoints.clear()
                self._kept = len(values[0])
        self._checkpoints[row_id] = values


def _updated(values: Values, own: Values) -> Values:
    values.update(own)
    return values


def _parents(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    rows: t.Sequence[t.Mapping[str, t.Any]],
) -> dict[t.Any, t.Any]:
    """Return the id of the parent by the id of a row, for all ancestors of the rows."""
    below = [row["id"] for row in rows if row["parent_id"] is not None]
    if not below:
        return {}
    found = tables.prepared(_ancestors_query, kind).rows(connection, {"ids": below})
    return dict(deadlines.checked(found, 10_000))


def _ancestors_query(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    table = tables.table(kind)
    return trees.with_ancestors(table, tables.dialect.in_parameter(table.c.id, "ids"))
