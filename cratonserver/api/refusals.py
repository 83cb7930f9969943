# SPDX-License-Identifier: Apache-2.0
"""The changes of a change set that the server refuses, as a response shows them."""

from __future__ import annotations

import typing as t

from cratonserver import errors
from cratonserver.db.aliases import Row
from cratonserver.db.change_items import Created, ItemRefused


class Refusal(t.NamedTuple):
    """A change that is refused.

    :param position: its position in the change set.
    :param shown: its action, kind, id and name, ``None`` where it has none.
    :param error: the reason.
    """

    position: int
    shown: Row
    error: errors.Refused

    @classmethod
    def of_given(cls, position: int, given: t.Any, error: errors.Refused) -> t.Self:
        """Return the refusal of a change that is not valid.

        :param given: the change as it was sent, any JSON value.
        """
        members = given if isinstance(given, dict) else {}
        values = members.get("values")
        found = {name: members.get(name) for name in ("action", "kind", "id")}
        found["name"] = values.get("name") if isinstance(values, dict) else None
        shown = {name: v if isinstance(v, int | str) else None for name, v in found.items()}
        return cls(position, shown, error)

    @classmethod
    def of_item(cls, refused: ItemRefused) -> t.Self:
        """Return the refusal of a change that could not be applied."""
        item = refused.item
        shown = {
            "action": item.action,
            "kind": item.kind.collection,
            "id": None if isinstance(item.item_id, Created) else item.item_id,
            "name": item.values.get(item.kind.resource_class.NAME_ATTR),
        }
        return cls(item.position, shown, refused.error)

    @property
    def members(self) -> Row:
        """The refusal as a member of the response."""
        error = self.error
        return {
            "position": self.position,
            **self.shown,
            "status": error.status,
            "message": error.message,
        }

    @property
    def title(self) -> str:
        """The change in a message, such as ``changes[3] (create hosts web-7)``."""
        shown = self.shown
        name = shown["id"] if shown["name"] is None else shown["name"]
        words = [str(one) for one in (shown["action"], shown["kind"], name) if one is not None]
        return f"changes[{self.position}]" + (f" ({' '.join(words)})" if words else "")
