# SPDX-License-Identifier: Apache-2.0
"""Change the variables and labels of many objects of a kind at once.

A few statements read and write the rows of all objects, see
:mod:`cratonserver.db.many_part_rows`. The values may differ from object to object. Values that
stay the same are not written, so they are not in the log.
"""

from __future__ import annotations

import collections
import typing as t

import sqlalchemy as sa

from cratonclient.fields import Field
from cratonserver import errors, request_limits
from cratonserver.db import (
    consistency,
    labels,
    many_objects,
    many_part_rows,
    part_changes,
    variables,
)
from cratonserver.db.aliases import Row
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.many_part_rows import Pair, Part, Total
from cratonserver.db.objects import Objects
from cratonserver.db.part_rows import PartRows
from cratonserver.db.quota_checks import Addition
from cratonserver.db.stored_json import Encoded, Stored


class Wanted(t.NamedTuple):
    """The changes of the parts of an object.

    :param set_parts: values to set in mapping parts, by part, and labels to add.
    :param unset_parts: names to remove from mapping parts, by part, and labels to remove,
        before others are set.
    :param unchanged_since: revision after which nobody may have changed the object.
    """

    set_parts: t.Mapping[str, t.Any]
    unset_parts: t.Mapping[str, t.Any]
    unchanged_since: int | None = None


def change(objects: Objects, wanted: t.Mapping[t.Any, Wanted]) -> None:
    """Change parts of objects of a kind.

    :param objects: the objects of the kind, in a transaction.
    :param wanted: the changes, by the id of the object. All of them are in memory at once.
    :raises OneByOne: if one of the objects cannot be changed, or if they need further checks.
        Nothing was changed then. Changed one by one, the error says which.
    """
    since = {item_id: one.unchanged_since for item_id, one in wanted.items()}
    rows = many_objects.lock(objects, since)
    bulk = objects.tables.dialect.bulk
    with bulk.planning_for_many(objects.connection, len(rows)):
        changes = _Changes(objects, rows)
        try:
            for part in _parts(wanted):
                field = objects.kind.parts.get(part)
                if field is None or field.type is dict:
                    _change_mapping(changes, part, wanted)
                else:
                    _change_list(changes, part, wanted)
        except errors.Refused as exc:
            raise OneByOne from exc
        changes.write()


def _parts(wanted: t.Mapping[t.Any, Wanted]) -> list[str]:
    """Return the names of the parts that change."""
    return sorted(
        {part for one in wanted.values() for part in (*one.unset_parts, *one.set_parts)}
    )


class _Changes:
    """The rows of parts that change.

    :param objects: the objects of the kind.
    :param rows: the rows of the objects, which are locked.
    """

    def __init__(self, objects: Objects, rows: t.Sequence[Row]) -> None:
        self.objects = objects
        self.rows = rows
        self.checks = objects.quota_checks(objects.project_of(rows[0]))
        self._deleted: dict[sa.Table, list[Pair]] = {}
        self._put: dict[sa.Table, list[Row]] = {}
        self._changed: set[t.Any] = set()

    def part(self, table: sa.Table) -> Part:
        """Return the rows of the table of a part."""
        return Part(self.objects.connection, self.objects.tables, table)

    def delete(self, table: sa.Table, pairs: t.Iterable[Pair]) -> None:
        """Delete rows, before others are added."""
        known = self._deleted.setdefault(table, [])
        known += pairs

    def put(self, owner_id: t.Any, part: PartRows) -> None:
        """Add rows of an object, or replace them."""
        self.delete(part.table, ((owner_id, name) for name in part.replaced))
        known = self._put.setdefault(part.table, [])
        known += ({"owner_id": owner_id, **row} for row in part.rows)

    def touch(self, ids: t.Iterable[t.Any]) -> None:
        """Note that objects change."""
        self._changed.update(ids)

    def write(self) -> None:
        """Write all changes."""
        for table, pairs in self._deleted.items():
            self.part(table).delete(pairs)
        for table, rows in self._put.items():
            self.part(table).put(rows)
        now = self.objects.transaction.now
        # An update that changes nothing would be in the log of SQLite.
        ids = [
            row["id"]
            for row in self.rows
            if row["id"] in self._changed and row["updated_at"] != now
        ]
        where = self.objects.connection, self.objects.tables, self.objects.kind
        if ids:
            many_part_rows.touch(*where, ids, now)


