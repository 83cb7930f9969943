# SPDX-License-Identifier: Apache-2.0
"""The limits of what requests ask of Keystone."""

from __future__ import annotations

import typing as t
from unittest import mock

from keystoneauth1 import exceptions as ksa_exceptions
from keystonemiddleware.auth_token import _exceptions as ksm_exceptions

from cratonclient.tests import base
from cratonserver import errors
from cratonserver.auth import keystone_gate


class TestGate(base.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 100.0
        clock = mock.patch("time.monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        self.gate = keystone_gate.Gate(2, 5)
        self.asked = 0

    def ask(self, token: str, result: t.Any = "data") -> t.Any:
        """Ask about a token; Keystone answers with a result, or an exception."""

        def question() -> t.Any:
            self.asked += 1
            if isinstance(result, Exception):
                raise result
            return result() if callable(result) else result

        return self.gate.ask(token, question)

    def refused(self, *asked: t.Any) -> errors.Refused:
        """Ask, and return the refusal."""
        found: errors.Refused = self.assertRaises(errors.Refused, self.ask, *asked)
        self.assertEqual(503, found.status)
        return found

    def test_an_answer_is_passed_on(self):
        self.assertEqual(["data", "data"], [self.ask("a"), self.ask("a")])
        self.assertEqual(2, self.asked)

    def test_an_invalid_token_is_remembered_for_a_while(self):
        invalid = ksm_exceptions.InvalidToken("no")
        for _ in range(3):
            self.assertRaises(ksm_exceptions.InvalidToken, self.ask, "a", invalid)
        self.assertEqual(1, self.asked)
        self.assertEqual("data", self.ask("b"))
        self.now += keystone_gate.REMEMBERED_SECONDS
        self.assertEqual("data", self.ask("a"))

    def test_the_memory_is_bounded(self):
        invalid = ksm_exceptions.InvalidToken("no")
        with mock.patch.object(keystone_gate, "REMEMBERED", 3):
            for number in range(5):
                self.assertRaises(ksm_exceptions.InvalidToken, self.ask, str(number), invalid)
        self.assertEqual("data", self.ask("0"))
        self.assertRaises(ksm_exceptions.InvalidToken, self.ask, "4")

    def test_a_silent_keystone_is_left_alone_for_a_moment(self):
        for silent in (
            ksa_exceptions.ConnectTimeout("slow"),
            ksa_exceptions.ConnectFailure("gone"),
            ksm_exceptions.ServiceError("broken"),
        ):
            self.now += keystone_gate.PAUSE
            self.asked = 0
            said = self.refused("a", silent)
            self.assertIn("does not respond within 5 seconds", said.message)
            self.assertEqual("5", said.headers["Retry-After"])
            self.refused("b")
            self.assertEqual(1, self.asked)
        self.now += keystone_gate.PAUSE
        self.assertEqual("data", self.ask("a"))

    def test_only_some_threads_wait(self):
        def inner() -> str:
            return str(self.ask("b", lambda: self.refused("c").message))

        said = self.ask("a", inner)
        self.assertIn("2 requests of this process", said)
        self.assertEqual("data", self.ask("c"))
