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
#: Ids, or what selects them where they are too many to be sent.
Ids = t.Iterable[t.Any] | sa.Select[t.Any]


def own(connection: sa.Connection, table: sa.Table, ids: Ids) -> dict[t.Any, Values]:
    """Read the variables that rows have themselves.

    :param table: the table of variables.
    :returns: values by name by id; ids without variables give an empty dict.
    """
    found: dict[t.Any, Values] = collections.defaultdict(dict)
    wanted = ids if isinstance(ids, sa.Select) else sorted(set(ids))
    if isinstance(wanted, sa.Select) or wanted:
        query = sa.select(table).where(table.c.owner_id.in_(wanted))
        for owner_id, name, value in connection.execute(query).all():
            found[owner_id][name] = _decode(value)
    return found


def resolve(
    connection: sa.Connection, schema: Schema, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, Values]:
    """Read the variables of rows with what they inherit, by id.

    These are three queries at most, whatever the number of rows.
    """
    nested, containers = schema.once(inheritance, kind)
    parents = _parents(connection, schema, kind, rows) if nested else {}
    family = {row["id"] for row in rows} | parents.keys()
    themselves = own(connection, schema.variables(kind), family)
    outside = _of_containers(connection, schema, containers, rows)
    # Most rows of a page are in the same few places.
    places: dict[tuple[t.Any, ...], Values] = {}
    resolved = {}
    for row in rows:
        place = tuple(row[name] for name in containers)
        if place not in places:
            furthest_first = reversed([*zip(containers, place, strict=True)])
            places[place] = _merged(outside.get(where, {}) for where in furthest_first)
        chain = _chain(row["id"], parents)
        resolved[row["id"]] = _merged(
            (places[place], *(themselves.get(above, {}) for above in reversed(chain)))
        )
    return resolved


def inheritance(schema: Schema, kind: Kind) -> tuple[bool, dict[str, Kind]]:
    """Tell whether rows inherit from rows of their own table, and from which others.

    :returns: kinds by the field that refers to them, the nearest first.
    """
    fields = kind.resource_class.fields()
    targets = {
        name: schema.kind(t.cast("Ref[t.Any]", fields[name]).target)
        for name in kind.resource_class.inherits
    }
    table = schema.table(kind)
    others = {n: target for n, target in targets.items() if schema.table(target) is not table}
    return len(others) < len(targets), others


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


def _parents(
    connection: sa.Connection, schema: Schema, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, t.Any]:
    """Give the id of the row above by the id of each row, and of all above those."""
    below = [row["id"] for row in rows if row["parent_id"] is not None]
    if not below:
        return {}
    query = schema.once(_ancestors, kind)
    return {row.id: row.parent_id for row in connection.execute(query, {"ids": below})}


def _ancestors(schema: Schema, kind: Kind) -> sa.Select[t.Any]:
    return trees.with_ancestors(schema.table(kind))


def _of_containers(
    connection: sa.Connection,
    schema: Schema,
    containers: t.Mapping[str, Kind],
    rows: t.Sequence[Row],
) -> dict[tuple[str, t.Any], Values]:
    """Read the variables of all that rows are in, by the field and its value."""
    found: dict[tuple[str, t.Any], Values] = collections.defaultdict(dict)
    if not containers:
        return found
    ids = {n: {row[n] for row in rows if row[n] is not None} for n in containers}
    known = {(n, str(item_id)): item_id for n, some in ids.items() for item_id in some}
    query = schema.once(_union, *containers.items())
    given = {name: sorted(some) for name, some in ids.items()}
    for field, owner, name, value in connection.execute(query, given).all():
        found[field, known[field, owner]][name] = _decode(value)
    return found


def _union(schema: Schema, *containers: tuple[str, Kind]) -> sa.CompoundSelect[t.Any]:
    """Make the query for the variables of several kinds, with the ids of each by field."""
    queries = []
    for field, kind in containers:
        table = schema.variables(kind)
        owner_id = sa.cast(table.c.owner_id, sa.String)  # numbers here, UUIDs there
        wanted = table.c.owner_id.in_(sa.bindparam(field, expanding=True))
        queries.append(
            sa.select(sa.literal(field), owner_id, table.c.name, table.c.value).where(wanted)
        )
    return sa.union_all(*queries)


def _chain(row_id: t.Any, parents: t.Mapping[t.Any, t.Any]) -> list[t.Any]:
    """Give the ids of a row and of all above it, nearest first."""
    chain = [row_id]
    above = parents.get(row_id)
    while above is not None and above not in chain:
        chain.append(above)
        above = parents.get(above)
    return chain


def _merged(layers: t.Iterable[Values]) -> Values:
    """Merge layers of values; the last to have a name wins, whatever the value."""
    merged: Values = {}
    for values in layers:
        merged.update(values)
    return merged


def _decode(text: str) -> t.Any:
    """Read a value as it was stored: without the checks that json.loads begins with."""
    return _DECODER.raw_decode(text)[0]


_DECODER = json.JSONDecoder()
