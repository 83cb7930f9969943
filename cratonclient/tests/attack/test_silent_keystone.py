# SPDX-License-Identifier: Apache-2.0
"""A Keystone that does not respond, and invalid tokens, do not harm other requests."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import threading
import time
import typing as t

from testtools import content

from cratonclient.tests import base as tests_base
from cratonclient.tests.attack import base, fake_keystone
from cratonclient.tests.integration.server import databases

_CONFIGURATION = """\
[DEFAULT]
auth = keystone
database = {database}
[serving]
listen = 127.0.0.1:0
processes = 1
[keystone_authtoken]
www_authenticate_uri = {url}
auth_type = password
auth_url = {url}
username = craton
password = secret
user_domain_id = default
project_name = service
project_domain_id = default
http_connect_timeout = {timeout}
"""
#: Seconds of each attack.
DURATION = 5
TIMEOUT = 2


class Answer(t.NamedTuple):
    """A response, and how long it took."""

    status: int
    message: str
    seconds: float


class TestSilentKeystone(tests_base.TestCase):
    """Many clients send tokens that nobody has validated."""

    def setUp(self):
        super().setUp()
        self.keystone = fake_keystone.Keystone()
        self.addCleanup(self.keystone.stop)
        folder = self.folder()
        (folder / "server.conf").write_text(
            _CONFIGURATION.format(
                database=databases.new(self.addCleanup),
                url=self.keystone.url,
                timeout=TIMEOUT,
            )
        )
        options = ["--config-file", str(folder / "server.conf")]
        log = folder / "log"
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [base.BIN / "craton-server", "run", "--no-access-log", *options],
                stderr=said,
            )
        self.addCleanup(self.process.wait, 20)
        self.addCleanup(self.process.terminate)
        base.wait_for(lambda: "(Ctrl-C" in log.read_text() or self.process.poll() is not None)
        self.port = int(log.read_text().split(" at ")[1].split()[0].rpartition(":")[2])

    def ask(self, path: str, token: str = "", source: str = base.ELSEWHERE) -> Answer:
        """Send a request from an address."""
        began = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=base.PATIENCE, source_address=(source, 0)
        )
        try:
            connection.request("GET", path, headers={"X-Auth-Token": token} if token else {})
            response = connection.getresponse()
            body = json.loads(response.read())
            message = str(body.get("message", ""))
            return Answer(response.status, message, time.monotonic() - began)
        finally:
            connection.close()

    def attack(self, token_of: t.Callable[[int], str]) -> tuple[list[Answer], list[Answer]]:
        """Send tokens from many threads and addresses, and poll as others meanwhile.

        :param token_of: function that returns the token of a number.
        :returns: the responses to the attack, and those to others.
        """
        hostile: list[Answer] = []
        others: list[Answer] = []
        end = time.monotonic() + DURATION

        def flood(number: int) -> None:
            sent = 0
            while time.monotonic() < end:
                token = token_of(number * 100_000 + sent)
                hostile.append(self.ask("/v1/clouds", token, f"127.0.0.{10 + number}"))
                sent += 1
                time.sleep(0.02)

        threads = [threading.Thread(target=flood, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            others.append(self.ask("/healthcheck"))
            others.append(self.ask("/v1/clouds", self.keystone.token))
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        return hostile, others

    def report(self, hostile: list[Answer], others: list[Answer]) -> None:
        """Add a line to the report."""
        waits = [one.seconds for one in others]
        statuses = sorted({one.status for one in hostile})
        self.addDetail(
            "figures",
            content.text_content(
                f"others waited {max(waits):.3f} s at most, {statistics.median(waits):.3f} s "
                f"in the median of {len(waits)} requests; of {len(hostile)} tokens, "
                f"{self.keystone.asked} were asked about, refused with {statuses}"
            ),
        )

    def test_a_keystone_that_falls_silent(self):
        self.assertEqual(200, self.ask("/v1/clouds", self.keystone.token).status)
        self.keystone.answers.clear()

        hostile, others = self.attack(lambda number: f"token-{number}")

        self.report(hostile, others)
        self.assertEqual({200}, {one.status for one in others})
        self.assertLess(statistics.median(one.seconds for one in others), 0.5)
        self.assertLess(max(one.seconds for one in others), 2)
        self.assertEqual({503}, {one.status for one in hostile})
        self.assertTrue(all("Keystone" in one.message for one in hostile))
        self.assertIn(f"within {TIMEOUT} seconds", " ".join(one.message for one in hostile))
        self.assertLess(max(one.seconds for one in hostile), TIMEOUT * 5)
        self.keystone.answers.set()
        base.wait_for(lambda: self.ask("/v1/clouds", "nonsense").status == 401)

    def test_one_invalid_token_again_and_again(self):
        self.assertEqual(200, self.ask("/v1/clouds", self.keystone.token).status)
        before = self.keystone.asked

        hostile, others = self.attack(lambda _: "nonsense")

        self.report(hostile, others)
        self.assertEqual({200}, {one.status for one in others})
        self.assertLess(statistics.median(one.seconds for one in others), 0.5)
        self.assertIn(401, {one.status for one in hostile})
        # Keystone is asked once, unless several threads asked at the same time.
        self.assertLess(self.keystone.asked - before, 10)
