# SPDX-License-Identifier: Apache-2.0
"""Retries: the requests that a failing server receives."""

from __future__ import annotations

from unittest import mock

from cratonclient import auth, exceptions, session
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes

NOW = {"Retry-After": "0"}
GOOD = fakes.Reply(body={"hosts": [], "links": []})
SAFE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


def busy(status: int = 503) -> fakes.Reply:
    """Return the reply of a busy server that allows an immediate retry."""
    return fakes.Reply(status, {"message": "busy", "status": status}, NOW)


class RetriesTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        # The tests do not sleep. Those about waiting check the calls.
        patch = mock.patch("urllib3.util.retry.time.sleep")
        self.sleep = patch.start()
        self.addCleanup(patch.stop)

    def serve(self, *replies: fakes.Reply, timeout: float | None = 30) -> session.Session:
        """Start a server and return a session."""
        self.server = fakes.Server(*replies)
        self.addCleanup(self.server.close)
        craton = auth.create_session_with(None, True, timeout=timeout)
        self.addCleanup(craton.close)
        return craton


class TestBusyServers(RetriesTestCase):
    def test_a_get_is_repeated_until_it_is_answered(self):
        craton = self.serve(busy(), busy(), GOOD)

        response = craton.get(self.server.url)

        self.assertEqual(200, response.status_code)
        self.assertEqual(["GET"] * 3, self.server.methods)

    def test_what_is_safe_to_repeat_is_repeated_three_times(self):
        for method in SAFE:
            craton = self.serve(busy())

            self.assertRaises(
                exceptions.ServiceUnavailable, craton.request, method, self.server.url
            )

            self.assertEqual([method] * 4, self.server.methods)

    def test_what_is_not_safe_to_repeat_is_sent_once(self):
        for method in ("POST", "PATCH"):
            for status in (429, 502, 503, 504):
                craton = self.serve(busy(status))

                error = self.assertRaises(
                    exceptions.HTTPError, craton.request, method, self.server.url, json={}
                )

                self.assertEqual(status, error.status_code)
                self.assertEqual([method], self.server.methods)

    def test_each_status_that_says_try_again_is_believed(self):
        for status in (429, 502, 503, 504):
            craton = self.serve(busy(status), GOOD)

            craton.get(self.server.url)

            self.assertEqual(2, len(self.server.seen))

    def test_other_errors_are_final(self):
        for status in (400, 401, 404, 409, 500, 501):
            craton = self.serve(busy(status))

            self.assertRaises(exceptions.HTTPError, craton.get, self.server.url)

            self.assertEqual(1, len(self.server.seen))

    def test_in_the_end_the_answer_is_the_error(self):
        craton = self.serve(busy())

        error = self.assertRaises(exceptions.ServiceUnavailable, craton.get, self.server.url)

        self.assertEqual("busy", error.server_message)
        self.assertEqual(503, error.status_code)

    def test_a_put_is_repeated_with_its_body(self):
        craton = self.serve(busy(), GOOD)

        craton.put(self.server.url, json={"note": "x"})

        self.assertEqual([b'{"note": "x"}'] * 2, [seen.body for seen in self.server.seen])


class TestWaits(RetriesTestCase):
    def waits(self) -> list[float]:
        return [call.args[0] for call in self.sleep.call_args_list]

    def test_retry_after_is_kept(self):
        craton = self.serve(fakes.Reply(503, headers={"Retry-After": "7"}), GOOD)

        craton.get(self.server.url)

        self.assertEqual([7], self.waits())

    def test_who_waits_as_asked_says_so(self):
        craton = self.serve(fakes.Reply(503, headers={"Retry-After": "7"}), GOOD)

        with self.assertLogs("cratonclient.wait", "INFO") as said:
            craton.get(self.server.url)

        self.assertEqual(
            ["The server is busy. Retrying in 7 s."],
            [record.getMessage() for record in said.records],
        )

    def test_a_retry_after_that_says_nothing_is_passed_over(self):
        craton = self.serve(fakes.Reply(503, headers={"Retry-After": "soon"}), GOOD)

        with self.assertNoLogs("cratonclient.wait", "INFO"):
            craton.get(self.server.url)

        self.assertEqual(["GET"] * 2, self.server.methods)
        self.assertTrue(all(wait < 1 for wait in self.waits()), self.waits())

    def test_retry_after_does_not_stop_a_program_for_hours(self):
        craton = self.serve(fakes.Reply(503, headers={"Retry-After": "86400"}), GOOD)

        craton.get(self.server.url)

        self.assertTrue(all(wait <= 60 for wait in self.waits()), self.waits())

    def test_each_wait_is_longer_and_none_is_the_same(self):
        craton = self.serve(fakes.Reply(503))

        self.assertRaises(exceptions.ServiceUnavailable, craton.get, self.server.url)
        first = self.waits()
        self.assertRaises(exceptions.ServiceUnavailable, craton.get, self.server.url)

        self.assertEqual(sorted(first), first)
        self.assertTrue(0 < first[-1] <= 10, first)
        self.assertNotEqual(first, self.waits()[len(first) :])


class TestLostConnections(RetriesTestCase):
    def test_a_get_is_repeated_once_when_the_server_hangs_up(self):
        craton = self.serve(fakes.DROP, GOOD)

        self.assertEqual(200, craton.get(self.server.url).status_code)

        self.assertEqual(2, len(self.server.seen))

    def test_a_server_that_always_hangs_up_is_a_failed_connection(self):
        craton = self.serve(fakes.DROP)

        error = self.assertRaises(exceptions.ConnectionFailed, craton.get, self.server.url)

        self.assertIn(self.server.url, str(error))
        self.assertEqual(2, len(self.server.seen))

    def test_a_post_is_not_repeated_once_it_was_sent(self):
        craton = self.serve(fakes.DROP)

        self.assertRaises(
            exceptions.ConnectionFailed, craton.post, self.server.url, json={"name": "x"}
        )

        self.assertEqual(["POST"], self.server.methods)

    def test_a_connection_that_never_came_about_is_tried_again_for_all(self):
        craton = self.serve(GOOD)
        self.server.close()

        for method in ("GET", "POST"):
            self.sleep.reset_mock()
            self.assertRaises(
                exceptions.ConnectionFailed, craton.request, method, self.server.url
            )
            self.assertTrue(self.sleep.called, method)
        self.assertEqual([], self.server.seen)


class TestTimeouts(RetriesTestCase):
    def test_a_server_that_is_silent_for_too_long_is_given_up(self):
        craton = self.serve(fakes.HANG, timeout=0.05)

        error = self.assertRaises(exceptions.Timeout, craton.get, self.server.url)

        self.assertIn(self.server.url, str(error))
        self.assertEqual(2, len(self.server.seen))

    def test_a_post_that_timed_out_is_not_repeated(self):
        craton = self.serve(fakes.HANG, timeout=0.05)

        self.assertRaises(exceptions.Timeout, craton.post, self.server.url, json={})

        self.assertEqual(["POST"], self.server.methods)

    def test_a_timeout_of_one_request_takes_the_place_of_the_session_s(self):
        craton = self.serve(fakes.HANG)

        self.assertRaises(
            exceptions.Timeout, craton.post, self.server.url, json={}, timeout=0.05
        )
