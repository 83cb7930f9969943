# SPDX-License-Identifier: Apache-2.0
"""The bridge between an ASGI server and the WSGI application."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import typing as t

from cratonclient.tests import base
from cratonserver.config.settings import Limits, Log, Serving, Settings
from cratonserver.serving import asgi
from cratonserver.serving.bridge import Bridge
from cratonserver.serving.connections import Connections
from cratonserver.serving.gateway import Gateway

SETTINGS = Settings(
    serving=Serving(threads=1, request_timeout=1, idle_timeout=1),
    limits=Limits(body_size=10),
    log=Log(access_log=False, limit_log=False),
)
SCOPE = {
    "type": "http",
    "method": "POST",
    "raw_path": b"/v1/cl%C3%B6ud",
    "query_string": b"a=%20b",
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", "7780"),
    "client": ("192.0.2.1", "4711"),
    "headers": [(b"host", b"craton")],
}


class FakeConnections(Connections):
    """Connections that only remember whose was closed."""

    def __init__(self) -> None:
        super().__init__(1, 1, 1, 10)
        self.closed: list[t.Any] = []

    def close(self, client: t.Any) -> None:
        self.closed.append(client)


class TestBridge(base.TestCase):
    def setUp(self):
        super().setUp()
        self.connections = FakeConnections()
        self.environ: dict[str, t.Any] = {}
        self.body: t.Any = [b"answer"]
        self.sent: list[t.Any] = []

    def application(self, environ: t.Any, start_response: t.Any) -> t.Any:
        self.environ = environ
        self.read = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self.body

    def call(
        self,
        *parts: bytes | None,
        headers: t.Sequence[tuple[bytes, bytes]] = (),
        settings: Settings = SETTINGS,
        send: t.Any = None,
    ) -> tuple[int, bytes]:
        """Send a request; return the status and the body of the response.

        :param parts: parts of the body; ``None`` for a client that disconnects. After them,
            nothing arrives.
        """
        messages: list[t.Any] = [
            {"type": "http.disconnect"}
            if part is None
            else {"type": "http.request", "body": part, "more_body": part != b""}
            for part in parts
        ]

        async def receive() -> t.Any:
            if not messages:
                await asyncio.Event().wait()
            return messages.pop(0)

        async def remember(message: t.Any) -> None:
            self.sent.append(message)

        bridge = Bridge(Gateway(self.application, settings.log), settings, self.connections)
        scope = {**SCOPE, "headers": [*t.cast("t.Any", SCOPE["headers"]), *headers]}
        asyncio.run(bridge(scope, receive, send or remember))
        body = b"".join(message.get("body", b"") for message in self.sent)
        return (self.sent[0]["status"] if self.sent else 0), body

    def test_a_request_is_passed_on(self):
        headers = [
            (b"content-length", b"5"),
            (b"content-type", b"text/plain"),
            (b"x-auth-user", "\xfc".encode("latin-1")),
            (b"x_auth_user", b"forged"),
            (b"accept", b"a"),
            (b"accept", b"b"),
        ]

        self.assertEqual((200, b"answer"), self.call(b"12", b"345", b"", headers=headers))
        self.assertEqual(b"12345", self.read)
        for name, value in {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/v1/cl\xc3\xb6ud",
            "QUERY_STRING": "a=%20b",
            "REMOTE_ADDR": "192.0.2.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "craton",
            "HTTP_X_AUTH_USER": "\xfc",
            "HTTP_ACCEPT": "a,b",
            "CONTENT_TYPE": "text/plain",
        }.items():
            self.assertEqual(value, self.environ[name], name)

    def test_a_body_is_complete_when_all_its_bytes_have_arrived(self):
        headers = [(b"content-length", b"3")]
        # The server sends one more message, an empty one. This one does not.
        self.assertEqual(200, self.call(b"12", b"3", headers=headers)[0])
        self.assertEqual(b"123", self.read)

    def test_a_chunked_body_gets_a_length(self):
        headers = [(b"transfer-encoding", b"chunked")]

        self.assertEqual(200, self.call(b"12", b"", headers=headers)[0])
        self.assertEqual("2", self.environ["CONTENT_LENGTH"])
        self.assertNotIn("HTTP_TRANSFER_ENCODING", self.environ)

    def test_bodies_that_are_refused_do_not_reach_the_application(self):
        chunked = [(b"transfer-encoding", b"chunked")]
        for status, parts, headers in (
            (413, (), [(b"content-length", b"11")]),
            (413, (b"123456", b"123456", b""), chunked),
            (408, (b"12",), [(b"content-length", b"5")]),
            (400, (b"12", None), chunked),
            (400, (), [(b"content-length", b"x")]),
            (501, (), [(b"transfer-encoding", b"gzip, chunked")]),
        ):
            self.sent.clear()
            self.assertEqual(status, self.call(*parts, headers=headers)[0])
            self.assertIn(
                (b"connection", b"close"),
                [(name.lower(), value) for name, value in self.sent[0]["headers"]],
            )
        self.assertEqual({}, self.environ)
        self.assertEqual([("192.0.2.1", 4711)], self.connections.closed)  # after 408

    def test_long_responses_are_sent_in_pieces(self):
        self.body = [b"x" * 40_000]

        self.assertEqual((200, self.body[0]), self.call())
        sizes = [len(message["body"]) for message in self.sent[1:]]
        self.assertEqual([16384, 16384, 7232, 0], sizes)
        self.assertEqual([True, True, True, False], [m["more_body"] for m in self.sent[1:]])

    def test_streams_are_produced_in_threads_and_closed(self):
        class Stream:
            closed = False
            threads: t.ClassVar[set[str]] = set()

            def __iter__(self) -> t.Iterator[bytes]:
                for part in (b"a", b"b"):
                    self.threads.add(threading.current_thread().name)
                    yield part

            def close(self) -> None:
                self.closed = True

        self.body = Stream()

        self.assertEqual((200, b"ab"), self.call())
        self.assertTrue(self.body.closed)
        self.assertNotIn(threading.main_thread().name, Stream.threads)

    def test_a_client_that_reads_too_slowly_is_disconnected(self):
        serving = dataclasses.replace(SETTINGS.serving, idle_timeout=0)
        self.patch(asgi, "READING_RATE", 10**9)
        self.body = [b"x" * 40_000]

        async def send(message: t.Any) -> None:
            self.sent.append(message)
            if len(self.sent) > 2:
                await asyncio.Event().wait()

        self.call(settings=dataclasses.replace(SETTINGS, serving=serving), send=send)
        self.assertEqual([("192.0.2.1", 4711)], self.connections.closed)

    def test_others_are_served_while_a_client_reads_a_stream(self):
        self.body = iter([b"a", b"b"])
        serving = dataclasses.replace(SETTINGS.serving, idle_timeout=3000)
        settings = dataclasses.replace(SETTINGS, serving=serving)
        bridge = Bridge(Gateway(self.application, settings.log), settings, self.connections)

        async def receive() -> t.Any:
            await asyncio.Event().wait()

        async def serve_two() -> list[int]:
            reading, statuses = asyncio.Event(), []

            async def never_read(message: t.Any) -> None:
                if "body" in message:
                    reading.set()
                    await asyncio.Event().wait()

            async def remember(message: t.Any) -> None:
                statuses.append(message.get("status"))

            slow = asyncio.create_task(bridge(SCOPE, receive, never_read))
            await reading.wait()
            await bridge(SCOPE, receive, remember)
            slow.cancel()
            return statuses

        self.assertEqual(200, asyncio.run(serve_two())[0])

    def test_a_stream_ends_when_its_client_has_gone(self):
        parts = iter(lambda: b"x", None)
        self.body = (part for part in parts)

        self.call(b"", None)
        self.assertEqual([("192.0.2.1", 4711)], self.connections.closed)
