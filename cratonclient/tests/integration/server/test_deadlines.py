# SPDX-License-Identifier: Apache-2.0
"""Deadlines: statements, waiting for locks and computing end at the deadline of a request."""

from __future__ import annotations

import sqlite3
import threading
import time
import typing as t

import psycopg
import sqlalchemy as sa

import cratonclient.tests.base
from cratonclient.tests.integration.server import base, databases
from cratonserver import composition, deadlines, errors
from cratonserver.api import strict_json
from cratonserver.config.settings import Limits, Log, Settings
from cratonserver.db.dialect import BUSY_TIMEOUT

#: Counts for minutes.
ENDLESS = (
    "SELECT count(*) FROM (WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n) AS counted"
)
#: Generous: a statement that is not stopped takes minutes.
SOON = 10
DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)
SLOW_VIEW = f"CREATE VIEW clouds AS SELECT hidden.* FROM hidden, ({ENDLESS}) AS n"  # noqa: S608


class TestStatements(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.began = time.monotonic()
        self.addCleanup(lambda: self.assertLess(time.monotonic() - self.began, SOON))

    def count(self):
        with self.store.read() as connection:
            connection.execute(sa.text(ENDLESS))

    def test_statement_is_cancelled(self):
        with deadlines.limit(0.3):
            error = self.assertRaises(deadlines.Exceeded, self.count)
        self.assertEqual(504, error.status)
        self.assertIn("longer than 0.3 seconds (request_deadline)", error.message)

    def test_connection_works_after_a_cancelled_statement(self):
        with deadlines.limit(0.2):
            self.assertRaises(deadlines.Exceeded, self.count)
        for single_query in (True, False):
            with self.store.read(single_query=single_query) as connection:
                self.assertEqual(1, connection.execute(sa.select(1)).scalar_one())

    def test_statements_of_a_request_share_one_deadline(self):
        def short_statements():
            with self.store.read() as connection:
                while True:
                    connection.execute(sa.select(1))

        with deadlines.limit(0.2):
            self.assertRaises(deadlines.Exceeded, short_statements)

    def test_without_a_deadline_nothing_is_limited(self):
        with deadlines.limit(0.2):
            self.assertRaises(deadlines.Exceeded, self.count)
        if databases.SERVER:  # the connection from the pool has no timeout any more
            with self.store.read(single_query=True) as connection:
                found = connection.execute(sa.text("SHOW statement_timeout")).scalar_one()
                self.assertEqual("0", found)

    def assert_ends(self, work: t.Callable[[], object], gone: bool) -> None:
        """Check that the deadline, or the departure of the client, ends some work."""
        deadline = deadlines.Deadline(60 if gone else 0.3)
        if gone:
            timer = threading.Timer(0.3, deadline.client_gone)
            timer.start()
            self.addCleanup(timer.join)
        with deadlines.limit(60, deadline):
            self.assertRaises(errors.ClientGone if gone else deadlines.Exceeded, work)

    def test_statement_of_a_client_that_has_gone(self):
        self.assert_ends(self.count, gone=True)

    def test_looking_for_problems_of_a_body(self):
        _, problems = strict_json.loads(f'[{",".join(5000 * ["[1]"])}, "\\u0041"]')
        deadline = deadlines.Deadline(60)
        deadline.client_gone()
        with deadlines.limit(60, deadline):
            self.assertRaises(errors.ClientGone, list, problems)

    def test_waiting_for_another_writer(self):
        held, done = threading.Event(), threading.Event()
        table = self.store.tables.metadata.tables["projects"]
        change = sa.update(table).values(name=table.c.name)

        def hold():
            with databases.writing(self.store) as connection:
                connection.execute(change)
                held.set()
                done.wait(SOON)

        def write():
            with databases.writing(self.store) as connection:
                connection.execute(change)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(SOON)
        for gone in (False, True):
            self.assert_ends(write, gone)
        done.set()
        holder.join()

    def test_waiting_for_another_process(self):
        if databases.SERVER:
            self.skipTest("is about SQLite: PostgreSQL has no lock of the whole database")
        other = composition.store_at(self.store.name)
        self.addCleanup(other.close)
        for gone in (False, True):
            with other.write():
                self.assert_ends(self.store.write().__enter__, gone)
        with self.store.write() as connection:
            driver: t.Any = connection.connection.driver_connection
            patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        self.assertEqual(BUSY_TIMEOUT * 1000, patience)

    def test_commit_is_not_stopped(self):
        projects = self.store.tables.metadata.tables["projects"]
        name = base.unique("late")
        with deadlines.limit(0.2), databases.writing(self.store) as connection:
            project = {"id": base.NO_PROJECT, "name": name, "created_at": "2026"}
            connection.execute(sa.insert(projects).values(project))
            time.sleep(0.3)
        with self.store.read() as connection:
            named = sa.select(projects.c.name).where(projects.c.name == name)
            self.assertEqual(name, connection.execute(named).scalar_one())

    def test_no_other_error_becomes_a_deadline(self):
        def fail():
            with self.store.read() as connection:
                time.sleep(0.3)
                driver: t.Any = connection.connection.driver_connection
                driver.execute("SELECT nonsense")

        with deadlines.limit(0.2):
            error = self.assertRaises(DRIVER_ERRORS, fail)
        self.assertIn("nonsense", str(error))


class TestRequests(base.ServerTestCase):
    """Requests over HTTP, while a view takes the place of the table of clouds."""

    limited: t.ClassVar[base.Caller]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        settings = Settings(limits=Limits(request_deadline=1), log=Log(access_log=False))
        cls.limited = base.Caller(
            composition.application_of(cls.store, settings), cls.root.headers
        )

    def test_slow_list(self):
        self.root.make("clouds")
        with self.store.write() as connection:
            connection.execute(sa.text("ALTER TABLE clouds RENAME TO hidden"))
            connection.execute(sa.text(SLOW_VIEW))
        self.addCleanup(self.restore)
        began = time.monotonic()
        answer = self.limited.get("/clouds")
        self.assertLess(time.monotonic() - began, SOON)
        self.assertAnswer(
            answer,
            504,
            "The request was stopped because it took longer than 1 seconds "
            "(request_deadline). Ask for less at once, or try again.",
        )
        self.assertEqual(200, self.limited.get("/regions").status)

    def restore(self):
        with self.store.write() as connection:
            connection.execute(sa.text("DROP VIEW clouds"))
            connection.execute(sa.text("ALTER TABLE hidden RENAME TO clouds"))


class TestModule(cratonclient.tests.base.TestCase):
    def test_checked_stops(self):
        def work():
            for _ in deadlines.checked(iter(int, 1)):
                pass

        with deadlines.limit(0.1):
            self.assertRaises(deadlines.Exceeded, work)

    def test_nothing_to_check(self):
        self.assertEqual([1, 2], list(deadlines.checked([1, 2])))
        self.assertEqual(7, deadlines.remaining(7))
        deadlines.check()

    def test_deadline_ends_with_its_block(self):
        with deadlines.limit(0.001):
            with deadlines.suspended():
                deadlines.check()
            deadlines.lift()
            time.sleep(0.002)
            deadlines.check()
        self.assertIsNone(deadlines.current())
