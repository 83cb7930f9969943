# SPDX-License-Identifier: Apache-2.0
"""``/v1/clouds/1/deletion``: what a deletion would delete, and what prevents it."""

from __future__ import annotations

import typing as t

import falcon

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import query_parameters
from cratonserver.api.json_response import set_body
from cratonserver.api.view import KindView
from cratonserver.db import ids
from cratonserver.db.dependents import NAMED, Holder
from cratonserver.openapi import kind_operations
from cratonserver.openapi.operations import Operation


class Deletion(KindView):
    """The view of the effects of deleting one object. It changes nothing."""

    part = "item"
    allowed_as = "DELETE"

    def get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the numbers of objects that go with the object, and those that keep it.

        A deletion that would be refused for another reason is refused here as well.
        """
        query_parameters.for_item(req.query_string, resolvable=False)
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        with self.reading(req) as objects:
            objects.find(known)
            objects.check_deletion(known, lock=False)
            deletes = {
                kind.collection: n for kind, n in objects.count_dependents(known).items()
            }
            holders = objects.holders(known)
        set_body(resp, {"deletes": deletes, "blocked_by": [_shown(one) for one in holders]})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return kind_operations.deletion(self.kind)


def refusal(kind: Kind, item_id: int | str, holders: t.Sequence[Holder]) -> errors.InUse:
    """Return the error for an object that cannot be deleted, with the names of the others.

    :param kind: kind of the object.
    :param item_id: id of the object.
    :param holders: objects that prevent the deletion.
    """
    named = [f"{one.kind.noun} {one.item_id} ({one.name}, {one.field})" for one in holders]
    more = ", and more" if len(named) > NAMED else ""
    return errors.InUse(
        f"The {kind.noun} {item_id} is in use. Objects that are not deleted with it refer to "
        f"it or to something in it: {', '.join(named[:NAMED])}{more}. Delete them first."
    )


def _shown(holder: Holder) -> dict[str, t.Any]:
    return {
        "collection": holder.kind.collection,
        "id": holder.item_id,
        "name": holder.name,
        "field": holder.field,
    }
