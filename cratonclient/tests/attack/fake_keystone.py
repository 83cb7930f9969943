# SPDX-License-Identifier: Apache-2.0
"""A Keystone that can fall silent: the few answers that keystonemiddleware needs."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import json
import threading
import typing as t

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"


class Keystone:
    """A Keystone with one valid token, :attr:`token`, of a member of a project.

    It accepts all connections. While it is silent, it does not answer them.
    """

    token = "valid-token"

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        #: The number of questions about tokens.
        self.asked = 0
        keystone = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                keystone.respond(self)

            do_POST = do_GET

            def log_message(self, *_: t.Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v3"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def respond(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Respond to a request, once this is not silent."""
        request.rfile.read(int(request.headers.get("Content-Length", 0)))
        asked = request.headers.get("X-Subject-Token")
        self.asked += asked is not None
        self.answers.wait()
        status, body = 200, self._versions()
        headers = {}
        if request.command == "POST":
            status, body, headers = 201, self._token("service"), {"X-Subject-Token": "service"}
        elif asked is not None:
            known = asked == self.token
            status, body = (200, self._token("member")) if known else (404, {"error": {}})
        data = json.dumps(body).encode()
        with contextlib.suppress(OSError):  # the client has gone
            request.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                request.send_header(name, value)
            request.send_header("Content-Type", "application/json")
            request.end_headers()
            request.wfile.write(data)

    def stop(self) -> None:
        """Answer all requests, and stop."""
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()

    def _versions(self) -> dict[str, t.Any]:
        link = {"href": self.url, "rel": "self"}
        return {"version": {"id": "v3.14", "status": "stable", "links": [link]}}

    def _token(self, role: str) -> dict[str, t.Any]:
        now = datetime.datetime.now(datetime.UTC)
        expires = now + datetime.timedelta(hours=1)
        endpoints = [
            {"interface": interface, "region": "r", "region_id": "r", "url": self.url}
            for interface in ("admin", "internal", "public")
        ]
        domain = {"id": "default", "name": "Default"}
        return {
            "token": {
                "methods": ["password"],
                "user": {"id": "1", "name": "max", "domain": domain},
                "project": {"id": PROJECT, "name": "alpha", "domain": domain},
                "roles": [{"id": role, "name": role}],
                "issued_at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "audit_ids": ["x"],
                "catalog": [
                    {"type": "identity", "name": "keystone", "id": "k", "endpoints": endpoints}
                ],
            }
        }
