# SPDX-License-Identifier: Apache-2.0
"""Acknowledged writes survive if a server or a database is killed."""

from __future__ import annotations

import signal
import unittest

from cratonclient.tests import postgresql
from cratonclient.tests.integration.server import crashes, databases


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
