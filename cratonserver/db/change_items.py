# SPDX-License-Identifier: Apache-2.0
"""The changes of a change set, after their values were checked."""

from __future__ import annotations

import dataclasses
import typing as t

from cratonclient.kinds import Kind
from cratonserver import errors


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

    def needed(self) -> t.Iterator[tuple[Kind, str, str]]:
        """Yield the kind, method and target of the requests that would do the same.

        A user who may not make them may not make the change, either.
        """
        parts = [("PUT", part) for part in self.set_parts]
        parts += [("DELETE", part) for part in self.unset_parts]
        if self.action == "create":
            yield self.kind, "POST", "collection"
        elif self.action == "delete":
            yield self.kind, "DELETE", "item"
        elif self.values or not parts:
            yield self.kind, "PUT", "item"
        for method, part in parts:
            yield self.kind, method, part


class ItemRefused(Exception):
    """A change of a change set is refused.

    :param item: the change.
    :param error: the reason.
    """

    def __init__(self, item: Item, error: errors.Refused) -> None:
        super().__init__(str(error))
        self.item = item
        self.error = error
