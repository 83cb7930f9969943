# SPDX-License-Identifier: Apache-2.0
"""``/v1/users/1/key``: replace the API key of a user."""

from __future__ import annotations

import falcon

from cratonserver import identity
from cratonserver.api import json_response, request_bodies
from cratonserver.api.view import KindView, Responder
from cratonserver.db import ids
from cratonserver.db.store import Store
from cratonserver.openapi.operations import Operation, operation, ref

PATH = "/v1/users/{item_id:id}/key"

#: The body is empty, because the server generates the key.
BODY = {"type": ["object", "null"], "additionalProperties": False}


class Key(KindView):
    """The view of the API key of a user.

    :param store: the store.
    """

    part = "key"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.tables.kind("users"))

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"POST": self.replace}

    def replace(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Replace the key. Users may replace their own key without the admin role."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        request_bodies.check(BODY, sent)
        if item_id != str(req.context.identity.user_id):
            self.allow(req)
        user_id = ids.parse(self.kind, item_id)
        key, digest = identity.new_key()
        user = self.change(req, lambda objects: objects.update(user_id, {"key_digest": digest}))
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"{req.prefix}/v1/users/{user['id']}")
        json_response.set_body(resp, {**self.show(req, user), "api_key": key})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        made = operation(
            "createUserKey",
            "Replace the API key of a user. Only this response shows the new key. The old key "
            "stops working.",
            responses={201: ref("User")},
            errors={400, 404},
            body={"schema": BODY, "example": {}},
            tag="users",
        )
        made["requestBody"]["required"] = False
        return {"POST": made}
