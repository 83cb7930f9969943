# SPDX-License-Identifier: Apache-2.0
"""Apply a change set: several changes of a project in one transaction.

Objects of a kind that are created, updated or deleted one after the other are written at once.
If anything fails, nothing is changed. Then the change set is tried again in small steps, to
report all changes that fail.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db import (
    many_creations,
    many_deletions,
    many_part_changes,
    many_updates,
    update_runs,
)
from cratonserver.db.change_items import Created, Item, ItemRefused
from cratonserver.db.change_log.meanwhile import Meanwhile
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.objects import Objects
from cratonserver.db.update_runs import Joined

#: The number of objects from which on they are written at once.
_MANY = 2
#: The number of objects that are deleted, or get other parts, at once. It bounds memory.
_OBJECTS = 2000
#: The number of changes that are tried at once, to find those that are refused.
_AT_ONCE = 100


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
                for run in update_runs.divide(some, self._resolve):
                    self._update_many(kind, run)
            elif action == "delete":
                for first in range(0, len(some), _OBJECTS):
                    self._delete_many(kind, some[first : first + _OBJECTS])
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

    def _delete_many(self, kind: Kind, items: t.Sequence[Item]) -> None:
        """Delete objects: all at once, or else one by one."""
        since = {self._resolve(item.item_id): item.unchanged_since for item in items}
        revisions = {*since.values()}
        if len(items) >= _MANY and len(since) == len(items) and len(revisions) == 1:
            try:
                with self._checking_contents(kind, revisions.pop()):
                    many_deletions.delete(self._objects_of(kind), since)
            except OneByOne:
                pass  # this finds the one that is refused
            except errors.Refused as exc:
                raise ItemRefused(items[0], exc) from exc
            else:
                return
        for item in items:
            self._apply(item)

    @contextlib.contextmanager
    def _checking_contents(self, kind: Kind, since: int | None) -> t.Iterator[None]:
        """Check that others changed nothing that the block deletes, also what is inside.

        :param since: the revision after which nobody may have changed it, ``None`` for any.
        :raises cratonserver.errors.Refused: with status 412.
        """
        tables = self._objects_of(kind).tables
        seen = None if since is None else Meanwhile(self._transaction, tables, since)
        yield
        if seen is not None:
            seen.check(deleted=True)

    def _update_many(self, kind: Kind, run: list[Joined]) -> None:
        """Apply updates of several objects: all at once, or else one by one."""
        if len(run) < _MANY:
            self._apply_all(run)
            return
        objects = self._objects_of(kind)
        changed = {one.item_id: one for one in run if one.has_fields}
        if changed:
            since = {item_id: one.unchanged_since for item_id, one in changed.items()}
            values = self._resolved(run[0].items[0].values)
            try:
                many_updates.update(objects, since, values)
            except OneByOne:
                self._apply_all(run)  # this finds the one that is refused
                return
            except many_updates.ObjectRefused as exc:
                raise ItemRefused(changed[exc.item_id].items[0], exc.error) from exc
        parts = [one for one in run if one.has_parts]
        for first in range(0, len(parts), _OBJECTS):
            self._change_parts(objects, parts[first : first + _OBJECTS])

    def _change_parts(self, objects: Objects, run: t.Sequence[Joined]) -> None:
        """Change parts of objects whose fields are changed."""
        try:
            many_part_changes.change(objects, {one.item_id: one.wanted for one in run})
        except OneByOne:
            for one in run:
                if one.has_fields:
                    first, *others = one.items
                    self._apply(dataclasses.replace(first, values={}, unchanged_since=None))
                else:
                    others = one.items
                for item in others:
                    self._apply(item)

    def _apply_all(self, run: t.Iterable[Joined]) -> None:
        for one in run:
            for item in one.items:
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
            if item.unchanged_since is not None:
                objects.check_unchanged(item_id, item.unchanged_since)
            if item.action == "delete":
                objects.find(item_id)  # unlike DELETE, it must exist
                with self._checking_contents(item.kind, item.unchanged_since):
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


def _depend(items: t.Sequence[Item]) -> bool:
    """Return True if one of the items refers to another one of them."""
    positions = {item.position for item in items}
    return any(positions & {*_positions(item)} for item in items)


def _is_mapping(kind: Kind, part: str) -> bool:
    return part not in kind.parts or kind.parts[part].type is dict
