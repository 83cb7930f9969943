# SPDX-License-Identifier: Apache-2.0
"""The room that response bodies take while clients read them."""

from __future__ import annotations

import dataclasses
import typing as t

import falcon

from cratonclient.tests import base
from cratonserver import errors, request_limits
from cratonserver.api import spool
from cratonserver.config.settings import Limits

LIMITS = dataclasses.replace(Limits(), unread_size=1000)


def respond(size: int, address: str = "192.0.2.7", **options: t.Any) -> t.Any:
    """Return the body of a response with a number of bytes."""
    resp = falcon.Response()
    with request_limits.of(LIMITS, address):
        spool.set_parts(resp, [b"x" * size], **options)
    return resp.stream


class TestUnread(base.TestCase):
    def keep(self, size: int, address: str = "192.0.2.7") -> t.Any:
        body = respond(size, address)
        self.addCleanup(body.close)
        return body

    def assert_refused(self, status: int, *arguments: t.Any, **options: t.Any) -> None:
        error = self.assertRaises(errors.Refused, respond, *arguments, **options)
        self.assertEqual((status, "unread_size"), (error.status, error.reason))

    def test_one_address_does_not_take_all_room(self):
        body = self.keep(700)
        self.assert_refused(429, 51)
        self.keep(250, "192.0.2.8")
        body.close()
        self.keep(750)

    def test_all_addresses_have_a_limit(self):
        self.keep(600)
        self.keep(300, "192.0.2.8")
        self.assert_refused(503, 101, "192.0.2.9")
        self.keep(100, "192.0.2.9")

    def test_a_refused_body_and_one_that_is_forgotten_take_no_room(self):
        for _ in range(3):
            self.assert_refused(429, 751)
            respond(750)

    def test_a_change_that_was_made_says_so(self):
        self.assertEqual(200, len(b"".join(respond(200, limited=False))))
        self.keep(750)
        self.assert_refused(503, 10, limited=False)
