# SPDX-License-Identifier: Apache-2.0
"""The log of reached limits: who and which, but not a line for each request."""

from __future__ import annotations

import typing as t

from cratonclient.tests import base
from cratonserver import errors, wsgi_keys
from cratonserver.identity import Identity
from cratonserver.serving import limit_log


class TestLimitLog(base.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.log = limit_log.LimitLog(lambda: self.now)

    def reach(self, limit: str = "body_size", times: int = 1, **environ: t.Any) -> list[t.Any]:
        """Let a request reach a limit several times; return the fields of the lines."""
        refused = errors.Refused(413, "The body is too large.", "token=hunter2", reason=limit)
        with self.assertLogs("cratonserver.limits", "WARNING") as seen:
            limit_log.LOG.warning("so that there is a line")
            for _ in range(times):
                self.log.refused({"REMOTE_ADDR": "192.0.2.1", **environ}, refused)
        return [record.fields for record in seen.records[1:]]  # type: ignore[attr-defined]

    def test_a_line_names_the_user_and_the_limit(self):
        who = Identity("a-project", "bob")
        more: t.Any = {wsgi_keys.IDENTITY: who, wsgi_keys.REQUEST_ID: "req-1"}

        self.assertEqual(
            [
                {
                    "request_id": "req-1",
                    "client": "192.0.2.1",
                    "user": "bob",
                    "project": "a-project",
                    "limit": "body_size",
                    "reason": "The body is too large.",
                    "left_out": 0,
                }
            ],
            self.reach(**more),
        )

    def test_without_a_user_it_names_the_address(self):
        [fields] = self.reach()

        self.assertEqual(("192.0.2.1", None), (fields["client"], fields["user"]))

    def test_refusals_without_a_limit_are_not_logged(self):
        self.assertEqual([], self.reach(""))

    def test_repetitions_are_counted_and_not_logged(self):
        self.assertEqual(1, len(self.reach(times=500)))
        self.assertEqual([], self.reach(times=500))
        self.now += limit_log.PERIOD
        [fields] = self.reach()
        self.assertEqual(999, fields["left_out"])

    def test_others_and_other_limits_have_lines_of_their_own(self):
        self.reach(times=9)

        self.assertEqual(1, len(self.reach("url_length")))
        self.assertEqual(1, len(self.reach(REMOTE_ADDR="192.0.2.2")))

    def test_many_addresses_do_not_flood_the_log_or_the_memory(self):
        lines = sum(len(self.reach(REMOTE_ADDR=f"2001:db8::{n:x}")) for n in range(5000))

        self.assertEqual(limit_log.LINES, lines)
        self.assertLessEqual(len(self.log._seen), limit_log._REMEMBERED)
        self.now += limit_log.PERIOD
        self.assertEqual(1, len(self.reach()))
