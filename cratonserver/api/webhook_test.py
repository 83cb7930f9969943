# SPDX-License-Identifier: Apache-2.0
"""``/v1/webhooks/1/test``: post a message of the type ``ping``, and show the outcome."""

from __future__ import annotations

import contextlib
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
#: The number of tests of a process at the same time: each takes a thread, and waits for a
#: receiver. One project gets one of them.
_AT_ONCE = 2
#: The longest that a test waits for each phase of a message, in seconds.
_TIMEOUT = 5.0


class _Places:
    """The tests of this process at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projects: set[str] = set()

    @contextlib.contextmanager
    def taken(self, project_id: str) -> t.Iterator[None]:
        """Take a place for the block.

        :param project_id: project of the webhook.
        :raises cratonserver.errors.Refused: with status 429 or 503, if there is none.
        """
        with self._lock:
            if project_id in self._projects:
                raise _busy(429, "Another webhook of the project is being tested. Try again.")
            if len(self._projects) >= _AT_ONCE:
                raise _busy(503, "The server tests as many webhooks as it can. Try again.")
            self._projects.add(project_id)
        try:
            yield
        finally:
            with self._lock:
                self._projects.discard(project_id)


def _busy(status: int, message: str) -> errors.Refused:
    headers = {"Retry-After": "5"}
    return errors.Refused(status, message, headers=headers, reason="webhook_tests")


class Test(KindView):
    """The view that tests a webhook.

    :param store: the store.
    """

    part = "test"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.tables.kind("webhooks"))
        self._places = _Places()

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
        with self._places.taken(webhook["project_id"]):
            limits = request_limits.current()
            post = sender.Sender(limits.webhook_networks, limits.webhook_http, _TIMEOUT).post
            message = messages.ping(webhook, clock.now())
            outcome = post(webhook["url"], webhook["signing_secret"], *message)
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
