# SPDX-License-Identifier: Apache-2.0
"""Read and write the mapping parts of rows, such as variables, own or inherited.

A page of rows takes at most two queries, regardless of the number of rows. For example,
the resolved variables of hosts on SQLite::

    SELECT 'id', CAST(owner_id AS VARCHAR),
        group_concat(json_quote(name) || ':' || value)
    FROM device_variables
    WHERE owner_id IN (SELECT value FROM json_each(:id)) GROUP BY owner_id
    UNION ALL
    SELECT 'cell_id', … FROM cell_variables WHERE owner_id IN (… :cell_id …) …
    UNION ALL …                                     -- regions, clouds, projects

and on PostgreSQL::

    SELECT 'id', CAST(owner_id AS VARCHAR),
        string_agg(CAST(to_json(name) AS TEXT) || ':' || value, ',')
    FROM device_variables
    WHERE owner_id = ANY (:id) GROUP BY owner_id
    UNION ALL …
"""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import part_rows, trees, variable_index
from cratonserver.db.aliases import Row
from cratonserver.db.dialect import PREPARE
from cratonserver.db.part_rows import PartRows
from cratonserver.db.tables import Tables

Values = dict[str, t.Any]
#: Ids, or a query for ids if there are too many to send.
Ids = t.Iterable[t.Any] | sa.Select[t.Any]


def own(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: Ids,
    part: str = "variables",
) -> dict[t.Any, Values]:
    """Return the own values of rows, without inherited ones.

    :param kind: kind of the rows.
    :param ids: ids of the rows.
    :param part: name of the part.
    :returns: mappings of names to values, keyed by the id of the row. Rows without values
        are missing.
    """
    if isinstance(ids, sa.Select):
        table = tables.part(kind, part)
        query = _grouped(tables, table, table.c.owner_id).where(table.c.owner_id.in_(ids))
        rows = connection.execute(query)
    else:
        rows = connection.execute(tables.cached(_own_query, kind, part), {"ids": list(ids)})
    return {owner_id: _decode(members) for owner_id, members in rows.all()}


def resolve(
    connection: sa.Connection, tables: Tables, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, Values]:
    """Return the variables of rows, including inherited ones.

    :param kind: kind of the rows.
    :param rows: the rows, with their references.
    :returns: mappings of names to values, keyed by the id of the row.
    """
    nested, containers = tables.ancestry(kind)
    parents = _parents(connection, tables, kind, rows) if nested else {}
    ids: dict[str, t.Iterable[t.Any]] = {"id": {row["id"] for row in rows} | parents.keys()}
    for field in containers:
        ids[field] = {row[field] for row in rows if row[field] is not None}
    found = _read_places(connection, tables, kind, ids)
    # Most rows of a page are in the same places, so each combination is merged once.
    inherited: dict[tuple[t.Any, ...], Values] = {}
    furthest_first = [*reversed(containers)]
    resolved = {}
    for row in rows:
        places = tuple([row[field] for field in furthest_first])
        if places not in inherited:
            layers = zip(furthest_first, map(str, places), strict=True)
            inherited[places] = _merged(found[layer] for layer in layers if layer in found)
        chain = _chain(row["id"], parents)
        own = (found.get(("id", str(above)), {}) for above in reversed(chain))
        resolved[row["id"]] = _merged((inherited[places], *own))
    return resolved


def rows(
    tables: Tables,
    kind: Kind,
    owner: Row,
    values: Values,
    part: str = "variables",
    before: t.Container[str] = (),
) -> list[PartRows]:
    """Return the rows that store values: the values, and the keys of the index.

    :param kind: kind of the owner.
    :param owner: the row that has the values.
    :param values: values by name.
    :param part: name of the part.
    :param before: names of the values that the owner has already.
    """
    stored = [
        {"name": name, "value": json.dumps(value)} for name, value in sorted(values.items())
    ]
    found = [PartRows(tables.part(kind, part), stored)]
    if part == "variables":
        keys = variable_index.rows(owner, kind.key, values)
        replaced = [name for name in values if name in before]
        found.append(PartRows(tables.variable_keys(kind), keys, replaced))
    return found


