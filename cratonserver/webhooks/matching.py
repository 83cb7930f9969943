# SPDX-License-Identifier: Apache-2.0
"""Find the objects of a change that a webhook is told of.

An object matches if it is of one of the kinds; if it is or was in all of the places; and if one
of the fields differs before and after the change.
"""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonclient import paths
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.tables import Tables
from cratonserver.webhooks import places

#: The number of objects that are looked at together.
_BATCH = 200
#: How many times as much is read to find what matches.
_MORE_OBJECTS, _MORE_BYTES = 100, 16


class Limits(t.NamedTuple):
    """How much of a change is posted.

    :param objects: number of objects.
    :param size: size of the message, in bytes.
    """

    objects: int
    size: int


def hidden(tables: Tables, webhook: Row) -> tuple[str, ...]:
    """Return the keys of the kinds that a webhook is not told of."""
    return tuple(k.key for k in tables.kinds if not _is_wanted(webhook, k.collection))


def counts(tables: Tables, webhook: Row, change: Row) -> Row:
    """Return the numbers of objects of a change by kind, of the kinds of the webhook."""
    found: Row = change["counts"]
    return {kind: n for kind, n in found.items() if _is_wanted(webhook, kind)}


def _is_wanted(webhook: Row, collection: str) -> bool:
    """Return True if a webhook is told of a kind. URLs of webhooks may contain secrets."""
    kinds = webhook["kinds"]
    return collection != "webhooks" and (kinds is None or collection in kinds)


def objects(
    connection: sa.Connection, tables: Tables, webhook: Row, change: Row, limits: Limits
) -> list[Row] | None:
    """Return the objects of a change that match, ``None`` if there are too many.

    Of a change with very many objects, nothing is read: whether some match is not known.

    :param webhook: the webhook.
    :param change: the change, with its counts.
    """
    numbers = [sum(actions.values()) for actions in counts(tables, webhook, change).values()]
    if not numbers:
        return []
    if sum(numbers) > limits.objects * _MORE_OBJECTS:
        return None
    if _size(connection, tables, change["id"]) > limits.size * _MORE_BYTES:
        return None
    every = reading.objects(connection, tables, change["id"], hidden(tables, webhook))
    found: list[Row] = []
    for batch in _batched(every):
        found += _matching(connection, tables, webhook, change["id"], batch)
        if len(found) > limits.objects:
            return None
    return found


def _batched(every: t.Iterator[Row]) -> t.Iterator[list[Row]]:
    while batch := list(itertools.islice(every, _BATCH)):
        yield batch


def _size(connection: sa.Connection, tables: Tables, change_id: int) -> int:
    """Return the number of bytes of a change in the log."""
    rows, length = tables.log.rows.c, tables.dialect.byte_length
    sizes = (sa.func.coalesce(length(text), 0) for text in (rows.before, rows.after))
    query = sa.select(sa.func.sum(sum(sizes, start=sa.literal(0))))
    return int(connection.execute(query.where(rows.change_id == change_id)).scalar() or 0)


def _matching(
    connection: sa.Connection, tables: Tables, webhook: Row, change_id: int, batch: list[Row]
) -> list[Row]:
    wanted = {
        name: webhook[name] for name in places.FIELDS.values() if webhook[name] is not None
    }
    found = batch
    if webhook["changed_fields"] is not None:
        patterns = [paths.parse_pattern(text) for text in webhook["changed_fields"]]
        found = [one for one in found if _differs(one, patterns)]
    if wanted:
        found = places.inside(connection, tables, change_id, found, wanted)
    return found


def _differs(changed: Row, patterns: t.Iterable[paths.Path]) -> bool:
    """Return True if the values at one of the paths differ before and after."""
    before, after = changed["before"] or {}, changed["after"] or {}
    return any(paths.match(before, path) != paths.match(after, path) for path in patterns)
