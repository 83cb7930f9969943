# SPDX-License-Identifier: Apache-2.0
"""Fake responses, and fake servers that fail on request."""

from __future__ import annotations

import contextlib
import http.server
import json
import pickle
import threading
import typing as t

import requests
from requests.structures import CaseInsensitiveDict

from cratonclient import session

URL = "http://craton.example/v1"


def answer(
    body: t.Any = None, status: int = 200, *, url: str = URL, **headers: str
) -> requests.Response:
    """Build a response. Keywords such as ``Content_Type`` become headers."""
    response = requests.Response()
    response.status_code = status
    response.url = url
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response._content = raw
    response.encoding = "utf-8"
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response.headers = CaseInsensitiveDict({"Content-Type": kind, **names})
    return response


def pickled(thing: t.Any, protocol: int | None = None) -> t.Any:
    """Return a copy of an object, made by pickling and unpickling it."""
    return pickle.loads(pickle.dumps(thing, protocol))  # noqa: S301  # made here


class FakeSession:
    """A fake keystoneauth session: returns its responses in order and records the calls."""

    user_agent = ""

    def __init__(self, *answers: requests.Response | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, t.Any]] = []

    def request(self, **kwargs: t.Any) -> requests.Response:
        self.calls.append(kwargs)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    @property
    def urls(self) -> list[str]:
        """The requested URLs."""
        return [call["url"] for call in self.calls]


def session_on(*answers: requests.Response | Exception) -> tuple[session.Session, FakeSession]:
    """Return a session that receives these responses, and the fake session below it."""
    below = FakeSession(*answers)
    return session.Session(session=below), below


class Reply(t.NamedTuple):
    """A reply of a fake server, or one of the special replies ``DROP`` and ``HANG``."""

    status: int = 200
    body: t.Any = None
    headers: t.Mapping[str, str] = {}


class Seen(t.NamedTuple):
    """A request that a fake server received."""

    method: str
    path: str
    headers: t.Mapping[str, str]
    body: bytes


def _encoded(body: t.Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()


#: Close the connection without a response.
DROP = Reply(status=0)
#: Send nothing until the server is closed.
HANG = Reply(status=-1)


class Server:
    """An HTTP server on a free port that sends its replies in order.

    :param replies: replies to send; the last one is repeated.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[Seen] = []
        self._ended = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def methods(self) -> list[str]:
        """The methods of the received requests."""
        return [request.method for request in self.seen]

    def reply(self, seen: Seen) -> Reply:
        """Return the reply to a request. Override this method to apply other rules."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def close(self) -> None:
        """Stop the server and wait for its threads."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen = Seen(self.command, self.path, dict(self.headers), body)
                server.seen.append(seen)
                reply = server.reply(seen)
                if reply == HANG:
                    server._ended.wait(30)
                if reply in (HANG, DROP):
                    return
                raw = _encoded(reply.body)
                self.send_response(reply.status)
                headers = {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(raw)),
                    **reply.headers,
                }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # the client did not wait
                    self.wfile.write(raw)

            do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, format: str, *args: t.Any) -> None:
                pass

        return Handler
