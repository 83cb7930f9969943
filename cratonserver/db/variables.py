# SPDX-License-Identifier: Apache-2.0
"""Variables of rows, their own and inherited ones (wire document, section 9)."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonserver.db import databases, trees
from cratonserver.db.tables import Kind, Schema

Row = t.Mapping[str, t.Any]
Values = dict[str, t.Any]
#: Ids, or what selects them where they are too many to be sent.
Ids = t.Iterable[t.Any] | sa.Select[t.Any]


def own(connection: sa.Connection, schema: Schema, kind: Kind, ids: Ids) -> dict[t.Any, Values]:
    """Read the variables that rows of a kind have themselves.

    :returns: values by name by id; those without variables are not there.
    """
    if isinstance(ids, sa.Select):
        table = schema.variables(kind)
        query = _grouped(schema, table, table.c.owner_id).where(table.c.owner_id.in_(ids))
        rows = connection.execute(query)
    else:
        rows = connection.execute(schema.once(_own, kind), {"ids": list(ids)})
    return {owner_id: _decode(members) for owner_id, members in rows.all()}


def _own(schema: Schema, kind: Kind) -> sa.Select[t.Any]:
    table = schema.variables(kind)
    wanted = databases.among(schema.dialect, table.c.owner_id, "ids")
    query = _grouped(schema, table, table.c.owner_id).where(wanted)
    return query.execution_options(**{databases.SETTLED: True})


def _grouped(
    schema: Schema, table: sa.Table, *columns: sa.ColumnElement[t.Any]
) -> sa.Select[t.Any]:
    """Make the query for the variables of each owner, as the members of an object.

    It takes less time than to read them one by one.

    :param columns: what stands before them.
    """
    members = databases.members(schema.dialect, table.c.name, table.c.value)
    return sa.select(*columns, members).group_by(table.c.owner_id)


def resolve(
    connection: sa.Connection, schema: Schema, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, Values]:
    """Read the variables of rows with what they inherit, by id.

    These are two queries at most, whatever the number of rows.
    """
    nested, containers = schema.once(inheritance, kind)
    parents = _parents(connection, schema, kind, rows) if nested else {}
    ids: dict[str, t.Iterable[t.Any]] = {"id": {row["id"] for row in rows} | parents.keys()}
    for name in containers:
        ids[name] = {row[name] for row in rows if row[name] is not None}
    found = _found(connection, schema, kind, ids)
    # Most rows of a page are in the same few places.
    places: dict[tuple[t.Any, ...], Values] = {}
    furthest_first = [*reversed(containers)]
    resolved = {}
    for row in rows:
        place = tuple([row[name] for name in furthest_first])
        if place not in places:
            layers = zip(furthest_first, map(str, place), strict=True)
            places[place] = _merged(found[where] for where in layers if where in found)
        chain = _chain(row["id"], parents)
        own = (found.get(("id", str(above)), {}) for above in reversed(chain))
        resolved[row["id"]] = _merged((places[place], *own))
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
    table = schema.table(kind)
    return trees.with_ancestors(table, databases.among(schema.dialect, table.c.id, "ids"))


def _found(
    connection: sa.Connection,
    schema: Schema,
    kind: Kind,
    ids: t.Mapping[str, t.Iterable[t.Any]],
) -> dict[tuple[str, str], Values]:
    """Read the variables of rows, and of all that they are in.

    :param ids: by the field that has them, ``id`` for the rows themselves.
    :returns: values by name, by the field and the id as text.
    """
    given = {name: [*some] for name, some in ids.items()}
    rows = connection.execute(schema.once(_union, kind), given).all()
    return {(field, owner): _decode(members) for field, owner, members in rows}


def _union(schema: Schema, kind: Kind) -> sa.CompoundSelect[t.Any]:
    """Make the query for the variables of a kind and of those that it is in."""
    _, containers = schema.once(inheritance, kind)
    queries = []
    for field, owners in {"id": kind, **containers}.items():
        table = schema.variables(owners)
        owner_id = sa.cast(table.c.owner_id, sa.String)  # numbers here, UUIDs there
        wanted = databases.among(schema.dialect, table.c.owner_id, field)
        place = sa.literal_column(f"'{field}'", sa.String)
        queries.append(_grouped(schema, table, place, owner_id).where(wanted))
    return sa.union_all(*queries).execution_options(**{databases.SETTLED: True})


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


def _decode(members: str) -> Values:
    """Read the members of an object, without the checks that json.loads begins with."""
    return t.cast("Values", _DECODER.raw_decode(f"{{{members}}}")[0])


_DECODER = json.JSONDecoder()
