# SPDX-License-Identifier: Apache-2.0
"""Apply a change set: several changes of a project in one transaction.

Objects of a kind that are created one after the other are created at once. If anything fails,
nothing is changed. Then the change set is tried again one change at a time, to report all
changes that fail.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import many_creations, many_updates
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.objects import Objects

#: An object of a change: its id, or the position of the change that creates it.
Target = t.Any

#: The number of objects from which on they are created at once.
_MANY = 2
#: The number of changes that are tried at once, to find those that are refused.
_AT_ONCE = 100


@dataclasses.dataclass(frozen=True)
class Created:
    """A reference to an object that the same change set creates.

    :param position: position of the change that creates it.
    """

    position: int


@dataclasses.dataclass(frozen=True)
class Item:
    """One change of a change set.

    :param position: its position in the request.
    :param action: ``create``, ``update`` or ``delete``.
    :param kind: kind of the object.
    :param item_id: id of the object, or :class:`Created`.
    :param values: values of fields, which may be :class:`Created`; for a new object also of
        its parts.
    :param set_parts: values to set in mapping parts, by part, and labels to add.
    :param unset_parts: names to remove from mapping parts, by part, and labels to remove.
    :param unchanged_since: revision after which nobody may have changed the object.
    """

    position: int
    action: str
    kind: Kind
    item_id: t.Any = None
    values: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    set_parts: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    unset_parts: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    unchanged_since: int | None = None


class ItemRefused(Exception):
    """A change of a change set is refused.

    :param item: the change.
    :param error: the reason.
    """

    def __init__(self, item: Item, error: errors.Refused) -> None:
        super().__init__(str(error))
        self.item = item
        self.error = error


class Applying:
    """The work of applying a change set in a transaction.

    :param objects_of: function that returns the objects of a kind in the transaction.
    :param transaction: the transaction.
    """

    def __init__(
        self, objects_of: t.Callable[[Kind], Objects], transaction: Transaction
    ) -> None:
        self._objects_of = objects_of
        self._transaction = transaction
        #: The ids of the objects that were created, by position.
        self.created: dict[int, t.Any] = {}

    def run(self, items: t.Sequence[Item]) -> None:
        """Apply all changes.

        :raises ItemRefused: for the first change that fails.
        :raises sqlalchemy.exc.IntegrityError: if a constraint is violated.
        :raises many_creations.OneByOne: if objects cannot be created at once.
        """
        for (action, kind), group in itertools.groupby(items, lambda i: (i.action, i.kind)):
            some = [*group]
            if action == "create" and len(some) >= _MANY and not _depend(some):
                self._create_many(kind, some)
            elif action == "update":
                for same, alike in itertools.groupby(some, _alike):
                    self._update_many(kind, [*alike], at_once=same is not None)
            else:
                for item in some:
                    self._apply(item)

    def find_refusals(
        self, items: t.Sequence[Item], invalid: t.Iterable[int] = ()
    ) -> t.Iterator[ItemRefused]:
        """Apply the changes in savepoints, and yield those that are refused.

        Some changes are tried at once, and if that fails, one by one. A change that refers to
        one that is refused is not tried.

        :param invalid: positions of changes that were refused before.
        """
        refused = {*invalid}
        for first in range(0, len(items), _AT_ONCE):
            some = items[first : first + _AT_ONCE]
            if not any(refused & {*_positions(item)} for item in some):
                try:
                    with self._transaction.attempt():
                        self.run(some)
                except (ItemRefused, OneByOne, sa.exc.IntegrityError):
                    pass  # this finds those that are refused
                else:
                    continue
            for item in some:
                if refused & {*_positions(item)}:
                    refused.add(item.position)
                    continue
                try:
                    with self._transaction.attempt():
                        self._apply(item)
                except ItemRefused as exc:
                    refused.add(item.position)
                    yield exc

    def _create_many(self, kind: Kind, items: t.Sequence[Item]) -> None:
        given = [self._resolved(item.values) for item in items]
        rows = many_creations.create(self._objects_of(kind), given)
        for item, row in zip(items, rows, strict=True):
            self.created[item.position] = row["id"]

    def _update_many(self, kind: Kind, items: list[Item], at_once: bool) -> None:
        """Apply updates: all at once if they set the same fields, or else one by one."""
        ids = {self._resolve(item.item_id): item for item in items}
        if at_once and len(ids) == len(items) >= _MANY:
            since = {item_id: item.unchanged_since for item_id, item in ids.items()}
            try:
                values = self._resolved(items[0].values)
                return many_updates.update(self._objects_of(kind), since, values)
            except OneByOne:
                pass  # this finds the one that is refused
            except many_updates.ObjectRefused as exc:
                raise ItemRefused(ids[exc.item_id], exc.error) from exc
        for item in items:
            self._apply(item)

    def _apply(self, item: Item) -> None:
        """Apply one change.

        :raises ItemRefused: if it is refused.
        """
        objects = self._objects_of(item.kind)
        try:
            if item.action == "create":
                row, _ = objects.create(self._resolved(item.values))
                self.created[item.position] = row["id"]
                return
            item_id = self._resolve(item.item_id)
            self._check_unchanged(objects, item, item_id)
            if item.action == "delete":
                objects.find(item_id)  # unlike DELETE, it must exist
                objects.delete(item_id)
            else:
                self._update(objects, item, item_id)
        except errors.Refused as exc:
            raise ItemRefused(item, exc) from exc

    def _update(self, objects: Objects, item: Item, item_id: t.Any) -> None:
        if item.values or not (item.set_parts or item.unset_parts):
            objects.update(item_id, self._resolved(item.values))
        for part, value in item.unset_parts.items():
            remove = (
                objects.remove_from_mapping
                if _is_mapping(item.kind, part)
                else objects.remove_labels
            )
            remove(item_id, value, part)
        for part, value in item.set_parts.items():
            put = objects.put_mapping if _is_mapping(item.kind, part) else objects.add_labels
            put(item_id, value, part)

    def _check_unchanged(self, objects: Objects, item: Item, item_id: t.Any) -> None:
        """Refuse to change an object that somebody has changed since a revision.

        :raises cratonserver.errors.Refused: with status 412.
        """
        if item.unchanged_since is None:
            return
        objects.begin(item_id)
        found = objects.revision_of(item_id)
        if found > item.unchanged_since:
            raise errors.Refused(
                412, f"The {item.kind.noun} {item_id} was changed in revision {found}."
            )

    def _resolved(self, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return values with the ids of objects that were created."""
        return {name: self._resolve(value) for name, value in values.items()}

    def _resolve(self, value: t.Any) -> t.Any:
        return self.created[value.position] if isinstance(value, Created) else value


def _positions(item: Item) -> t.Iterator[int]:
    """Yield the positions of the changes that an item refers to."""
    for value in (item.item_id, *item.values.values()):
        if isinstance(value, Created):
            yield value.position


def _alike(item: Item) -> object:
    """Return a key that is the same for updates of the same fields, ``None`` for others."""
    if item.set_parts or item.unset_parts or not item.values:
        return None
    return [*item.values.items()]


def _depend(items: t.Sequence[Item]) -> bool:
    """Return True if one of the items refers to another one of them."""
    positions = {item.position for item in items}
    return any(positions & {*_positions(item)} for item in items)


def _is_mapping(kind: Kind, part: str) -> bool:
    return part not in kind.parts or kind.parts[part].type is dict
