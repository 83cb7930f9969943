# SPDX-License-Identifier: Apache-2.0
"""The session without keystoneauth behaves like the session with keystoneauth."""

from __future__ import annotations

import json
import logging
import socket
import typing as t
from unittest import mock

from cratonclient import auth, exceptions, session
from cratonclient.http import credentials, direct
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
KEY = "9c4f60a1d7e2-key-that-no-log-may-hold"
GOOD = fakes.Reply(body={"hosts": [], "links": []})
Outcome = tuple[type[Exception], str]


class DirectTestCase(base.TestCase):
    def serve(self, *replies: fakes.Reply) -> fakes.Server:
        """Start a server for both sessions."""
        server = fakes.Server(*replies)
        self.addCleanup(server.close)
        return server

    def both(self, timeout: float | None = 30) -> list[session.Session]:
        """Return a session with keystoneauth and a session without it."""
        plugin = auth.CratonAuth("demo", PROJECT, KEY)
        headers = credentials.headers("demo", KEY, PROJECT)
        below = direct.DirectSession(headers, timeout=timeout)
        found = [
            auth.create_session_with(plugin, True, timeout=timeout),
            session.Session(session=below),
        ]
        for one in found:
            self.addCleanup(one.close)
        return found


class TestRequests(DirectTestCase):
    def test_they_carry_the_same(self):
        server = self.serve(GOOD)
        for craton in self.both():
            craton.get(f"{server.url}/v1/hosts", params={"limit": 10})
            craton.post(f"{server.url}/v1/hosts", json={"name": "Zürich", "gone": None})
            craton.put(server.url, headers={"X-More": "yes"}, json=[])
            craton.delete(server.url, params={}, json=None)

        half = len(server.seen) // 2
        self.assertEqual(4, half)
        self.assertEqual(server.seen[:half], server.seen[half:])
        self.assertEqual(KEY, server.seen[-1].headers["X-Auth-Token"])
        self.assertIn("python-cratonclient/", server.seen[-1].headers["User-Agent"])

    def test_a_client_stands_on_it(self):
        server = self.serve(fakes.Reply(body={"id": 1, "name": "web1"}))
        craton = client.Client(self.both()[1], server.url)

        self.assertEqual("web1", craton.hosts.get(1).name)

    def test_without_a_url_there_is_none(self):
        self.assertRaises(exceptions.EndpointNotFound, self.both()[1].endpoint)

    def test_certificates_are_verified_unless_told_otherwise(self):
        for verify in (True, False, "/etc/ca.pem"):
            below = direct.DirectSession({}, verify)
            below.session.trust_env = False
            with mock.patch.object(below.session, "send") as send:
                below.request("GET", "https://craton.example")
            self.assertEqual(verify, send.call_args.kwargs["verify"])


