# SPDX-License-Identifier: Apache-2.0
"""``craton change follow`` while servers stop, are killed and start again.

It prints each change once, also those that were made while no server ran.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import typing as t

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import base, crashes, databases, relays
from cratonserver import composition, identity

#: The longest time to wait for a line, in seconds.
_PATIENCE = 60


class Follower:
    """``craton change follow`` in a separate process, and the lines that it prints.

    :param words: more command-line arguments.
    :param environment: its environment variables.
    """

    def __init__(self, *words: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [programs.script("craton"), "change", "follow", "-f", "jsonl", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: dict[str, queue.Queue[str]] = {}
        self._threads: list[threading.Thread] = []
        for name, stream in (("out", self._process.stdout), ("err", self._process.stderr)):
            lines = self._lines[name] = queue.Queue[str]()
            reader = threading.Thread(target=self._read, args=(stream, lines))
            self._threads.append(reader)
            reader.start()

    @staticmethod
    def _read(stream: t.IO[str], lines: queue.Queue[str]) -> None:
        for line in stream:
            lines.put(line)
        lines.put("")

    def change(self) -> dict[str, t.Any]:
        """Return the next change that it prints."""
        line = self._lines["out"].get(timeout=_PATIENCE)
        assert line, "it has ended"
        return t.cast("dict[str, t.Any]", json.loads(line))

    def said(self, words: str) -> None:
        """Wait until it says something on standard error."""
        while words not in (line := self._lines["err"].get(timeout=_PATIENCE)):
            assert line, "it has ended"

    def end(self) -> tuple[int, str]:
        """Wait until it ends. Return its exit status, and the rest of what it printed."""
        status = self._process.wait(timeout=_PATIENCE)
        for thread in self._threads:
            thread.join()
        return status, self._lines["out"].get()

    def close(self) -> None:
        """Kill it, if it still runs."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            t.cast("t.IO[str]", stream).close()


class TestFollowAfterBreaks(tests_base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.database = databases.new(self.addCleanup)
        store = composition.store_at(self.database)
        self.addCleanup(store.close)
        store.open()
        key = str(store.add_root_user("root"))
        self.headers = base.credentials("root", key, identity.FIRST_PROJECT)
        # It writes with a process of its own, so also while there is no server.
        self.writer = base.Caller(composition.application_of(store), self.headers)
        self.relay = relays.Relay(self.addCleanup)
        self.first = self.last()

    def last(self) -> int:
        """Return the last revision of the project."""
        return t.cast("int", self.writer.get("/changes").json["last_revision"])

    def serve(self) -> crashes.Server:
        """Start a server behind the relay."""
        server = crashes.Server(self.database)
        self.addCleanup(server.stop)
        self.relay.lead_to(server.url)
        return server

    def follow(self, number: int, *words: str) -> Follower:
        """Follow the history from its begin, until there are so many more changes than now."""
        settings = {
            "CRATON_URL": self.relay.url,
            "OS_USERNAME": self.headers["X-Auth-User"],
            "OS_PASSWORD": self.headers["X-Auth-Token"],
            "OS_PROJECT_ID": self.headers["X-Auth-Project"],
        }
        environment = programs.clean_environment(str(self.folder())) | settings
        limit = str(self.first + number)
        follower = Follower("--after", "0", "--limit", limit, *words, environment=environment)
        self.addCleanup(follower.close)
        return follower

    def make_changes(self, number: int) -> None:
        for _ in range(number):
            self.writer.make("clouds")

    def assertComplete(self, seen: list[dict[str, t.Any]], follower: Follower) -> None:
        """Check that each change was printed once, in order, and that the program has ended."""
        self.assertEqual((0, ""), follower.end())
        self.assertEqual([*range(1, self.last() + 1)], [one["revision"] for one in seen])

    def test_a_server_that_stops_and_starts_again(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how=how.name):
                self.first = self.last()
                server = self.serve()
                follower = self.follow(9)
                self.make_changes(3)
                seen = [follower.change() for _ in range(self.first + 3)]
                server.stop(how)
                follower.said("Trying again until it works.")
                self.make_changes(3)
                self.serve()
                self.make_changes(3)
                seen += [follower.change() for _ in range(6)]
                follower.said("Connected again; no change was missed.")
                self.assertComplete(seen, follower)

    def test_servers_that_are_killed_while_changes_are_printed(self):
        server = self.serve()
        # The objects take a request for each change.
        follower = self.follow(150, "-c", "revision", "-c", "objects")
        writer = threading.Thread(target=self.make_changes, args=(150,))
        writer.start()
        seen: list[dict[str, t.Any]] = []
        for number in (20, 60):
            seen += [follower.change() for _ in range(number - len(seen))]
            server.stop(signal.SIGKILL)
            follower.said("Trying again until it works.")
            server = self.serve()
        writer.join()
        seen += [follower.change() for _ in range(self.first + 150 - len(seen))]
        self.assertComplete(seen, follower)
        self.assertEqual({1}, {len(one["objects"]) for one in seen[self.first :]})
