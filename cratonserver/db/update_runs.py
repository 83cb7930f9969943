# SPDX-License-Identifier: Apache-2.0
"""Divide the updates of a change set into runs that are applied at once.

For example, two hosts, each with a new cell and then a new variable::

    {"action": "update", "kind": "hosts", "id": 1, "values": {"cell_id": 3}}
    {"action": "update", "kind": "hosts", "id": 1, "variables": {"set": {"port": 7}}}
    {"action": "update", "kind": "hosts", "id": 2, "values": {"cell_id": 3}}
    {"action": "update", "kind": "hosts", "id": 2, "variables": {"set": {"port": 8}}}

The updates of each host are joined, and both hosts are one run: they get the same values of
fields. The values of their variables may differ.
"""

from __future__ import annotations

import typing as t

from cratonserver.db.change_items import Item
from cratonserver.db.many_part_changes import Wanted


class Joined:
    """Updates of one object, one after the other, that are applied as one.

    :param item_id: id of the object.
    :param item: the first update. Only this one may change fields, or say which revision it
        builds on.
    """

    def __init__(self, item_id: t.Any, item: Item) -> None:
        self.item_id = item_id
        self.items = [item]
        self._set_parts = dict(item.set_parts)
        self._unset_parts = dict(item.unset_parts)

    @property
    def has_parts(self) -> bool:
        """True if the updates change parts."""
        return bool(self._set_parts or self._unset_parts)

    @property
    def has_fields(self) -> bool:
        """True if the updates change fields, or nothing."""
        return bool(self.items[0].values) or not self.has_parts

    @property
    def unchanged_since(self) -> int | None:
        """The revision after which nobody may have changed the object."""
        return self.items[0].unchanged_since

    @property
    def wanted(self) -> Wanted:
        """The changes of parts. Those of fields check the revision, if there are any."""
        since = None if self.has_fields else self.unchanged_since
        return Wanted(self._set_parts, self._unset_parts, since)

    def add(self, item_id: t.Any, item: Item) -> bool:
        """Join one more update, if it has the same effect when applied together.

        :returns: False if it does not.
        """
        if item_id != self.item_id or item.values or item.unchanged_since is not None:
            return False
        # Names are removed before others are set.
        if item.unset_parts.keys() & (self._unset_parts.keys() | self._set_parts.keys()):
            return False
        if item.set_parts.keys() & self._set_parts.keys():
            return False
        if not (item.set_parts or item.unset_parts):
            return False
        self.items.append(item)
        self._set_parts.update(item.set_parts)
        self._unset_parts.update(item.unset_parts)
        return True


def divide(
    items: t.Iterable[Item], resolve: t.Callable[[t.Any], t.Any]
) -> t.Iterator[list[Joined]]:
    """Yield runs of updates: of the same values of fields, and each of another object.

    :param items: updates of objects of one kind.
    :param resolve: function that returns the id for the reference to an object.
    """
    run: list[Joined] = []
    seen: set[t.Any] = set()
    for item in items:
        item_id = resolve(item.item_id)
        if run and run[-1].add(item_id, item):
            continue
        if run and (item_id in seen or run[0].items[0].values != item.values):
            yield run
            run, seen = [], set()
        run.append(Joined(item_id, item))
        seen.add(item_id)
    if run:
        yield run
