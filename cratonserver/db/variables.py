# SPDX-License-Identifier: Apache-2.0
"""Read and write the mapping parts of rows, such as variables, own or inherited.

A page of rows takes at most two queries, regardless of the number of rows. For example,
the variables of hosts and of their places on SQLite::

    SELECT 'id', CAST(owner_id AS VARCHAR),
        group_concat(json_quote(name) || ':' || value)
    FROM device_variables
    WHERE owner_id IN (SELECT value FROM json_each(:id)) GROUP BY owner_id
    UNION ALL
    SELECT 'cell_id', … FROM cell_variables WHERE owner_id IN (… :cell_id …) …
    UNION ALL …                                     -- regions, clouds, projects

and on PostgreSQL, which sends all rows at once, so that it must not send too many::

    WITH total AS (
        SELECT 0 + coalesce((SELECT sum(octet_length(value)) FROM device_variables
                             WHERE owner_id = ANY (:id)), 0) + … AS size)
    SELECT '', NULL, NULL FROM total WHERE size > :craton_most
    UNION ALL
    SELECT 'id', CAST(owner_id AS VARCHAR),
        string_agg(CAST(to_json(name) AS TEXT) || ':' || value, ',')
    FROM device_variables
    WHERE owner_id = ANY (:id) AND (SELECT size FROM total) <= :craton_most
    GROUP BY owner_id
    UNION ALL …
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import request_limits
from cratonserver.db import part_rows, stored_json, variable_index
from cratonserver.db.aliases import Clause, Row
from cratonserver.db.dialect import PREPARE, Dialect
from cratonserver.db.part_rows import PartRows
from cratonserver.db.prepared import Prepared
from cratonserver.db.stored_json import Stored
from cratonserver.db.tables import Tables

#: The name of the parameter for the largest total of values.
_MOST = "craton_most"
#: The name of the parameter for the names of values.
_NAMES = "craton_names"
#: The total from which on values are decoded one by one. Decoded, they can take twenty times
#: as much memory.
_MANY = 2 * 2**20
#: The number of owners to read at once.
_OWNERS = 100

Values = dict[str, t.Any]
#: Ids, or a query for ids if there are too many to send.
Ids = t.Iterable[t.Any] | sa.Select[t.Any]


class Mappings(dict[t.Any, Values]):
    """Mappings of names to values, keyed by the id of their row.

    :param values: the mappings. A value may be a :class:`.stored_json.Stored`.
    :param sizes: upper bounds for the length of the values of a row, with the same keys.
    """

    def __init__(self, values: dict[t.Any, Values], sizes: dict[t.Any, int]) -> None:
        super().__init__(values)
        self.sizes = sizes

    def least(self) -> int:
        """Return a lower bound for the length of all values."""
        return sum(
            len(value.text)
            for values in self.values()
            for value in values.values()
            if isinstance(value, Stored)
        )


def own(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: Ids,
    part: str = "variables",
    names: t.Sequence[str] = (),
) -> Mappings:
    """Return the own values of rows, without inherited ones.

    :param kind: kind of the rows.
    :param ids: ids of the rows.
    :param part: name of the part.
    :param names: names of the values, by default all.
    :returns: mappings of names to values, keyed by the id of the row. Rows without values
        are missing.
    :raises cratonserver.errors.Refused: with status 413, if the values are too large.
    """
    if isinstance(ids, sa.Select):
        table = tables.part(kind, part)
        query = _grouped(tables, [Owners("id", table, table.c.owner_id.in_(ids))])
        found = _read(connection, tables, Prepared(query), {})
    else:
        ids = [*ids]
        one = len(ids) == 1
        own = tables.prepared(_own_query, kind, part, one, bool(names))
        given = {"ids": ids[0] if one else ids, _NAMES: [*names]}
        found = _read(connection, tables, own, given)
    as_id = tables.part(kind, part).c.owner_id.type.python_type
    ids_of = {key: as_id(key[1]) for key in found.values}
    return Mappings(
        {ids_of[key]: values for key, values in found.values.items()},
        {ids_of[key]: size for key, size in found.sizes.items()},
    )


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
    texts = stored_json.texts_of(values)
    stored = [{"name": name, "value": text} for name, text in sorted(texts.items())]
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


class Places(t.NamedTuple):
    """The variables of rows and of the places that they inherit from.

    :param values: mappings of names to values, keyed by the field that refers to the place
        (``id`` for the row itself) and the id as text.
    :param sizes: length of the texts of all values of a mapping, with the same keys.
    """

    values: dict[tuple[str, str], Values]
    sizes: dict[tuple[str, str], int]


def read_places(
    connection: sa.Connection,
    tables: Tables,
    kind: Kind,
    ids: t.Mapping[str, t.Iterable[t.Any]],
    names: t.Sequence[str] = (),
) -> Places:
    """Read the variables of rows and of all places that they inherit from.

    :param ids: ids of the rows (key ``id``) and of the places, by the field that refers to
        them.
    :param names: names of the variables, by default all.
    :raises cratonserver.errors.Refused: with status 413, if the values are too large.
    """
    given: dict[str, t.Any] = {field: [*some] for field, some in ids.items()}
    one = all(len(some) < 2 for some in given.values())
    if one:
        given = {field: some[0] if some else None for field, some in given.items()}
    query = tables.prepared(_places_query, kind, one, bool(names))
    return _read(connection, tables, query, {**given, _NAMES: [*names]})


class Owners(t.NamedTuple):
    """The owners of values to read.

    :param place: name of the place, for the result.
    :param table: table of the values.
    :param wanted: the condition for the values.
    """

    place: str
    table: sa.Table
    wanted: Clause


def members_of(tables: Tables, kind: Kind, part: str) -> sa.ColumnElement[str]:
    """Return a column for a query of rows: their own values, for :func:`parse`.

    For example, on PostgreSQL::

        CASE WHEN coalesce((SELECT sum(octet_length(value)) FROM device_variables
                            WHERE owner_id = devices.id), 0) <= :craton_most
        THEN (SELECT string_agg(…) FROM device_variables WHERE owner_id = devices.id)
        ELSE '' END
    """
    table = tables.part(kind, part)
    wanted = table.c.owner_id == tables.table(kind).c.id
    members = tables.dialect.json_members(table.c.name, table.c.value)
    found: t.Any = sa.select(members).where(wanted).correlate(tables.table(kind))
    found = found.scalar_subquery()
    if tables.dialect.streams_rows:
        return t.cast("sa.ColumnElement[str]", found)
    size = _size(tables, Owners("id", table, wanted))
    return sa.case((size <= _most(), found), else_=sa.literal_column("''", sa.Text))


def refusing_large(dialect: Dialect) -> t.ContextManager[None]:
    """Translate the error for values that are longer than the database returns.

    :raises cratonserver.errors.Refused: with status 413.
    """
    most = request_limits.current().variables_size
    return dialect.refusing_large_texts(lambda: stored_json.too_large(most))


def limit() -> Row:
    """Return the parameter for the largest total of values, which :func:`members_of` has."""
    return {_MOST: request_limits.current().variables_size}


def parse(members: str | None) -> Values:
    """Return the values of a row.

    :param members: value of the column :func:`members_of`.
    :raises cratonserver.errors.Refused: with status 413, if the values are too large.
    """
    if members is None:
        return {}
    most = request_limits.current().variables_size
    if not members or len(members) > most:
        raise stored_json.too_large(most)
    return _decoder(len(members))(members)


def _decoder(size: int) -> t.Callable[[str], Values]:
    """Return the function that decodes values of a total size."""
    return stored_json.split if size > _MANY else stored_json.decode


def _own_query(
    tables: Tables, kind: Kind, part: str, one: bool, named: bool
) -> sa.CompoundSelect[t.Any]:
    table = tables.part(kind, part)
    owners = [Owners("id", table, _wanted(tables, table, "ids", one, named))]
    query = _grouped(tables, owners)
    return tables.dialect.by_index(query) if named else query


def _places_query(
    tables: Tables, kind: Kind, one: bool, named: bool
) -> sa.CompoundSelect[t.Any]:
    """Build the query of the example at the top of this module.

    :param one: there is one owner in each place at most. PostgreSQL expects several owners
        in a list, so it would make a new plan for a list of one each time.
    :param named: read the values with some names only. There are many owners, so PostgreSQL
        would read the values of all projects.
    """
    owners = []
    for field, place in {"id": kind, **tables.ancestry(kind).containers}.items():
        table = tables.variables(place)
        owners.append(Owners(field, table, _wanted(tables, table, field, one, named)))
    query = _grouped(tables, owners)
    return tables.dialect.by_index(query) if named else query


def _wanted(tables: Tables, table: sa.Table, name: str, one: bool, named: bool) -> Clause:
    """Return the condition for the values of the owners in a parameter."""
    owner = table.c.owner_id
    wanted = tables.dialect.in_parameter(owner, name)
    if one:
        wanted = owner == sa.bindparam(name, type_=owner.type)
    if not named:
        return wanted
    return sa.and_(wanted, tables.dialect.in_parameter(table.c.name, _NAMES))


def _grouped(tables: Tables, owners: t.Sequence[Owners]) -> sa.CompoundSelect[t.Any]:
    """Build the query for the values of each owner, as the members of a JSON object.

    Reading one row per owner is faster than reading one row per value.
    """
    queries: list[t.Any] = []
    fits: list[Clause] = []
    if not tables.dialect.streams_rows:
        most = _most()
        total = _total(tables, owners)
        fits = [sa.select(total.c.size).scalar_subquery() <= most]
        nothing = [sa.literal_column("''", sa.String), *2 * [sa.cast(sa.null(), sa.Text)]]
        queries = [sa.select(*nothing).select_from(total).where(total.c.size > most)]
    for place, table, wanted in owners:
        owner_id = sa.cast(table.c.owner_id, sa.String)  # integers and UUIDs
        members = tables.dialect.json_members(table.c.name, table.c.value)
        values = sa.select(sa.literal_column(f"'{place}'", sa.String), owner_id, members)
        queries.append(values.where(wanted, *fits).group_by(table.c.owner_id))
    return sa.union_all(*queries).execution_options(**{PREPARE: True})


def _total(tables: Tables, owners: t.Sequence[Owners]) -> sa.CTE:
    """Return a CTE with the length of all texts that a query would return."""
    size: t.Any = sa.literal_column("0", sa.BigInteger)
    for one in owners:
        size = size + _size(tables, one)
    return sa.select(size.label("size")).cte("total")


def _size(tables: Tables, owners: Owners) -> sa.ColumnElement[int]:
    """Return the length of the texts of owners in one place."""
    length = tables.dialect.text_size(owners.table.c.value)
    total = sa.select(sa.func.sum(length, type_=sa.BigInteger)).where(owners.wanted)
    return sa.func.coalesce(total.scalar_subquery(), 0)


def _most() -> sa.BindParameter[int]:
    return sa.bindparam(_MOST, type_=sa.BigInteger)


def _read(
    connection: sa.Connection,
    tables: Tables,
    query: Prepared,
    parameters: t.Mapping[str, t.Any],
) -> Places:
    """Run a query of :func:`_grouped`, unless its result is too large."""
    most = request_limits.current().variables_size
    rows: list[t.Any] = []
    sizes: list[int] = []
    with refusing_large(tables.dialect):
        for some in query.batches(connection, {**parameters, _MOST: most}, _OWNERS):
            if some[0][1] is None:
                raise stored_json.too_large(most)
            rows += some
            sizes += [len(members) for _, _, members in some]
            if sum(sizes) > most:
                raise stored_json.too_large(most)
    decode = _decoder(sum(sizes))
    keys = [(place, owner) for place, owner, _ in rows]
    values = {(place, owner): decode(members) for place, owner, members in rows}
    return Places(values, dict(zip(keys, sizes, strict=True)))
