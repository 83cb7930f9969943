# SPDX-License-Identifier: Apache-2.0
"""Responses that are incomplete, endless, too large or cannot be decompressed."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import threading
import time
import typing as t
from unittest import mock

import requests

from cratonclient import auth, exceptions, session
from cratonclient.http import adapter, deadline, direct
from cratonclient.tests import base

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class RawServer:
    """A server that sends the same bytes to every client.

    :param parts: bytes to send.
    :param forever: repeat the last part until the server is closed.
    :param greets: send the bytes at once, without a request.
    """

    def __init__(self, *parts: bytes, forever: bool = False, greets: bool = False) -> None:
        self._parts, self._forever, self._greets = parts, forever, greets
        self._closed, self.connections = threading.Event(), 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Close the server and wait until its thread ends."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                while not self._greets and b"\r\n\r\n" not in connection.recv(65536):
                    pass
                for part in self._parts:
                    connection.sendall(part)
                while self._forever and not self._closed.wait(0.01):
                    connection.sendall(self._parts[-1])


class AdapterTestCase(base.TestCase):
    def ask(self, *parts: bytes, timeout: float = 20, **options: t.Any) -> t.Any:
        """Return the response of a server that sends these bytes."""
        server = RawServer(*parts, **options)
        self.addCleanup(server.close)
        craton = auth.create_session_with(None, True, timeout=timeout)
        self.addCleanup(craton.close)
        with mock.patch("urllib3.util.retry.time.sleep") as self.slept:
            return craton.get(server.url)

    def error(self, cls: type[Exception], *parts: bytes, **options: t.Any) -> str:
        """Return the message of the error that these bytes cause."""
        said = str(self.assertRaises(cls, self.ask, *parts, **options))
        self.assertNotIn("Unexpected exception", said)
        self.assertIn("127.0.0.1", said)
        return said


class TestWholeAnswers(AdapterTestCase):
    def test_with_a_length(self):
        answer = self.ask(HEAD + b"Content-Length: 2\r\n\r\n", b"{", b"}")
        self.assertEqual(({}, b"{}", "{}"), (answer.json(), answer.content, answer.text))

    def test_in_chunks(self):
        answer = self.ask(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"
        )
        self.assertEqual({}, answer.json())

    def test_up_to_the_end_of_the_connection(self):
        self.assertEqual({}, self.ask(HEAD + b"Connection: close\r\n\r\n", b"{}").json())

    def test_a_connection_is_used_again(self):
        server = RawServer(HEAD + b"Content-Length: 2\r\n\r\n{}")
        self.addCleanup(server.close)
        craton = auth.create_session_with(None, True)
        self.addCleanup(craton.close)
        pool = craton._session.session.get_adapter(server.url).poolmanager
        craton.get(server.url)
        (key,) = pool.pools.keys()
        self.assertIsNotNone(pool.pools[key].pool.get(block=False))


class TestBrokenAnswers(AdapterTestCase):
    def test_one_that_breaks_off(self):
        said = self.error(exceptions.ConnectionFailed, HEAD + b"Content-Length: 9\r\n\r\n{")
        self.assertIn("the response is incomplete", said)

    def test_chunks_that_break_off(self):
        said = self.error(
            exceptions.ConnectionFailed, HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{"
        )
        self.assertIn("the response is incomplete", said)

    def test_one_that_cannot_be_unpacked(self):
        said = self.error(
            exceptions.ConnectionFailed,
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
        )
        self.assertIn("cannot be decompressed", said)

    def test_one_that_is_too_large(self):
        with mock.patch.object(adapter, "MAX_BODY_SIZE", 1 << 20):
            said = self.error(
                exceptions.UnexpectedResponse,
                HEAD + b"Connection: close\r\n\r\n",
                b"x" * (1 << 18),
                forever=True,
            )
        self.assertIn("1 MiB", said)

    def test_one_that_drips(self):
        said = self.error(
            exceptions.Timeout,
            HEAD + b"Connection: close\r\n\r\n",
            b" ",
            forever=True,
            timeout=0.3,
        )
        self.assertIn("in time", said.replace("timed out", "in time"))


class TestSlowServers(AdapterTestCase):
    """The timeout limits the headers as a whole, and the body as a whole."""

    ENDLESS: t.ClassVar[dict[str, tuple[bytes, ...]]] = {
        "a status line": (b"H",),
        "a header": (b"HTTP/1.1 200 OK\r\n", b"X"),
        "interim responses": (b"HTTP/1.1 100 Continue\r\n\r\n",),
        "other interim responses": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",),
        "a body": (HEAD + b"Connection: close\r\n\r\n", b" "),
        "the size of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
        "the body of a busy server": (b"HTTP/1.1 503 Busy\r\n\r\n", b" "),
    }

    def test_nothing_that_drips_takes_longer_than_the_timeout(self):
        for name, parts in self.ENDLESS.items():
            begin = time.monotonic()
            said = self.error(exceptions.Timeout, *parts, forever=True, timeout=0.2)
            self.assertIn("did not respond in time", said, name)
            self.assertNotIn("timed out did", said, name)
            self.assertLess(time.monotonic() - begin, 3, name)

    def test_interim_responses_are_skipped(self):
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        answer = self.ask(hints, hints, HEAD + b"Content-Length: 2\r\n\r\n{}")
        self.assertEqual(200, answer.status_code)
        self.assertEqual({}, answer.json())

    def test_headers_that_are_too_large_are_named(self):
        for head, reason in (
            (b"X: " + b"a" * 70_000, "a line that is too long"),
            (b"X: y\r\n" * 200, "got more than 100 headers"),
        ):
            said = self.error(exceptions.ConnectionFailed, b"HTTP/1.1 200 OK\r\n" + head)
            self.assertIn(reason, said)

    def test_a_response_is_limited_as_it_is_received(self):
        with mock.patch.object(deadline, "MAX_RECEIVED", 1 << 20):
            self.error(
                exceptions.ConnectionFailed,
                HEAD + b"Connection: close\r\n\r\n",
                b" " * (1 << 16),
                forever=True,
            )

    def test_a_small_response_that_becomes_large_is_refused(self):
        packed = gzip.compress(b" " * (1 << 21))
        head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        with mock.patch.object(adapter, "MAX_BODY_SIZE", 1 << 20):
            self.assertIn("1 MiB", self.error(exceptions.UnexpectedResponse, head + packed))

    def test_a_proxy_that_drips_its_answer_to_connect(self):
        server = RawServer(b"HTTP/1.1 200 OK\r\n", b"X", forever=True)
        self.addCleanup(server.close)
        begin = time.monotonic()
        with mock.patch.dict(os.environ, https_proxy=server.url):
            craton = auth.create_session_with(None, True, timeout=0.2)
            self.addCleanup(craton.close)
            error = self.assertRaises(exceptions.Timeout, craton.get, "https://craton.example")
        self.assertLess(time.monotonic() - begin, 3)
        self.assertIn(f"through the proxy {server.url}", str(error))

    def test_only_false_turns_verification_off(self):
        request = requests.Request("GET", "https://craton.example").prepare()
        for given, used in ((False, False), ("", True), (None, True), ([], True), ("/a", "/a")):
            with mock.patch("requests.adapters.HTTPAdapter.send") as sent:
                adapter.Adapter().send(request, stream=True, verify=t.cast("str", given))
            self.assertEqual(used, sent.call_args.args[3], repr(given))

    def test_a_tls_handshake_that_drips(self):
        server = RawServer(b"\x16\x03\x03\x40\x00", b"\x02", forever=True, greets=True)
        self.addCleanup(server.close)
        craton = auth.create_session_with(None, True, timeout=0.2)
        self.addCleanup(craton.close)
        begin = time.monotonic()
        url = server.url.replace("http:", "https:")
        self.assertRaises(exceptions.Timeout, craton.get, url)
        self.assertLess(time.monotonic() - begin, 3)


class TestWaiting(AdapterTestCase):
    BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: "

    def test_a_time_that_makes_no_sense_is_none(self):
        error = self.assertRaises(
            exceptions.ServiceUnavailable, self.ask, self.BUSY + b"soon\r\n\r\n"
        )
        self.assertEqual(503, error.status_code)

    def test_a_wait_is_announced(self):
        with self.assertLogs("cratonclient.wait", "INFO") as logged:
            self.assertRaises(exceptions.ServiceUnavailable, self.ask, self.BUSY + b"7\r\n\r\n")
        self.assertIn("7 s", logged.output[0])
        self.slept.assert_any_call(7)

    def waits_of(self, max_wait: float, retry_after: bytes) -> tuple[list[float], int]:
        """Return the seconds that a request waits for a busy server, and its requests."""
        server = RawServer(self.BUSY + retry_after + b"\r\n\r\n")
        self.addCleanup(server.close)
        below = direct.DirectSession({}, max_wait=max_wait)
        self.addCleanup(below.session.close)
        with mock.patch("urllib3.util.retry.time.sleep") as slept:
            below.request("GET", server.url)
        return [call.args[0] for call in slept.call_args_list], server.connections

    def test_the_wait_of_all_retries_together_is_limited(self):
        self.assertEqual(([7, 7, 7], 4), self.waits_of(60, b"7"))
        self.assertEqual(([7, 3], 3), self.waits_of(10, b"7"))
        self.assertEqual(([10], 2), self.waits_of(10, b"86400"))
        self.assertEqual(([10], 2), self.waits_of(10, b"Fri, 31 Dec 2100 23:59:59 GMT"))
        self.assertEqual(([], 1), self.waits_of(0, b"7"))

    def test_each_session_takes_the_limit(self):
        sessions: list[t.Any] = [
            auth.create_session_with(None, True, max_wait=5)._session.session,
            direct.DirectSession({}, max_wait=5).session,
        ]
        for below in sessions:
            self.assertEqual(5, below.get_adapter("https://h").max_retries.max_wait)


class TestTimings(AdapterTestCase):
    def test_each_request_is_named_with_its_time(self):
        with self.assertLogs(session.TIMINGS, "INFO") as logged:
            self.ask(HEAD + b"x-openstack-request-id: req-1\r\nContent-Length: 2\r\n\r\n{}")
        self.assertRegex(logged.output[0], r"GET http://127.0.0.1:\d+/v1 200 req-1 \d+ ms$")


class TestConnections(AdapterTestCase):
    def session(self) -> requests.Session:
        """Return a ``requests`` session that uses this project's adapters."""
        below = requests.Session()
        self.addCleanup(below.close)
        adapter.mount(below)
        return below

    def serve(self, *parts: bytes) -> str:
        """Start a server and return its URL."""
        server = RawServer(*parts)
        self.addCleanup(server.close)
        return server.url

    def test_plain_and_encrypted_ones_are_ours(self):
        below = self.session()

        for scheme in ("http", "https"):
            self.assertIsInstance(below.get_adapter(f"{scheme}://h/"), adapter.Adapter)

    def test_silent_ones_are_probed(self):
        listening = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        pool = adapter.Adapter().poolmanager.connection_from_url(url)
        connection: t.Any = pool._new_conn()
        self.addCleanup(connection.close)

        connection.connect()

        options = [
            (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
            (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
            (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 60),
            (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 15),
            (socket.IPPROTO_TCP, "TCP_KEEPCNT", 4),
        ]
        for level, name, value in options:
            if hasattr(socket, name):
                found = connection.sock.getsockopt(level, getattr(socket, name))
                self.assertEqual(value, found, name)

    def test_who_streams_reads_for_himself(self):
        url = self.serve(HEAD, b"Content-Length: 2\r\n\r\n", b"{}")

        with self.session().get(url, stream=True, timeout=20) as response:
            self.assertIs(False, response._content)
            self.assertEqual({}, response.json())

    def test_a_timeout_may_be_a_pair(self):
        url = self.serve(HEAD, b"Content-Length: 2\r\n\r\n", b"{}")

        self.assertEqual({}, self.session().get(url, timeout=(20, 20)).json())
