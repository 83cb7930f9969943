# SPDX-License-Identifier: Apache-2.0
"""The primary is lost, the standby is promoted, and servers and clients go on."""

from __future__ import annotations

import signal
import threading
import time
from concurrent import futures

import requests

from cratonclient.tests import postgresql
from cratonclient.tests.integration.server import crashes

#: Seconds without a write that a client may see after the promotion. A busy machine that
#: runs the tests needs most of them.
SHORT = 20.0


class FailoverTestCase(crashes.CrashTestCase):
    def setUp(self):
        super().setUp()
        self.pair = self.enterContext(postgresql.running_pair())
        self.prepare(self.pair.url)
        self.threads: list[threading.Thread] = []

    def write_through(self, *servers: crashes.Server) -> None:
        """Start clients that write through servers, and wait until they have written."""
        for server in servers:
            self.threads += self.writers(server, 3)
        self.wait_for(40)

    def end(self) -> None:
        """Stop the clients."""
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def assertGoesOn(self) -> float:
        """Promote the standby, and return the seconds until a write succeeds."""
        self.pair.promote()
        began = time.monotonic()
        self.wait_for(1)
        paused = time.monotonic() - began
        self.wait_for(40)
        self.assertLess(paused, SHORT)
        return paused


class TestFailover(FailoverTestCase):
    def test_clients_go_on_when_the_primary_is_killed(self):
        self.write_through(self.serve(), self.serve())

        self.pair.primary.signal_all(signal.SIGKILL)
        self.wait_for(4, status=503)
        self.assertGoesOn()
        self.end()

        self.assertLessEqual(set(self.statuses), {200, 201, 204, 503}, self.statuses)
        self.assertNothingLost()

    def test_clients_go_on_when_the_primary_does_not_answer(self):
        # Its sockets stay open, so only the deadline of a request ends a statement.
        deadline = "--request-deadline=4"
        self.write_through(self.serve(deadline), self.serve(deadline))

        self.pair.primary.signal_all(signal.SIGSTOP)
        self.assertGoesOn()
        self.end()

        self.assertLessEqual(set(self.statuses), {200, 201, 204, 503, 504}, self.statuses)
        self.pair.primary.signal_all(signal.SIGKILL)
        self.assertNothingLost()

    def test_connections_to_a_demoted_primary_are_replaced(self):
        self.write_through(self.serve())

        self.pair.primary.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self.pair.primary.execute("SELECT pg_reload_conf()")
        self.wait_for(1, status=503)
        self.assertGoesOn()
        self.pair.primary.signal_all(signal.SIGKILL)  # a COMMIT may wait for its standby
        self.end()

        self.assertLessEqual(set(self.statuses), {200, 201, 204, 503}, self.statuses)

    def test_a_change_that_no_standby_has_is_not_acknowledged(self):
        server = self.serve("--request-deadline=1")
        self.assertIsNotNone(self.call(server, "POST", "/clouds", {"name": "before"}))

        self.pair.standby.signal_all(signal.SIGSTOP)
        answers = [self.post(server, "unanswered"), self.post(server, "canceled", cancel=True)]
        self.pair.standby.signal_all(signal.SIGCONT)

        for answer in answers:
            self.assertEqual(503, answer.status_code, answer.text)
            self.assertIn("may or may not have been made", answer.json()["message"])
        self.assertIsNotNone(self.call(server, "POST", "/clouds", {"name": "after"}))

    def post(
        self, server: crashes.Server, name: str, cancel: bool = False
    ) -> requests.Response:
        """Create a cloud. If asked to, cancel the COMMIT while it waits for the standby."""
        url = f"{server.url}/v1/clouds"
        with futures.ThreadPoolExecutor() as pool:
            sent = pool.submit(
                requests.post, url, json={"name": name}, headers=self.headers, timeout=60
            )
            while cancel and not sent.done():
                self.pair.primary.execute(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                    "WHERE wait_event = 'SyncRep' AND xact_start > now() - interval '3 s'"
                )
        return sent.result()

    def test_without_a_primary_requests_fail_at_once(self):
        server = self.serve()
        self.assertIsNotNone(self.call(server, "POST", "/clouds", {"name": "before"}))
        self.pair.primary.signal_all(signal.SIGKILL)

        began = time.monotonic()
        for _ in range(5):
            self.assertIsNone(self.call(server, "GET", "/clouds", None))
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual({503}, {*self.statuses} - {200, 201, 204})
