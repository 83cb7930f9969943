# SPDX-License-Identifier: Apache-2.0
"""Write the index of variables: the rows with the keys of values.

The writer of a value also writes its keys, in the same transaction. For example, a host with
``rack: {"row": 7}``::

    owner_id  name  key                  created
    1         rack  7077465232385029482  1767225601000000    -- rack is an object or a list
    1         rack  -845612361221097623  1767225601000000    -- rack.row is 7
"""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonserver.db import clock, stored_json, variable_keys
from cratonserver.db.aliases import Row
from cratonserver.db.bulk import Bulk
from cratonserver.db.variable_keys import Scope

#: The number of rows that :func:`fill` inserts at once.
_BATCH = 10_000
#: :func:`fill` reads so many values at once if they are short, else one at a time. Both
#: bound memory.
_VALUES, _SHORT = 1000, 2**16


def rows(owner: t.Mapping[str, t.Any], kind: str, values: t.Mapping[str, t.Any]) -> list[Row]:
    """Return the rows with the keys of variables, without the owner, sorted by primary key.

    :param owner: the object that has the variables, with its project and creation time.
    :param kind: key of the kind of the owner.
    :param values: JSON values by name.
    """
    # A project belongs to itself.
    scope = Scope(owner["project_id"] if "project_id" in owner else owner["id"], kind)
    created = clock.microseconds(owner["created_at"])
    return [
        {"name": name, "key": key, "created": created}
        for name, text in sorted(stored_json.texts_of(values).items())
        for key in variable_keys.keys_of_text(scope, name, text)
    ]


def fill(
    connection: sa.Connection,
    bulk: Bulk,
    owners: sa.Table,
    values: sa.Table,
    keys: sa.Table,
    kind: str,
) -> None:
    """Write the keys of all values of a table again, whatever is there.

    :param connection: connection in a transaction that writes.
    :param owners: table of the objects that have the variables.
    :param values: table of the variables.
    :param keys: table of the keys.
    :param kind: key of the kind of the owners, if the table has no column for it.
    """
    connection.execute(sa.delete(keys))
    with bulk.without_indexes(connection, keys):
        _load(connection, bulk, keys, _rows(connection, owners, values, kind))


def fill_some(
    connection: sa.Connection,
    bulk: Bulk,
    owners: sa.Table,
    values: sa.Table,
    keys: sa.Table,
    kind: str,
    some: sa.Select[t.Any],
) -> None:
    """Write the keys of the values of some objects again.

    :param some: query for the ids of the objects. The other parameters are those of
        :func:`fill`.
    """
    connection.execute(sa.delete(keys).where(keys.c.owner_id.in_(some)))
    rows = _rows(connection, owners, values, kind, values.c.owner_id.in_(some))
    _load(connection, bulk, keys, rows)


def _load(
    connection: sa.Connection,
    bulk: Bulk,
    keys: sa.Table,
    rows: t.Iterator[tuple[t.Any, ...]],
) -> None:
    while batch := [*itertools.islice(rows, _BATCH)]:
        bulk.load(connection, keys, ("owner_id", "name", "key", "created"), batch, len(batch))


def _rows(
    connection: sa.Connection,
    owners: sa.Table,
    values: sa.Table,
    kind: str,
    *conditions: sa.ColumnElement[bool],
) -> t.Iterator[tuple[t.Any, ...]]:
    """Yield the rows of the index, first those for short values.

    :param conditions: conditions for the values, by default all.
    """
    project = owners.c.project_id if "project_id" in owners.c else owners.c.id
    kinds = owners.c.kind if "kind" in owners.c else sa.literal(kind)
    query: sa.Select[t.Any] = (
        sa.select(*values.c, owners.c.created_at, project.label("project"), kinds.label("kind"))
        .join(owners, owners.c.id == values.c.owner_id)
        .where(*conditions)
        .order_by(values.c.owner_id, values.c.name)
    )
    length = sa.func.length(values.c.value)
    for condition, number in ((length <= _SHORT, _VALUES), (length > _SHORT, 1)):
        options = {"yield_per": number}
        found = connection.execute(query.where(condition), execution_options=options)
        for created_at, of_same_age in itertools.groupby(found, lambda one: one.created_at):
            created = clock.microseconds(created_at)
            for owner_id, name, value, _, project, owner_kind in of_same_age:
                scope = Scope(project, owner_kind)
                for key in variable_keys.keys_of_text(scope, name, value):
                    yield owner_id, name, key, created
