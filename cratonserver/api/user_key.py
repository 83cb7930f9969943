# SPDX-License-Identifier: Apache-2.0
"""``/v1/users/1/key``: replace all API keys of a user by a new one."""

from __future__ import annotations

import falcon

from cratonserver.api import json_response, request_bodies
from cratonserver.api.schema_validation import Validator
from cratonserver.api.view import KindView, Responder
from cratonserver.db import ids, user_keys
from cratonserver.db.aliases import Row
from cratonserver.db.objects import Objects
from cratonserver.db.store import Store
from cratonserver.openapi import headers
from cratonserver.openapi.operations import Operation, operation, ref

PATH = "/v1/users/{item_id:id}/key"

#: The body is empty, because the server generates the key.
BODY = {"type": ["object", "null"], "additionalProperties": False}
_VALIDATOR = Validator(BODY)


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
        """Replace the keys. Users may replace their own keys without the admin role."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        _VALIDATOR.check(sent)
        if item_id != str(req.context.identity.user_id):
            self.allow(req)
        user_id = ids.parse(self.kind, item_id)
        user, key = self.change(req, resp, lambda objects: _replace(objects, user_id))
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"{req.prefix}/v1/users/{user['id']}")
        json_response.set_body(resp, {**self.show(req, user), "api_key": key})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        made = operation(
            "replaceKeysOfUser",
            "Replace all API keys of a user by a new one, which only this response shows. The "
            "old keys stop working.",
            responses={201: ref("User")},
            errors={400, 404},
            body={"schema": BODY, "example": {}},
            tag="users",
        )
        made["requestBody"]["required"] = False
        return headers.of_object({"POST": made})


def _replace(objects: Objects, user_id: int | str) -> tuple[Row, str]:
    """Replace the keys of a user, and return the user and the new key."""
    user = objects.touch(user_id)
    keys = objects.tables.metadata.tables["user_keys"]
    return user, user_keys.replace(objects.connection, keys, user["id"])
