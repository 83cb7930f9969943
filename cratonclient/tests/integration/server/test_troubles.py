# SPDX-License-Identifier: Apache-2.0
"""Unusable databases: the messages for operators and clients."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import unittest

import sqlalchemy as sa

from cratonclient import secrets
from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import composition, identity
from cratonserver.db import sqlite
from cratonserver.db.change_log import origin
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.store import Store, StoreError


class TroublesTestCase(tests_base.TestCase):
    def refused(self, url: str, *said: str) -> str:
        """Check that a database is refused with one line, without the password."""
        error = self.assertRaises(StoreError, self.open, url)
        self.assertEqual(1, len(str(error).splitlines()), str(error))
        self.assertNotIn("secret", str(error))
        for text in said:
            self.assertIn(text, str(error))
        return str(error)

    def open(self, url: str) -> Store:
        """Open a store, which is closed after the test."""
        store = composition.store_at(url)
        self.addCleanup(store.close)
        store.open()
        return store

    def root(self, store: Store) -> base.Caller:
        """Return the root user."""
        key = str(store.add_root_user("root"))
        return base.Caller(
            composition.application_of(store),
            base.credentials("root", key, identity.FIRST_PROJECT),
        )

    def assertUnavailable(self, answer: base.Answer, message: str) -> None:
        self.assertEqual((503, message), (answer.status, answer.json["message"]))


class TestURLs(TroublesTestCase):
    def test_what_is_none(self):
        for url in ("", "x", "nosuch://u:secret@h/db", "mysql://u:secret@h/db", "sqlite:fleet"):
            self.refused(url, "sqlite:////var/lib/craton/fleet.db")
        self.refused("postgresql://u:secret@h:port/db", "postgresql://")
        self.refused("postgresql+psycopg2://u:secret@h/db", "psycopg")
        self.refused("postgresql://u:secret@h", "does not name a database")
        self.refused("u:secret@h/db", "postgresql://")
        self.refused("postgresql://u:p@secret@h/db", "Write %40")

    def test_an_example_in_a_message_is_not_masked_as_a_secret(self):
        for url in ("sqlite:fleet", "postgresql://h"):
            message = self.refused(url, "postgresql://host/fleet")
            self.assertEqual(message, secrets.mask(message))

    def test_a_path_may_have_any_character(self):
        folder = self.folder()
        for name in ("a b", "100%", "%41", "a?b", "a#b", "ä", "a+b&c=d"):
            quoted = name.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
            self.open(f"sqlite:///{folder}/{quoted}")
            self.assertTrue((folder / name).exists(), name)

    def test_a_question_mark_is_refused(self):
        folder = self.folder()
        self.refused(f"sqlite:///{folder}/a?b/fleet.db", "%3F")
        self.assertEqual([], list(folder.iterdir()))

    def test_a_path_after_two_slashes_is_refused(self):
        self.refused("sqlite://fleet.db", "three")

    def test_the_driver_is_not_installed(self):
        program = (
            "import sys; sys.modules['psycopg'] = None\n"
            "from cratonserver import composition\n"
            "try: composition.store_at('postgresql://u:secret@h/db')\n"
            "except Exception as exc: print(exc)"
        )
        said = subprocess.check_output([sys.executable, "-c", program], text=True)
        self.assertIn("pip install 'python-cratonclient[postgresql]'", said)
        self.assertNotIn("secret", said)

    def test_nobody_listens(self):
        self.refused("postgresql://u:secret@127.0.0.1:1/db", "cannot be reached", "refused")
        self.refused("postgresql://u:secret@/db?host=/nowhere", "cannot be reached")
        url = "postgresql://u@127.0.0.1:1/db?password=secret"
        self.refused(url, "cannot be reached")


class TestSQLite(TroublesTestCase):
    def setUp(self):
        super().setUp()
        self.path = databases.new_file(self.addCleanup)
        self.store = self.open(f"sqlite:///{self.path}")
        self.caller = self.root(self.store)

    def run_on_connect(self, sql: str) -> None:
        """Run a statement on each new connection, to simulate a fault."""
        self.store.engine.dispose()
        sa.event.listen(self.store.engine, "connect", lambda c, _: c.execute(sql))

    def test_one_that_may_not_be_written(self):
        self.run_on_connect("PRAGMA query_only = ON")
        with self.assertLogs("cratonserver", "ERROR") as log:
            answer = self.caller.post("/clouds", {"name": "cloud"})
        self.assertUnavailable(answer, "The database is read-only.")
        self.assertIn(str(self.path), log.output[0])
        self.assertEqual(200, self.caller.get("/clouds").status)

    def test_a_full_disk(self):
        pages = sqlite3.connect(self.path).execute("PRAGMA page_count").fetchone()[0]
        self.run_on_connect(f"PRAGMA max_page_count = {pages + 2}")
        with self.assertLogs("cratonserver", "ERROR"):
            answer = self.caller.post("/clouds", {"name": "c", "note": "x" * 60000})
        self.assertUnavailable(answer, "The database is full.")
        self.assertEqual([], self.caller.items("/clouds"))
        self.assertEqual(201, self.caller.post("/clouds", {"name": "small"}).status)

    def test_a_lock_that_is_not_let_go(self):
        self.run_on_connect("PRAGMA busy_timeout = 10")
        with contextlib.closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with self.assertLogs("cratonserver", "ERROR"):
                answer = self.caller.post("/clouds", {"name": "cloud"})
            self.assertEqual(200, self.caller.get("/clouds").status)
        self.assertUnavailable(answer, "The database is locked.")

    def test_what_is_acknowledged_is_on_the_disk(self):
        with self.store.read() as connection:
            for name, value in (("synchronous", 2), ("journal_mode", "wal")):
                found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                self.assertEqual(value, found)

    def test_an_unknown_error_stays_one(self):
        error = sa.exc.OperationalError("", {}, sqlite3.OperationalError("no such table"))
        self.assertIsNone(self.store.database.dialect.diagnose(error))
        self.assertIsInstance(self.store.database.dialect, sqlite.SQLite)


@unittest.skipUnless(databases.SERVER, "needs PostgreSQL")
class TestPostgreSQL(TroublesTestCase):
    def setUp(self):
        super().setUp()
        self.url = databases.new(self.addCleanup)

    def as_user(self, name: str, database: str = "") -> str:
        url = sa.make_url(self.url).set(username=name)
        url = url.set(database=database) if database else url
        return url.render_as_string(hide_password=False)

    def test_wrong_users(self):
        self.refused(self.as_user("nobody"), "refuses the user", "nobody")
        databases.execute(self.url, "CREATE ROLE locked LOGIN PASSWORD 'right'")
        self.addCleanup(databases.execute, self.url, "DROP ROLE locked")
        url = sa.make_url(self.as_user("locked")).set(password="secret")
        self.refused(url.render_as_string(hide_password=False), "refuses the user")

    def test_no_such_database(self):
        self.refused(self.as_user("craton", "nosuch"), "does not exist", "createdb")

    def test_no_permission(self):
        name = base.unique("weak").replace("-", "_")
        databases.execute(self.url, f"CREATE ROLE {name} LOGIN")
        self.addCleanup(databases.execute, self.url, f"DROP ROLE {name}")
        self.refused(self.as_user(name), "denies privileges to this user", "OWNER")

    def test_a_lost_connection_is_made_anew(self):
        store = self.open(self.url)
        caller = self.root(store)
        self.assertEqual(200, caller.get("/clouds").status)
        databases.execute(
            databases.SERVER,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608
            f"WHERE datname = '{sa.make_url(self.url).database}'",
        )
        self.assertEqual(200, caller.get("/clouds").status)

    def test_a_connection_that_is_gone_is_not_used(self):
        store = self.open(self.url)
        for _ in range(2):
            with store.write() as connection:
                own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            # With a timeout, the function waits until the backend has ended.
            ended = f"SELECT pg_terminate_backend({own}, 60000)"
            self.assertEqual([(True,)], databases.execute(databases.SERVER, ended))

    def test_a_connection_that_is_lost_while_it_is_used_is_made_anew(self):
        store = self.open(self.url)
        tried = []

        def ask(connection: sa.Connection) -> object:
            own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            tried.append(own)
            if len(tried) == 1:
                databases.execute(databases.SERVER, f"SELECT pg_terminate_backend({own})")
            return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()

        self.assertEqual(store.run_query(ask), tried[1])
        self.assertNotEqual(tried[0], tried[1])

    def test_a_query_that_fails_is_not_asked_again(self):
        store, tried = self.open(self.url), []

        def ask(connection: sa.Connection) -> None:
            tried.append(connection)
            connection.exec_driver_sql("SET statement_timeout = 1")
            connection.exec_driver_sql("SELECT pg_sleep(1)")

        self.assertRaises(StoreError, store.run_query, ask)
        self.assertEqual(1, len(tried))

    def test_transactions_that_wait_for_each_other_begin_again(self):
        store = self.open(self.url)
        caller = self.root(store)
        clouds = [caller.make("clouds")["id"] for _ in range(2)]
        # Writers of the same project would wait for each other before they write.
        projects = dict(zip(clouds, (base.NO_PROJECT, identity.FIRST_PROJECT), strict=True))
        table = store.tables.metadata.tables["clouds"]
        together = threading.Barrier(2)
        attempts: list[int] = []
        done: list[int] = []

        def cross(first: int, second: int) -> None:
            met: list[int] = []

            def work(transaction: Transaction) -> None:
                attempts.append(first)
                transaction.begin(projects[first])
                connection = transaction.connection
                for cloud in (first, second):
                    change = sa.update(table).where(table.c.id == cloud)
                    connection.execute(change.values(note=str(first)))
                    if not met:
                        met.append(together.wait())

            store.transact(origin.SERVER, work)
            done.append(first)

        threads = [threading.Thread(target=cross, args=a) for a in (clouds, clouds[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # The retry may start before the other transaction continues, and cause another
        # deadlock. So the number of attempts varies, but both transactions succeed.
        self.assertGreater(len(attempts), 2)
        self.assertEqual(set(clouds), set(done))
        self.assertEqual({str(done[-1])}, {cloud["note"] for cloud in caller.items("/clouds")})
