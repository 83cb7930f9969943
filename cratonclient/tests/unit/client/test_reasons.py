# SPDX-License-Identifier: Apache-2.0
"""Reasons of changes: which requests send them, and which texts are refused."""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t
from unittest import mock

from cratonclient import exceptions, reasons, session
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

TEXT = "rack r7: ü 日 %20\nnext line"
ENCODED = "rack%20r7%3A%20%C3%BC%20%E6%97%A5%20%2520%0Anext%20line"


def client_on(*answers: t.Any, **keywords: t.Any) -> tuple[client.Client, fakes.FakeSession]:
    """Return a client with these responses, and the fake session below it."""
    below = fakes.FakeSession(*answers)
    return client.Client(session.Session(session=below), fakes.URL, **keywords), below


def sent(below: fakes.FakeSession) -> list[str | None]:
    """Return the header of each request."""
    return [call.get("headers", {}).get(reasons.HEADER) for call in below.calls]


class TestReasons(base.TestCase):
    HOST: t.ClassVar[dict[str, t.Any]] = {"id": 1, "name": "web-1"}

    def test_what_writes_sends_it(self):
        host, done = fakes.answer(self.HOST), fakes.answer(status=204)
        craton, below = client_on(host, host, host, done, reason=TEXT)

        found = craton.hosts.get(1)
        craton.clouds.create(name="prod")
        craton.hosts.update(1, note="n")
        found.delete()

        self.assertEqual([None, ENCODED, ENCODED, ENCODED], sent(below))

    def test_without_one_no_header_is_added(self):
        craton, below = client_on(fakes.answer(status=204))
        craton.hosts.delete(1)
        self.assertNotIn("headers", below.calls[0])

    def test_a_block_has_its_own(self):
        craton, below = client_on(*[fakes.answer(status=204)] * 5, reason="always")

        with craton.because("outer"):
            craton.hosts.delete(1)
            with craton.because("inner"):
                craton.hosts.delete(1)
            craton.hosts.delete(1)
        craton.hosts.delete(1)
        with contextlib.suppress(ValueError), craton.because("failing"):
            raise ValueError
        craton.hosts.delete(1)

        self.assertEqual(["outer", "inner", "outer", "always", "always"], sent(below))

    def test_an_object_from_before_the_block_sends_it(self):
        craton, below = client_on(fakes.answer(self.HOST), fakes.answer(status=204))
        host = craton.hosts.get(1)
        with craton.because("late"):
            host.delete()
        self.assertEqual([None, "late"], sent(below))

    def test_a_block_is_about_one_client(self):
        craton, _ = client_on()
        other, below = client_on(fakes.answer(status=204))
        with craton.because("mine"):
            other.hosts.delete(1)
        self.assertEqual([None], sent(below))

    def test_another_thread_does_not_see_a_block(self):
        craton, below = client_on(fakes.answer(status=204))
        with craton.because("mine"):
            thread = threading.Thread(target=craton.hosts.delete, args=[1])
            thread.start()
            thread.join()
        self.assertEqual([None], sent(below))

    def test_a_client_does_not_change_the_session_that_it_shares(self):
        below = fakes.FakeSession(*[fakes.answer(status=204)] * 2)
        shared = session.Session(session=below)

        client.Client(shared, fakes.URL, reason="mine").hosts.delete(1)
        client.Client(shared, fakes.URL).hosts.delete(1)

        self.assertEqual(["mine", None], sent(below))

    def test_a_header_of_the_program_takes_its_place(self):
        craton, below = fakes.session_on(fakes.answer())
        own = {"x-craton-reason": "own", "Accept": "a/b"}
        craton.with_reason("mine").post("http://h", headers=own)
        self.assertEqual([own], [call["headers"] for call in below.calls])

    def test_what_cannot_be_sent_is_refused(self):
        cases = {
            "": "is empty",
            " \n": "is empty",
            "a" * 1001: "has 1001 characters, but the maximum is 1000",
            "a\0": "has a NUL character",
            "\udcff": "is not valid Unicode",
            7: "must be a text, not 7",
        }
        craton, below = client_on()
        for text, said in cases.items():
            for give in (craton.because, lambda text: client_on(reason=text)):
                error = self.assertRaises(exceptions.CommandError, give, text)
                self.assertEqual(f"The reason {said}.", str(error))
        self.assertEqual([], below.calls)

    def test_the_longest_fits_into_the_buffers_of_proxies(self):
        options: dict[str, t.Any] = {}
        longest = reasons.check("\U0001f680" * reasons.MAX_LENGTH)
        reasons.add_header(options, "PUT", None, longest)
        self.assertLess(len(options["headers"][reasons.HEADER]), 16 * 1024)

    def test_the_environment(self):
        login = {"CRATON_URL": fakes.URL, "OS_USERNAME": "u", "OS_PASSWORD": "p"}
        login["OS_PROJECT_ID"] = "b9f10eca66ac4c279c139d01e65f96b4"
        for text, expected in ((TEXT, TEXT), ("", None)):
            with mock.patch.dict(os.environ, {**login, "CRATON_REASON": text}):
                self.assertEqual(expected, client.Client.from_environment()._session.reason)
        with mock.patch.dict(os.environ, {**login, "CRATON_REASON": "other"}):
            craton = client.Client.from_environment(reason=TEXT)
        self.assertEqual(TEXT, craton._session.reason)
        with mock.patch.dict(os.environ, {**login, "CRATON_REASON": "a" * 1001}):
            error = self.assertRaises(
                exceptions.ConfigurationError, client.Client.from_environment
            )
        self.assertIn("CRATON_REASON has 1001 characters", str(error))
