# SPDX-License-Identifier: Apache-2.0
"""Servers that can be killed, and clients that record the acknowledged writes."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing as t

import requests

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import composition, identity

PROGRAM = pathlib.Path(sys.executable).parent / "craton-server"
VARIABLES = {f"v{number}": {"number": number} for number in range(5)}
LABELS = ["one", "two"]


class Server:
    """``craton-server run`` in a separate process.

    :param database: URL of the database.
    :param options: more options.
    """

    def __init__(self, database: str, *options: str) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, "run", "--database", database, "--listen", "127.0.0.1:0", *options],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a group with the processes that it starts
        )
        said = t.cast("t.IO[str]", self._process.stderr)
        line = next(line for line in said if " at http://" in line)
        self.url = line.partition(" at ")[2].split()[0]
        # Read the rest of the output, since a full pipe would block the server.
        self._reader = threading.Thread(target=lambda: collections.deque(said, maxlen=0))
        self._reader.start()

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Stop all processes of the server and wait until they have ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait()
        self._reader.join()
        t.cast("t.IO[str]", self._process.stderr).close()


class CrashTestCase(tests_base.TestCase):
    """Tests with a fleet, and with clients that record the acknowledged writes."""

    def prepare(self, database: str) -> None:
        """Create the fleet."""
        self.database = database
        self.store = composition.store_at(database)
        self.addCleanup(self.store.close)
        self.store.open()
        key = str(self.store.add_root_user("root"))
        self.headers = base.credentials("root", key, identity.FIRST_PROJECT)
        self.numbers = itertools.count(1)
        #: The acknowledged variables of each host, by name; ``None`` if it was deleted.
        self.acknowledged: dict[str, dict[str, t.Any] | None] = {}
        #: Hosts whose last request did not succeed. It may have changed the database.
        self.unanswered: set[str] = set()
        self.statuses: collections.Counter[int] = collections.Counter()
        #: The time of the last response with each status.
        self.last_seen: dict[int, float] = {}
        self.counted = threading.Condition()
        self.enough = threading.Event()
        self.addCleanup(self.enough.set)
        server = self.serve()
        cloud = self.call(server, "POST", "/clouds", {"name": "cloud"})["id"]
        region = self.call(server, "POST", "/regions", {"name": "r", "cloud_id": cloud})["id"]
        self.place = {"cloud_id": cloud, "region_id": region}

    def serve(self, *options: str) -> Server:
        """Start a server, which is killed when the test ends."""
        server = Server(self.database, *options)
        self.addCleanup(server.stop)
        return server

    def call(self, server: Server, method: str, path: str, body: t.Any) -> t.Any:
        """Send a request and return the body of the response, or ``None`` for an error.

        :raises requests.ConnectionError: the server was killed.
        """
        answer = requests.request(
            method, f"{server.url}/v1{path}", json=body, headers=self.headers, timeout=60
        )
        with self.counted:
            self.statuses[answer.status_code] += 1
            self.last_seen[answer.status_code] = time.monotonic()
            self.counted.notify_all()
        if not answer.ok:
            return None
        return answer.json() if answer.text else {}

    def write(self, server: Server) -> None:
        """Create, change and delete hosts until ``enough`` is set or the server is killed."""
        while not self.enough.is_set():
            number = next(self.numbers)
            name = f"host-{number}"
            body = {
                "name": name,
                "ip_address": "10.0.0.1",
                "device_type": "server",
                "variables": VARIABLES,
                "labels": LABELS,
                **self.place,
            }
            self.unanswered.add(name)
            made = self.call(server, "POST", "/hosts", body)
            if made is None:
                self.enough.wait(0.1)  # the database is down: retry slowly
                continue
            self.acknowledged[name] = VARIABLES
            path = f"/hosts/{made['id']}"
            more = {"v0": number, "more": number}
            if self.call(server, "PUT", f"{path}/variables", more) is None:
                continue
            self.acknowledged[name] = VARIABLES | more
            if number % 4 == 0:
                if self.call(server, "DELETE", path, None) is None:
                    continue
                self.acknowledged[name] = None
            self.unanswered.discard(name)

    def writers(self, server: Server, count: int) -> list[threading.Thread]:
        """Start threads that write to a server."""

        def work() -> None:
            # The server was killed, perhaps while it sent a response.
            with contextlib.suppress(
                requests.ConnectionError, requests.exceptions.ChunkedEncodingError
            ):
                self.write(server)

        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def wait_for(self, more: int, status: int = 201) -> None:
        """Wait for this many more responses with a status."""
        with self.counted:
            wanted = self.statuses[status] + more
            done = self.counted.wait_for(lambda: self.statuses[status] >= wanted, timeout=60)
        self.assertTrue(done, self.statuses)

    def assertNothingLost(self) -> None:
        """Check that the fleet holds all acknowledged writes, and that no host is partial."""
        tables = databases.contents(self.store)
        names = {row[0]: row[1] for row in self._columns("devices", "id", "name")}
        found: dict[str, dict[str, t.Any]] = {name: {} for name in names.values()}
        for owner_id, name, value in tables["device_variables"]:
            found[names[owner_id]][name] = json.loads(value)
        labels = collections.Counter(names[row[0]] for row in tables["device_labels"])
        for name, values in found.items():
            self.assertEqual(len(LABELS), labels[name], name)
            self.assertLessEqual(VARIABLES.keys(), values.keys(), name)
            more = {key: values[key] for key in values if values[key] != VARIABLES.get(key)}
            self.assertIn(more.keys(), ({*()}, {"v0", "more"}), name)
        for name, known in self.acknowledged.items():
            if name not in self.unanswered:
                self.assertEqual(known, found.get(name), name)
            elif known is not None and int(name.partition("-")[2]) % 4:
                self.assertLessEqual(known.keys(), found[name].keys(), name)

    def _columns(self, table: str, *names: str) -> list[tuple[t.Any, ...]]:
        columns = self.store.tables.metadata.tables[table].c
        with self.store.read() as connection:
            query = (
                columns[names[0]].table.select().with_only_columns(*(columns[n] for n in names))
            )
            return [tuple(row) for row in connection.execute(query)]
