# SPDX-License-Identifier: Apache-2.0
"""Requests that are too large, too slow, too many or malformed are refused."""

from __future__ import annotations

import sqlite3
import threading
import typing as t

from cratonclient.tests.integration.server import base, live


class TestLimits(live.SharedServerTestCase):
    options = (
        "--body-size=2000",
        "--url-length=2000",
        "--header-size=9000",
        "--request-timeout=1",
        "--idle-timeout=1",
    )

    def assert_refused(self, status: int, answer: base.Answer, said: str = "") -> None:
        """Check that a response is an error in Craton's format and closes the connection."""
        self.assertEqual((status, status), (answer.status, answer.json["status"]), answer.text)
        self.assertIn(said, answer.json["message"])
        self.assertEqual("application/json", answer.headers["content-type"])
        self.assertTrue(answer.headers["x-openstack-request-id"].startswith("req-"))

    def raw(self, text: str) -> base.Answer:
        """Send text that may not be HTTP, and return the response, which must be the last."""
        connection = self.connect()
        connection.send_bytes(text.encode("latin-1"))
        answer = connection.answer()
        self.assertEqual(b"", connection.rest())
        return answer

    def assert_not_read(self, statuses: tuple[int, ...], text: str) -> None:
        """Check that the server refuses text before it is a request, without a body."""
        answer = self.raw(text)
        self.assertIn(answer.status, statuses, text)
        self.assertEqual("", answer.text)

    def test_what_is_no_http_is_400_and_the_server_lives_on(self):
        for text in (
            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",  # TLS: the client waits for a response
            "nonsense\r\n\r\n",
            "GET\r\n\r\n",
            "GET http://[/v1 HTTP/1.1\r\n\r\n",
            "GET /v1/hosts HTTP/1.1\r\nno header\r\n\r\n",
            "GET /v1/hosts HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
            f"POST /v1/hosts HTTP/1.1\r\nHost: a\r\nContent-Length: {'9' * 4500}\r\n\r\n",
            "POST /v1/hosts HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        ):
            self.assert_not_read((400,), text)
        self.assertEqual(200, self.ask("GET /v1/hosts").status)

    def test_what_two_servers_could_read_in_two_ways_is_refused(self):
        post = "POST /v1/clouds HTTP/1.1\r\nHost: a\r\n"
        inner = "GET /v1/hosts HTTP/1.1\r\nHost: a\r\n\r\n"
        for text in (
            f"{post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            f"{post}Content-Length: 3, 3\r\n\r\nabc",
            f"{post}Content-Length: +3\r\n\r\nabc",
            f"{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "POST /v1/clouds HTTP/1.0\r\nConnection: keep-alive\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
        ):
            self.assert_not_read((400,), text)
        for text in (
            f"{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /v1/hosts HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /v1/hosts HTTP/1.1\r\nHost: a,b\r\n\r\n",
            "GET /v1/hosts HTTP/1.1\r\n\r\n",
        ):
            self.assert_refused(400, self.raw(text))
        self.assert_refused(
            501, self.raw(f"{post}Transfer-Encoding: gzip, chunked\r\n\r\n"), "chunked"
        )

    def test_the_end_of_a_chunked_body_is_the_end_of_the_connection_if_there_is_a_length(self):
        inner = "GET /v1/hosts HTTP/1.1\r\nHost: a\r\n\r\n"
        for lines in (
            ("Content-Length: 3", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: chunked", "Content-Length: 3"),
        ):
            body = 'd\r\n{"name": "x"}\r\n0\r\n\r\n' + inner
            connection = self.connect()
            connection.send(*self.server.head("POST /v1/clouds", *lines), body=body)
            self.assertIn(connection.answer().status, (201, 409))
            self.assertEqual(b"", connection.rest())

    def test_expecting_does_not_join_requests(self):
        connection = self.connect()
        head = self.server.head("GET /v1/hosts", "Expect: 100-continue")
        connection.send(*head).send("GET /v1/hosts HTTP/1.1", "Host: a", "Connection: close")
        self.assertEqual(200, connection.answer().status)
        self.assertEqual(401, connection.answer().status)
        self.assertEqual(b"", connection.rest())

    def test_chunks_are_read(self):
        body = b'5\r\n{"nam\r\nb\r\ne": "prod"}\r\n0\r\n\r\n'

        answer = self.ask("POST /v1/clouds", "Transfer-Encoding: chunked", body=body)

        self.assertEqual((201, "prod"), (answer.status, answer.json["name"]))

    def test_a_body_of_the_size_that_is_allowed_is_read_and_one_more_is_not(self):
        def post(size: int) -> base.Answer:
            body = '{"name": "a"}'.ljust(size)
            return self.ask("POST /v1/clouds", f"Content-Length: {size}", body=body)

        self.assertEqual(201, post(2000).status)
        self.assert_refused(413, post(2001), "2000 bytes")

    def test_gigabytes_are_refused_before_they_are_read(self):
        before = self.memory()
        for more in ((), ("Expect: 100-continue",)):
            head = self.server.head("POST /v1/clouds", "Content-Length: 5000000000", *more)
            connection = self.connect().send(*head)
            self.assert_refused(413, connection.answer(), "2000 bytes")

        connection = self.connect()
        connection.send(*self.server.head("POST /v1/clouds", "Transfer-Encoding: chunked"))
        chunk = b"f4240\r\n" + bytes(1000000) + b"\r\n"
        connection.send_bytes(*[chunk] * 50)
        self.assert_refused(413, connection.answer())
        self.assertLess(self.memory() - before, 20000)

    def memory(self) -> int:
        """Return the peak memory of the server, in KiB."""
        with open(f"/proc/{self.server.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

    def test_long_urls_are_414_and_long_headers_431(self):
        self.assert_refused(414, self.ask(f"GET /v1/hosts?name={'a' * 2000}"), "2000 bytes")
        self.assert_not_read((414, 431), f"GET /v1/hosts?name={'a' * 20000}")
        self.assert_not_read((431,), f"GET / HTTP/1.1\r\nHost: a\r\nA: {'a' * 20000}")

    def test_a_body_that_comes_too_slowly_is_408(self):
        connection = self.connect()
        connection.send(*self.server.head("POST /v1/clouds", "Content-Length: 9"), body="{")

        self.assert_refused(408, connection.answer(), "1 seconds")
        self.assertEqual(b"", connection.rest())

    def test_connections_whose_headers_do_not_arrive_are_closed(self):
        for text in (b"", b"GET /v1/hosts HTTP/1.1\r\nHost: x"):
            connection = self.connect()
            connection.send_bytes(text)
            self.assertEqual(b"", connection.rest())


class TestTooManyRequests(live.LiveTestCase):
    def test_one_more_is_503_at_once_and_those_before_are_answered(self):
        self.serve("--processes=1", "--threads=1", "--request-limit=1")
        answers: list[t.Any] = []

        def create() -> None:
            body = '{"name": "a"}'
            length = f"Content-Length: {len(body)}"
            while (answer := self.ask("POST /v1/clouds", length, body=body)).status == 503:
                pass
            answers.append(answer)

        # No other connection can write during this transaction.
        other = sqlite3.connect(self.server.folder / "fleet.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=create)
        waiting.start()
        try:
            while (refused := self.ask("GET /v1/hosts")).status != 503:
                pass
        finally:
            other.execute("ROLLBACK")
            waiting.join()

        self.assertEqual("1", refused.headers["retry-after"])
        self.assertEqual(
            {"message": "The server is busy: try again.", "status": 503}, refused.json
        )
        self.assertEqual([201], [answer.status for answer in answers])
