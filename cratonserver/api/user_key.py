# SPDX-License-Identifier: Apache-2.0
"""``/v1/users/1/key``: a new API key in the place of the old one."""

from __future__ import annotations

import falcon

from cratonserver import identity
from cratonserver.api import json_response, request_bodies
from cratonserver.api.view import KindView, Responder
from cratonserver.db import ids
from cratonserver.db.store import Store
from cratonserver.openapi.operations import Operation, operation, ref

PATH = "/v1/users/{item_id:id}/key"

#: There is nothing to say: the server makes the key.
BODY = {"type": ["object", "null"], "additionalProperties": False}


class Key(KindView):
    """The key of a user.

    :param store: the store.
    """

    part = "key"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.tables.kind("users"))

    def responders(self) -> dict[str, Responder]:
        """Return the responders."""
        return {"POST": self.replace}

    def replace(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Replace the key. Everybody may replace the own one."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        request_bodies.check(BODY, sent)
        if item_id != str(req.context.identity.user_id):
            self.allow(req)
        user_id = ids.read(self.kind, item_id)
        key, digest = identity.new_key()
        user = self.change(req, lambda objects: objects.update(user_id, {"key_digest": digest}))
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"{req.prefix}/v1/users/{user['id']}")
        json_response.answer(resp, {**self.show(req, user), "api_key": key})

    def describe(self) -> dict[str, Operation]:
        """Describe itself."""
        made = operation(
            "createUserKey",
            "Give a user a new API key, shown in this answer alone. The old one stops working.",
            answers={201: ref("User")},
            refusals={400, 404},
            body={"schema": BODY, "example": {}},
            tag="users",
        )
        made["requestBody"]["required"] = False
        return {"POST": made}