class TestFailures(DirectTestCase):
    """Both sessions raise the same errors."""

    def setUp(self):
        super().setUp()
        patch = mock.patch("urllib3.util.retry.time.sleep")
        patch.start()
        self.addCleanup(patch.stop)

    def outcome(self, method: str, url: str, timeout: float | None = 30) -> Outcome:
        """Send a request with both sessions and return the common outcome."""
        found = []
        for craton in self.both(timeout):
            error = self.assertRaises(exceptions.ClientException, craton.request, method, url)
            found.append((type(error), str(error)))
        self.assertEqual(found[0], found[1])
        return found[1]

    def test_nobody_listens(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))  # no listen(): connections are refused
        kind, text = self.outcome("GET", f"http://127.0.0.1:{taken.getsockname()[1]}")
        self.assertIs(exceptions.ConnectionFailed, kind)
        self.assertIn("refused", text)

    def test_a_name_that_no_resolver_knows(self):
        with mock.patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "unknown")):
            kind, text = self.outcome("GET", "http://craton.invalid")
        self.assertIs(exceptions.ConnectionFailed, kind)
        self.assertIn("craton.invalid", text)

    def test_a_server_that_keeps_silent(self):
        for method in ("GET", "POST"):
            kind, text = self.outcome(method, self.serve(fakes.HANG).url, timeout=0.1)
            self.assertIs(exceptions.Timeout, kind)
            self.assertIn("127.0.0.1", text)

    def test_a_server_that_hangs_up(self):
        for method in ("GET", "POST"):
            kind, _ = self.outcome(method, self.serve(fakes.DROP).url)
            self.assertIs(exceptions.ConnectionFailed, kind)

    def test_a_server_without_a_certificate(self):
        kind, text = self.outcome("GET", self.serve(GOOD).url.replace("http:", "https:"))
        self.assertIs(exceptions.ConnectionFailed, kind)
        self.assertIn("certificate", text)

    def test_an_answer_that_breaks_off(self):
        for headers in ({"Content-Length": "9"}, {"Content-Encoding": "gzip"}):
            url = self.serve(fakes.Reply(body={}, headers=headers)).url
            kind, text = self.outcome("GET", url)
            self.assertIs(exceptions.ConnectionFailed, kind)
            self.assertIn("the response", text)

    def test_statuses(self):
        number = {"x-openstack-request-id": "req-7", "Retry-After": "0"}
        for status in (400, 401, 403, 404, 409, 418, 429, 500, 503):
            body = {"message": f"it is {status}", "status": status}
            kind, text = self.outcome("GET", self.serve(fakes.Reply(status, body, number)).url)
            self.assertIs(exceptions.class_for(status), kind)
            self.assertEqual(f"it is {status} (HTTP {status}) (Request-ID: req-7)", text)

    def test_redirects(self):
        elsewhere = self.serve(GOOD)
        answer = fakes.Reply(302, None, {"Location": elsewhere.url})
        kind, _ = self.outcome("GET", self.serve(answer).url)
        self.assertIs(exceptions.HTTPRedirection, kind)
        self.assertEqual([], elsewhere.seen)

    def test_requests_are_repeated_alike(self):
        for method, times in (("GET", 4), ("POST", 1)):
            server = self.serve(fakes.Reply(503, {"message": "busy"}, {"Retry-After": "0"}))
            self.outcome(method, server.url)
            self.assertEqual([method] * 2 * times, server.methods)


class TestLogs(DirectTestCase):
    def log_of(self, reply: fakes.Reply, **kwargs: t.Any) -> str:
        """Return the log of a request."""
        server = self.serve(reply)
        with self.assertLogs("cratonclient.direct", logging.DEBUG) as logs:
            self.both()[1].request("POST", f"{server.url}/v1/users", **kwargs)
        return "\n".join(logs.output)

    def test_a_request_and_its_answer(self):
        log = self.log_of(GOOD, params={"limit": 10}, json={"name": "web1"})

        self.assertRegex(log, r'REQ: curl -g -i -X POST "http://\S+/v1/users\?limit=10" -H ')
        self.assertIn("""-d '{"name": "web1"}'""", log)
        self.assertIn("RESP: [200]", log)
        self.assertIn(f"RESP BODY: {json.dumps(GOOD.body)}", log)

    def test_secrets_are_in_no_log(self):
        cookie = {"Set-Cookie": "a=hidden-cookie; Path=/"}
        reply = fakes.Reply(body={"api_key": "hidden-answer", "note": KEY}, headers=cookie)
        log = self.log_of(
            reply, json={"api_key": "hidden-body"}, params={"token": "hidden-query"}
        )

        self.assertIn("X-Auth-Token: ***", log)
        self.assertNotIn("hidden", log)
        self.assertNotIn(KEY, log)

    def test_a_short_key_is_in_no_log(self):
        below = direct.DirectSession(credentials.headers("demo", "tiny", PROJECT))
        self.addCleanup(below.session.close)
        with self.assertLogs("cratonclient.direct", logging.DEBUG) as logs:
            below.request("GET", self.serve(GOOD).url)

        self.assertIn("X-Auth-Token: ***", logs.output[0])
        self.assertNotIn("tiny", "".join(logs.output))

    def test_what_is_no_text_is_left_out(self):
        log = self.log_of(fakes.Reply(headers={"Content-Type": "image/png"}, body="pixels"))

        self.assertIn("image/png", log)
        self.assertNotIn("pixels", log)
