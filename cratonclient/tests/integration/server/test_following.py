# SPDX-License-Identifier: Apache-2.0
"""Clients that wait for changes: they hold up nobody, and hear of each change at once."""

from __future__ import annotations

import json
import time
import typing as t

from cratonclient.tests.integration.server import live
from cratonserver.identity import FIRST_PROJECT

#: More than the server has threads.
WAITING = 30
#: The longest that a client waits here, in seconds.
LONG = 50


class TestServer(live.LiveTestCase):
    def setUp(self):
        super().setUp()
        self.process = self.serve("--threads=4", "--processes=1")

    def waiting(self, number: int, after: int, seconds: int = LONG) -> list[live.Connection]:
        """Return connections on which clients wait for a change."""
        line = f"GET /v1/changes?after={after}&wait={seconds}"
        return [self.connect().send(*self.server.head(line)) for _ in range(number)]

    def revisions(self, connection: live.Connection) -> list[int]:
        """Return the revisions in the next response."""
        answer = connection.answer()
        self.assertEqual(200, answer.status, answer.text)
        return [one["revision"] for one in answer.json["changes"]]

    def last(self) -> int:
        """Return the last revision."""
        return t.cast("int", self.ask("GET /v1/changes").json["last_revision"])

    def make_cloud(self, name: str) -> None:
        """Make a change."""
        body = json.dumps({"name": name})
        length = f"Content-Length: {len(body)}"
        self.assertEqual(201, self.ask("POST /v1/clouds", length, body=body).status)

    def test_many_wait_and_others_work(self):
        last = self.last()
        began = time.monotonic()
        connections = self.waiting(WAITING, last)
        for _ in range(10):
            self.assertEqual(200, self.ask("GET /v1/clouds").status)
        self.make_cloud("new")
        for connection in connections:
            self.assertEqual([last + 1], self.revisions(connection))
        self.assertLess(time.monotonic() - began, LONG)

    def test_the_time_passes(self):
        [connection] = self.waiting(1, self.last(), 1)
        self.assertEqual([], self.revisions(connection))

    def test_what_is_there_already_is_not_awaited(self):
        self.make_cloud("old")
        began = time.monotonic()
        [connection] = self.waiting(1, self.last() - 1)
        self.assertEqual(1, len(self.revisions(connection)))
        self.assertLess(time.monotonic() - began, LONG)

    def test_a_client_that_leaves(self):
        last = self.last()
        gone, stays = self.waiting(2, last)
        self.assertEqual(200, self.ask("GET /v1/clouds").status)
        gone.file.close()
        gone.socket.close()
        self.make_cloud("new")
        self.assertEqual([last + 1], self.revisions(stays))
        self.assertNotIn("Traceback", self.server.said)

    def test_a_user_who_is_deleted_meanwhile_is_told_nothing(self):
        body = json.dumps({"username": "ada", "project_id": FIRST_PROJECT})
        length = f"Content-Length: {len(body)}"
        user = self.ask("POST /v1/users", length, body=body).json
        line = f"GET /v1/changes?after={self.last()}&wait={LONG} HTTP/1.1"
        headers = {
            "Host": "craton.example",
            "X-Auth-User": "ada",
            "X-Auth-Token": user["api_key"],
            "X-Auth-Project": FIRST_PROJECT,
        }
        lines = [f"{name}: {value}" for name, value in headers.items()]
        waiting = self.connect().send(line, *lines)
        for _ in range(10):  # the request arrives meanwhile
            self.ask("GET /v1/clouds")
        self.assertEqual(204, self.ask(f"DELETE /v1/users/{user['id']}").status)
        self.assertEqual(401, waiting.answer().status)

    def test_the_server_stops_although_clients_wait(self):
        self.waiting(3, self.last())
        self.assertEqual(200, self.ask("GET /v1/clouds").status)
        self.process.terminate()
        self.process.wait(20)  # less than stop_timeout, or else TimeoutExpired
        self.assertNotIn("Traceback", self.server.said)