def remove(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    owner_id: t.Any,
    names: t.Iterable[str],
    part: str = "variables",
) -> bool:
    """Delete values of a row by name. Names without a value are ignored.

    :returns: True if the row had a value with one of the names.
    """
    indexes = [tables.variable_keys(kind)] if part == "variables" else []
    values = tables.part(kind, part)
    return part_rows.remove(connection, tables, owner_id, values, {*names}, *indexes)


def _own_query(tables: Tables, kind: Kind, part: str) -> sa.Select[t.Any]:
    table = tables.part(kind, part)
    wanted = tables.dialect.in_parameter(table.c.owner_id, "ids")
    query = _grouped(tables, table, table.c.owner_id).where(wanted)
    return query.execution_options(**{PREPARE: True})


def _grouped(
    tables: Tables, table: sa.Table, *columns: sa.ColumnElement[t.Any]
) -> sa.Select[t.Any]:
    """Build the query for the values of each owner, as the members of a JSON object.

    Reading one row per owner is faster than reading one row per value.

    :param columns: columns before the members.
    """
    members = tables.dialect.json_members(table.c.name, table.c.value)
    return sa.select(*columns, members).group_by(table.c.owner_id)


def _parents(
    connection: sa.Connection, tables: Tables, kind: Kind, rows: t.Sequence[Row]
) -> dict[t.Any, t.Any]:
    """Return the id of the parent by the id of a row, for all ancestors of the rows."""
    below = [row["id"] for row in rows if row["parent_id"] is not None]
    if not below:
        return {}
    query = tables.cached(_ancestors_query, kind)
    return {row.id: row.parent_id for row in connection.execute(query, {"ids": below})}


def _ancestors_query(tables: Tables, kind: Kind) -> sa.Select[t.Any]:
    table = tables.table(kind)
    return trees.with_ancestors(table, tables.dialect.in_parameter(table.c.id, "ids"))


def _read_places(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: t.Mapping[str, t.Iterable[t.Any]],
) -> dict[tuple[str, str], Values]:
    """Read the variables of rows and of all places that they inherit from.

    :param ids: ids of the rows (key ``id``) and of the places, by the field that refers to
        them.
    :returns: mappings of names to values, keyed by the field and the id as text.
    """
    given = {field: [*some] for field, some in ids.items()}
    rows = connection.execute(tables.cached(_places_query, kind), given).all()
    return {(field, owner): _decode(members) for field, owner, members in rows}


def _places_query(tables: Tables, kind: Kind) -> sa.CompoundSelect[t.Any]:
    """Build the query of the example at the top of this module."""
    queries = []
    for field, owners in {"id": kind, **tables.ancestry(kind).containers}.items():
        table = tables.variables(owners)
        owner_id = sa.cast(table.c.owner_id, sa.String)  # integers and UUIDs
        wanted = tables.dialect.in_parameter(table.c.owner_id, field)
        place = sa.literal_column(f"'{field}'", sa.String)
        queries.append(_grouped(tables, table, place, owner_id).where(wanted))
    return sa.union_all(*queries).execution_options(**{PREPARE: True})


def _chain(row_id: t.Any, parents: t.Mapping[t.Any, t.Any]) -> list[t.Any]:
    """Return the ids of a row and of its ancestors, the nearest first."""
    chain = [row_id]
    above = parents.get(row_id)
    while above is not None and above not in chain:
        chain.append(above)
        above = parents.get(above)
    return chain


def _merged(layers: t.Iterable[Values]) -> Values:
    """Merge layers of values. The last layer with a name wins."""
    merged: Values = {}
    for values in layers:
        merged.update(values)
    return merged


def _decode(members: str) -> Values:
    """Read the members of an object, without the checks of :func:`json.loads`."""
    return t.cast("Values", _DECODER.raw_decode(f"{{{members}}}")[0])


_DECODER = json.JSONDecoder()
