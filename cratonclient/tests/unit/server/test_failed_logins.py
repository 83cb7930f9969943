# SPDX-License-Identifier: Apache-2.0
"""Failed logins are slowed down, without locking out others."""

from __future__ import annotations

import typing as t

from cratonclient.tests import base
from cratonserver import errors, wsgi_keys
from cratonserver.serving import failed_logins

BURST = 3


class TestFailedLogins(base.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.checked: list[str] = []
        self.layer = failed_logins.FailedLogins(
            self.check, BURST, frozenset({"/livez"}), lambda: self.now
        )

    def check(self, environ: t.Any, start_response: t.Any) -> list[bytes]:
        """Accept the key ``right``."""
        self.checked.append(environ["HTTP_X_AUTH_USER"])
        right = environ["HTTP_X_AUTH_TOKEN"] == "right"
        if right:
            environ[wsgi_keys.IDENTITY] = object()
        start_response("200 OK" if right else "401 Unauthorized", [])
        return []

    def login(
        self,
        key: str,
        user: str = "ada",
        address: str = "192.0.2.1",
        path: str = "/v1/hosts",
    ) -> int:
        """Send a request and return the status."""
        statuses: list[int] = []
        environ = {
            "REMOTE_ADDR": address,
            "PATH_INFO": path,
            "HTTP_X_AUTH_USER": user,
            "HTTP_X_AUTH_PROJECT": "p",
            "HTTP_X_AUTH_TOKEN": key,
        }
        try:
            start: t.Any = lambda status, *_: statuses.append(int(status[:3]))  # noqa: E731
            self.layer(environ, start)
        except errors.Refused as exc:
            self.retry_after = exc.headers["Retry-After"]
            return exc.status
        return statuses[0]

    def test_after_some_failures_keys_are_not_checked_for_a_while(self):
        self.assertEqual([401] * BURST + [429], [self.login("wrong") for _ in range(BURST + 1)])
        self.assertEqual(BURST, len(self.checked))
        self.assertEqual("3", self.retry_after)

        self.now += failed_logins.INTERVAL
        self.assertEqual([401, 429], [self.login("wrong"), self.login("wrong")])
        self.now += 100 * failed_logins.INTERVAL
        self.assertEqual([401] * BURST + [429], [self.login("wrong") for _ in range(BURST + 1)])

    def test_others_and_keys_that_were_right_are_checked(self):
        self.assertEqual(200, self.login("right"))
        for _ in range(BURST):
            self.login("wrong")

        self.assertEqual(429, self.login("wrong"))
        self.assertEqual(200, self.login("right"))
        self.assertEqual(200, self.login("right", user="bob"))
        self.assertEqual(200, self.login("right", address="192.0.2.2"))

    def test_many_names_do_not_help(self):
        statuses = [self.login("wrong", user=f"user-{n}") for n in range(50)]

        self.assertEqual([401] * 30 + [429] * 20, statuses)

    def test_a_burst_is_one_line_without_the_key(self):
        with self.assertLogs("cratonserver.limits", "WARNING") as log:
            for _ in range(BURST):
                self.login("s3cret", user="x" * 1000, address="192.0.2.77")

        fields = t.cast("t.Any", log.records[0]).fields
        self.assertEqual(["login failed"], [record.message for record in log.records])
        self.assertEqual(("192.0.2.77", "x" * 100), (fields["client"], fields["user"]))
        self.assertNotIn("s3cret", str(fields))

    def test_memory_is_bounded(self):
        buckets = failed_logins.Buckets(1, 3)
        for number in range(20_000):
            buckets.take(number, 0)

        self.assertEqual(10_000, len(buckets._full_at))

    def test_the_log_does_not_have_a_key_that_was_sent_as_the_name(self):
        for user in (f"craton_{48 * 'a'}", f"{60 * 'x'}craton_{48 * 'a'}", "password=pa55word"):
            with self.assertLogs("cratonserver.limits", "WARNING") as log:
                self.login("ada", user=user)

            shown = t.cast("t.Any", log.records[0]).fields["user"]
            self.assertTrue(shown.endswith("***"), shown)
            self.assertNotIn("aaaa", shown)

    def test_paths_that_need_no_credentials_ignore_wrong_ones(self):
        for _ in range(BURST):
            self.login("wrong")

        self.assertEqual(429, self.login("wrong"))
        checked = len(self.checked)
        self.login("wrong", path="/livez")
        self.assertEqual(checked + 1, len(self.checked))
