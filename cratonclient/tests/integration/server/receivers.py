# SPDX-License-Identifier: Apache-2.0
"""Receivers of webhooks: small HTTP servers on a free port of the loopback interface."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t

import standardwebhooks

Cleanup = t.Callable[..., t.Any]


class Receiver:
    """A receiver that notes what is posted to it.

    :param add_cleanup: function that registers a cleanup, such as ``addCleanup``.
    """

    def __init__(self, add_cleanup: Cleanup) -> None:
        #: The headers and the body of each request.
        self.requests: list[tuple[dict[str, str], bytes]] = []
        #: The statuses of the next responses; after them, 204.
        self.statuses: list[int] = []
        #: Function that is called with each request, before the response.
        self.before: t.Callable[[t.Any], object] = lambda request: None
        self.arrived = threading.Condition()
        self.started = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        add_cleanup(thread.join)
        add_cleanup(self._server.server_close)
        add_cleanup(self._server.shutdown)

    @property
    def url(self) -> str:
        """The URL of the receiver."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def messages(self) -> list[dict[str, t.Any]]:
        """The bodies of all requests."""
        return [json.loads(body) for _headers, body in self.requests]

    @property
    def changes(self) -> list[int]:
        """The revisions of the changes that arrived."""
        return [m["data"]["revision"] for m in self.messages if m["type"] == "change"]

    def wait_for(self, number: int, seconds: float = 30) -> None:
        """Wait until a number of requests arrived."""
        with self.arrived:
            done = self.arrived.wait_for(lambda: len(self.requests) >= number, seconds)
        assert done, f"{len(self.requests)} of {number} requests arrived"

    def wait_for_start(self, seconds: float = 30) -> None:
        """Wait until a request arrived, although its response may wait."""
        assert self.started.wait(seconds), "no request arrived"

    def verified(self, secret: str) -> list[t.Any]:
        """Return all bodies, verified as a receiver does it."""
        webhook = standardwebhooks.Webhook(secret)
        return [webhook.verify(body, headers) for headers, body in self.requests]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.started.set()
                receiver.before(self)
                status = receiver.statuses.pop(0) if receiver.statuses else 204
                with receiver.arrived:
                    receiver.requests.append((dict(self.headers), body))
                    receiver.arrived.notify_all()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url)
                self.end_headers()

            def log_message(self, *args: t.Any) -> None:
                """Write no log."""

        return Handler
