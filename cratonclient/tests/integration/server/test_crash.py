# SPDX-License-Identifier: Apache-2.0
"""Acknowledged writes survive if a server or a database is killed."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import threading
import typing as t
import unittest

import requests

from cratonclient.tests import postgresql
from cratonclient.tests.integration.server import crashes, databases, replays


class TestServers(crashes.CrashTestCase):
    def test_what_a_killed_server_acknowledged_stays(self):
        self.prepare(databases.new(self.addCleanup))
        for _ in range(2):
            self.enough.clear()
            doomed, other = self.serve(), self.serve()
            threads = [*self.writers(doomed, 6), *self.writers(other, 2)]
            self.wait_for(40)

            doomed.stop(signal.SIGKILL)

            self.wait_for(10)
            self.enough.set()
            for thread in threads:
                thread.join()
            # The clients of the other server saw no error.
            self.assertLessEqual(set(self.statuses), {200, 201, 204})
            self.assertLessEqual(len(self.unanswered), 12)
            self.assertNothingLost()


class TestChangeSets(replays.ReplayTestCase, crashes.CrashTestCase):
    """A large change set is made whole, or not at all, and the log agrees."""

    def test_a_server_is_killed_while_it_writes(self):
        self.prepare(databases.new(self.addCleanup))
        made = []
        for number in range(3):
            server = self.serve()
            changes = [
                {"action": "create", "kind": "hosts", "values": self.host(f"{number}-{n}")}
                for n in range(2000)
            ]
            self.call(server, "POST", "/changes", {"changes": changes[:1]})
            poster = threading.Thread(target=self.post, args=(server, changes[1:]))
            poster.start()
            while poster.is_alive() and not self.is_writing():
                pass
            server.stop(signal.SIGKILL)
            poster.join()
            made.append(len(self._columns("devices", "id")))
            self.assertReplays()
        for number, count in enumerate(made):
            self.assertIn(count - (made[number - 1] if number else 0), (1, 2000))

    def host(self, name: str) -> dict[str, t.Any]:
        """Return the values of a host."""
        values = {"name": name, "ip_address": "10.0.0.1", "device_type": "server"}
        return {**values, "variables": crashes.VARIABLES, **self.place}

    def post(self, server: crashes.Server, changes: list[dict[str, t.Any]]) -> None:
        """Post a change set to a server that is killed, perhaps before it responds."""
        with contextlib.suppress(requests.RequestException):
            self.call(server, "POST", "/changes", {"changes": changes})

    def is_writing(self) -> bool:
        """Return True if somebody else has written something that is not committed."""
        url = self.store.engine.url
        if databases.SERVER:
            query = "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
            query += f" AND datname = '{url.database}'"
            return bool(databases.execute(databases.SERVER, query))
        with contextlib.closing(sqlite3.connect(str(url.database), timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.rollback()
        return False


@unittest.skipUnless(databases.SERVER, "needs PostgreSQL")
class TestPostgreSQL(crashes.CrashTestCase):
    def test_what_was_acknowledged_stays_when_it_is_killed(self):
        running = postgresql.running(fsync="on", full_page_writes="on")
        cluster = running.__enter__()
        self.addCleanup(running.__exit__, None, None, None)
        self.prepare(cluster.url())
        server = self.serve()
        threads = self.writers(server, 4)
        for _ in range(2):
            self.wait_for(40)
            cluster.stop(signal.SIGKILL)
            self.wait_for(1, status=503)
            cluster.start()
            self.wait_for(40)  # the server reconnects by itself
        self.enough.set()
        for thread in threads:
            thread.join()

        self.assertLessEqual(set(self.statuses), {200, 201, 204, 503})
        self.assertGreater(self.statuses[503], 0)
        self.assertNothingLost()
