# SPDX-License-Identifier: Apache-2.0
"""``/v1/webhooks/1/test``: post a message of the type ``ping``, and show the outcome."""

from __future__ import annotations

import threading
import typing as t

import falcon

from cratonserver import errors, request_limits
from cratonserver.api import json_response, request_bodies
from cratonserver.api.schema_validation import Validator
from cratonserver.api.view import KindView, Responder
from cratonserver.db import clock, ids
from cratonserver.db.store import Store
from cratonserver.openapi.operations import Operation, operation

PATH = "/v1/webhooks/{item_id:id}/test"

_BODY = {"type": ["object", "null"], "additionalProperties": False}
_VALIDATOR = Validator(_BODY)
#: The number of tests of a process at the same time: each waits for a receiver.
_AT_ONCE = 2
#: The longest that a test waits for each phase of a message, in seconds.
_TIMEOUT = 5.0


class Test(KindView):
    """The view that tests a webhook.

    :param store: the store.
    """

    part = "test"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.tables.kind("webhooks"))
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"POST": self.test}

    def test(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Post a message. The response to it does not count as a failure of the webhook."""
        from cratonserver.webhooks import messages, sender  # imports TLS

        _VALIDATOR.check(request_bodies.parse(req.content_type, req.bounded_stream.read()))
        self.allow(req)
        with self.reading(req) as objects:
            webhook = objects.find(ids.parse(self.kind, item_id))
        if not self._free.acquire(blocking=False):
            raise errors.Refused(
                503, "Other webhooks are being tested. Try again.", headers={"Retry-After": "5"}
            )
        try:
            limits = request_limits.current()
            post = sender.Sender(limits.webhook_networks, limits.webhook_http, _TIMEOUT).post
            message = messages.ping(webhook, clock.now())
            outcome = post(webhook["url"], webhook["signing_secret"], *message)
        finally:
            self._free.release()
        json_response.set_body(resp, outcome._asdict())

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        null: dict[str, t.Any] = {"type": ["integer", "null"]}
        outcome = {
            "type": "object",
            "properties": {
                "status": {**null, "description": "HTTP status of the response"},
                "error": {"type": ["string", "null"], "description": "why it failed"},
                "seconds": {"type": "number", "description": "time until the response"},
            },
            "required": ["status", "error", "seconds"],
        }
        made = operation(
            "testUrlOfWebhook",
            "Post a message of the type ping to the URL of a webhook, and show the outcome.",
            responses={200: outcome},
            errors={400, 404},
            body={"schema": _BODY, "example": {}},
            tag="webhooks",
        )
        made["requestBody"]["required"] = False
        return {"POST": made}
