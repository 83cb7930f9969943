# SPDX-License-Identifier: Apache-2.0
"""Requests that were sent without a response: nobody knows whether the server made a change."""

from __future__ import annotations

import socket
import threading
import typing as t
from unittest import mock

from cratonclient import auth, exceptions, session
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient_osc.output import exit_status

UNKNOWN = "It is not known whether the server made the change."
HINT = "'craton change list'"
NOBODY = "http://127.0.0.1:1/v1/hosts"


class TestUnknownOutcomes(base.TestCase):
    def setUp(self):
        super().setUp()
        patch = mock.patch("urllib3.util.retry.time.sleep")
        patch.start()
        self.addCleanup(patch.stop)

    def serve(self, *replies: fakes.Reply) -> str:
        server = fakes.Server(*replies)
        self.addCleanup(server.close)
        return f"{server.url}/hosts"

    def sessions(self, **options: t.Any) -> t.Iterator[session.Session]:
        """Yield a session of requests and one of keystoneauth."""
        for craton in (
            auth.create_session_with(None, True, **options),
            auth.craton_auth("demo", "key", "1" * 32, **options),
        ):
            self.addCleanup(craton.close)
            yield craton

    def error(
        self, craton: session.Session, method: str, url: str, **options: t.Any
    ) -> exceptions.ClientException:
        """Return the error of a request."""
        cls = (exceptions.ConnectionFailed, exceptions.Timeout)
        return t.cast(
            "exceptions.ClientException",
            self.assertRaises(cls, craton.request, method, url, **options),
        )

    def test_writes_that_were_sent(self):
        for craton in self.sessions():
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                with self.subTest(craton, method=method):
                    error = self.error(craton, method, self.serve(fakes.DROP))
                    self.assertTrue(error.outcome_unknown)
                    self.assertIn("Lost the connection to http://127.0.0.1:", error.message)
                    self.assertIn(f"without a response. {UNKNOWN}", error.message)
                    self.assertNotIn("Check that the URL", error.message)
                    self.assertNotIn("craton change", error.message)
                    self.assertIn(HINT, exit_status.message_of(error))
                    self.assertEqual(7, exit_status.status_of(error))

    def test_a_response_that_comes_too_late(self):
        for craton in self.sessions(timeout=0.05):
            error = self.error(craton, "POST", self.serve(fakes.HANG))
            self.assertIsInstance(error, exceptions.Timeout)
            self.assertIn(f"did not respond in time. {UNKNOWN}", error.message)
            self.assertNotIn("Check the URL", exit_status.message_of(error))

    def test_one_attempt_of_several_was_sent(self):
        for craton in self.sessions():
            listening = socket.create_server(("127.0.0.1", 0))
            port = listening.getsockname()[1]

            def serve(listening: socket.socket = listening) -> None:
                connection, _ = listening.accept()
                listening.close()  # before the first attempt fails
                with connection:
                    connection.recv(65536)

            thread = threading.Thread(target=serve)
            thread.start()
            error = self.error(craton, "PUT", f"http://127.0.0.1:{port}/hosts")
            thread.join()
            self.assertIn(f"refused. {UNKNOWN}", error.message)

    def test_requests_that_were_not_sent(self):
        for craton in self.sessions():
            error = self.error(craton, "POST", NOBODY)
            self.assertFalse(error.outcome_unknown)
            self.assertIn("Unable to establish connection to", error.message)
            self.assertIn("Check that the URL is correct", error.message)
            self.assertNotIn("known", exit_status.message_of(error))

    def test_requests_that_change_nothing(self):
        for craton in self.sessions():
            url = self.serve(fakes.DROP)
            for method, path, options in (
                ("GET", "", {}),
                ("POST", "/lookups", {"json": {"names": ["x"]}}),
                ("POST", "/changes", {"json": {"dry_run": True, "changes": []}}),
            ):
                error = self.error(craton, method, f"{url}{path}", **options)
                self.assertNotIn(UNKNOWN, error.message)
                self.assertFalse(error.outcome_unknown)