def _change_mapping(changes: _Changes, part: str, wanted: t.Mapping[t.Any, Wanted]) -> None:
    """Find the rows of a mapping part that change, and check the quotas.

    :raises OneByOne: if an object has more values than one request may read.
    :raises cratonserver.errors.Refused: if a quota is exceeded.
    """
    objects = changes.objects
    tables, kind = objects.tables, objects.kind
    table = tables.part(kind, part)
    going = {(i, name) for i, one in wanted.items() for name in one.unset_parts.get(part, ())}
    given = {
        item_id: Encoded(one.set_parts[part])
        for item_id, one in wanted.items()
        if part in one.set_parts
    }
    named = {(item_id, name) for item_id, values in given.items() for name in values}
    sizes = changes.part(table).sizes(going | named)
    removed = going & sizes.keys()
    kept = {pair: size for pair, size in sizes.items() if pair not in removed}
    new = _without_same(changes.part(table), given, kept)
    changes.checks.mappings(part, _additions(changes.part(table), new, sizes, removed))
    changes.delete(table, removed)
    if part == "variables":
        changes.delete(tables.variable_keys(kind), removed)
    changes.touch(item_id for item_id, _ in removed)
    changes.touch(new)
    for row in changes.rows:
        values = new.get(row["id"])
        if values:
            before = {name for name in values if (row["id"], name) in kept}
            for one in variables.rows(tables, kind, row, values, part, before):
                changes.put(row["id"], one)


def _without_same(
    part: Part, given: t.Mapping[t.Any, Encoded], kept: t.Mapping[Pair, int]
) -> dict[t.Any, Encoded]:
    """Return the values that change, of the objects that change.

    Only stored values with the length of the new value are read: others differ.

    :param given: values to set, by the id of the object.
    :param kept: length of the values that the objects have.
    """
    texts = {
        (item_id, name): text
        for item_id, values in given.items()
        for name, text in values.texts.items()
    }
    found = part.texts(pair for pair, text in texts.items() if kept.get(pair) == len(text))
    same = {
        pair
        for pair, text in found.items()
        if text == texts[pair] or part_changes.same_json(Stored(text), given[pair[0]][pair[1]])
    }
    owners = {item_id for item_id, _ in same}
    new = {}
    for item_id, values in given.items():
        left = values
        if item_id in owners:
            left = Encoded((n, v) for n, v in values.items() if (item_id, n) not in same)
        if left:
            new[item_id] = left
    return new


def _additions(
    part: Part,
    new: t.Mapping[t.Any, Encoded],
    sizes: t.Mapping[Pair, int],
    removed: t.Collection[Pair],
) -> t.Iterator[Addition]:
    """Generate what the quotas have to know of each object.

    :param new: the values that change.
    :param sizes: length of the values that are replaced or removed.
    :param removed: the values that are removed.
    :raises OneByOne: if an object has more values than one request may read.
    """
    most = request_limits.current().variables_size
    totals = part.totals(new)
    gone: dict[t.Any, list[int]] = {}
    for item_id, name in removed:
        gone.setdefault(item_id, []).append(len(name.encode()) + sizes[item_id, name])
    for item_id, values in new.items():
        total = totals.get(item_id, Total())
        if total.size > most:
            raise OneByOne
        lost = gone.get(item_id, [])
        replaced = [
            len(name.encode()) + sizes[item_id, name]
            for name in values
            if (item_id, name) in sizes and (item_id, name) not in removed
        ]
        size = total.size - sum(lost)
        yield Addition(values, total.number - len(lost), size, len(replaced), sum(replaced))


def _change_list(changes: _Changes, part: str, wanted: t.Mapping[t.Any, Wanted]) -> None:
    """Find the rows of a list part that change, and check the quotas.

    :raises cratonserver.errors.Refused: if a quota is exceeded.
    """
    objects = changes.objects
    tables, kind = objects.tables, objects.kind
    field, table = kind.parts[part], tables.part(kind, part)
    removing = {i: one.unset_parts.get(part, ()) for i, one in wanted.items()}
    adding = {i: one.set_parts.get(part, ()) for i, one in wanted.items()}
    going = _spelled(field, removing)
    found = changes.part(table).sizes(going | _spelled(field, adding)).keys()
    removed = going & found
    present: dict[t.Any, set[str]] = {}
    for item_id, label in found - removed:
        present.setdefault(item_id, set()).add(label)
    missing = {
        i: part_changes.missing(field, given, present.get(i, ())) for i, given in adding.items()
    }
    new = {item_id: some for item_id, some in missing.items() if some}
    lost = collections.Counter(item_id for item_id, _ in removed)
    totals = changes.part(table).totals(new)
    for item_id, some in new.items():
        before = totals.get(item_id, Total()).number - lost[item_id]
        changes.checks.elements(part, before, len(some))
    changes.delete(table, removed)
    changes.touch([*lost, *new])
    for row in changes.rows:
        if row["id"] in new:
            changes.put(row["id"], labels.rows(tables, kind, row, new[row["id"]], part))


def _spelled(field: Field[t.Any], given: t.Mapping[t.Any, t.Iterable[str]]) -> set[Pair]:
    """Return the elements of lists in all spellings."""
    return {
        (item_id, same)
        for item_id, some in given.items()
        for one in some
        for same in consistency.spellings(field, one)
    }
