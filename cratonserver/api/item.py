# SPDX-License-Identifier: Apache-2.0
"""``/v1/hosts/1``: show, change and delete."""

from __future__ import annotations

import falcon

from cratonserver import errors
from cratonserver.api import deletion, json_parts, query_parameters, request_bodies, spool
from cratonserver.api.json_response import set_body
from cratonserver.api.view import KindView, Responder, no_content
from cratonserver.db import ids
from cratonserver.db.aliases import Row
from cratonserver.db.objects import Objects
from cratonserver.openapi import headers, kind_operations
from cratonserver.openapi.operations import Operation


class Item(KindView):
    """The view of one object of a kind."""

    part = "item"

    def responders(self) -> dict[str, Responder]:
        """Return the responders for the operations that the kind has."""
        found: dict[str, Responder] = {"GET": self.get}
        if self.kind.can("update"):
            found["PUT"] = self.update
        if self.kind.can("delete"):
            found["DELETE"] = self.delete
        return found

    def get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show an object, with its parts."""
        resolved = query_parameters.for_item(
            req.query_string, resolvable=bool(self.kind.inherits)
        )
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(ids.parse(self.kind, item_id))
            if self.is_not_modified(req, resp, objects, row, resolved):
                return
            shown = {**self.show(req, row), **self._parts(objects, row, resolved)}
        if json_parts.is_light(shown):
            set_body(resp, shown)
        else:
            spool.set_parts(resp, json_parts.parts(shown))

    def update(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Change the fields that were sent."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        values = request_bodies.for_update(self.kind, sent)
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        row = self.change(req, resp, lambda objects: objects.update(known, values))
        echo = sent if values else {}
        set_body(resp, {**self.show(req, row), **echo})

    def delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Delete an object. An object that does not exist is ignored.

        An id in another spelling is refused: 204 would say that its object was deleted.
        """
        self.allow(req)
        try:
            known = ids.parse(self.kind, item_id)
        except errors.Refused:
            if ids.is_misspelled(self.kind, item_id):
                raise
        else:
            self._delete(req, resp, known)
        no_content(resp)

    def _delete(self, req: falcon.Request, resp: falcon.Response, item_id: int | str) -> None:
        """Delete an object. If other objects prevent it, name them.

        They are read in another transaction, because a failed one cannot read any more.
        """
        try:
            self.change(req, resp, lambda objects: objects.delete(item_id))
        except errors.InUse as exc:
            with self.reading(req) as objects:
                holders = objects.holders(item_id)
            if holders:
                raise deletion.refusal(self.kind, item_id, holders) from exc
            raise

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        described = kind_operations.item(self.kind)
        return headers.of_object(described)

    def _parts(self, objects: Objects, row: Row, resolved: bool) -> Row:
        """Return the parts that a single object shows."""
        shown: Row = {}
        for name, field in self.kind.fields.items():
            if field.shown != "details":
                continue
            if field.type is dict:
                found = objects.mapping_of([row], resolved=resolved, part=name)
                shown[name] = found.get(row["id"], {})
            else:
                shown[name] = objects.labels(row["id"], name)
        return shown
