# SPDX-License-Identifier: Apache-2.0
"""Variables of rows, their own and inherited ones (wire document, section 9)."""

from __future__ import annotations

import collections
import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonserver import databases, trees
from cratonserver.tables import Kind, Schema

Row = t.Mapping[str, t.Any]
Values = dict[str, t.Any]
Ids = t.Iterable[t.Any]


def own(connection: sa.Connection, table: sa.Table, ids: Ids) -> dict[t.Any, Values]:
    """Read the variables that rows have themselves.

    :param table: the table of variables.
    :returns: values by name by id; ids without variables give an empty dict.
    """
    found: dict[t.Any, Values] = collections.defaultdict(dict)
    wanted = sorted(set(ids))
    if wanted:
        query = sa.select(table).where(table.c.owner_id.in_(wanted))
        for owner_id, name, value in connection.execute(query):
            found[owner_id][name] = json.loads(value)
    return found


def resolve(
    connection: sa.Connection, schema: Schema, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, Values]:
    """Read the variables of rows with what they inherit, by id.

    The number of queries depends on the kind alone, not on the number of rows.
    """
    table = schema.table(kind)
    ids = [row["id"] for row in rows]
    layers: list[t.Callable[[Row], t.Iterator[Values]]] = []
    themselves = own(connection, schema.variables(kind), ids)
    layers.append(lambda row: iter([themselves.get(row["id"], {})]))
    fields = kind.resource_class.fields()
    for name in kind.resource_class.inherits:
        target = schema.kind(t.cast("Ref[t.Any]", fields[name]).target)
        if schema.table(target) is table:
            layers.append(_from_parents(connection, schema, kind, ids))
        else:
            layers.append(_from_one(connection, schema.variables(target), name, rows))
    return {row["id"]: _nearest_first(layer(row) for layer in layers) for row in rows}


def put(connection: sa.Connection, table: sa.Table, owner_id: t.Any, values: Values) -> None:
    """Set variables of a row; the others stay."""
    rows = [
        {"owner_id": owner_id, "name": name, "value": json.dumps(value)}
        for name, value in sorted(values.items())
    ]
    databases.upsert(connection, table, rows)


def remove(
    connection: sa.Connection, table: sa.Table, owner_id: t.Any, names: t.Iterable[str]
) -> None:
    """Delete variables of a row by name."""
    wanted = table.c.name.in_(sorted(names))
    connection.execute(sa.delete(table).where(table.c.owner_id == owner_id, wanted))


def _from_one(
    connection: sa.Connection, table: sa.Table, name: str, rows: t.Sequence[Row]
) -> t.Callable[[Row], t.Iterator[Values]]:
    """Inherit from the one row that a field refers to."""
    found = own(connection, table, (r[name] for r in rows if r[name] is not None))
    return lambda row: iter([found.get(row[name], {})])


def _from_parents(
    connection: sa.Connection, schema: Schema, kind: Kind, ids: Ids
) -> t.Callable[[Row], t.Iterator[Values]]:
    """Inherit from the parent, its parent, and so on, as far as it goes."""
    query = trees.ancestors(schema.table(kind), sorted(set(ids)))
    parents = {row.id: row.parent_id for row in connection.execute(query)}
    found = own(connection, schema.variables(kind), filter(None, parents.values()))

    def climb(row: Row) -> t.Iterator[Values]:
        seen = {row["id"]}
        above = row["parent_id"]
        while above is not None and above not in seen:
            seen.add(above)
            yield found.get(above, {})
            above = parents.get(above)

    return climb


def _nearest_first(layers: t.Iterable[t.Iterator[Values]]) -> Values:
    """Merge layers of values; the first to have a name wins, whatever the value."""
    merged: Values = {}
    for layer in layers:
        for values in layer:
            merged = {**values, **merged}
    return merged
