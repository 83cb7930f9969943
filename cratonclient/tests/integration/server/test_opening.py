# SPDX-License-Identifier: Apache-2.0
"""The first use of a database, and databases of other programs."""

from __future__ import annotations

import contextlib
import io
import pathlib
import re
import sqlite3
import threading

from cratonclient import auth
from cratonclient.tests import base
from cratonclient.v1 import client
from cratonserver import cli, composition, identity
from cratonserver.db.store import Store, StoreError

#: Rows of tables that count: the last id of a table, and the last revision of a project.
COUNTERS = re.compile('INTO "(sqlite_sequence|project_revisions)"')

VERSIONED = """
    DROP TABLE IF EXISTS alembic_version;
    CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
    INSERT INTO alembic_version VALUES ('VERSION');
"""


class OpeningTestCase(base.TestCase):
    """Tests with a path for a database."""

    def setUp(self):
        super().setUp()
        self.path = self.folder() / "fleet.db"
        self.url = f"sqlite:///{self.path}"

    def open(self) -> Store:
        """Open the store, which is closed after the test."""
        store = composition.store_at(self.url)
        self.addCleanup(store.close)
        store.open()
        return store

    def execute(self, sql: str) -> None:
        """Run SQL on the database directly."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(sql)

    def contents(self) -> list[str]:
        """Return the contents of the database, as SQL statements."""
        return contents(self.path)

    def run_program(self, *words: str) -> tuple[int, str, str]:
        """Run craton-server and return its exit status, output and errors."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(list(words))
        return status, out.getvalue(), err.getvalue()


class TestOthers(OpeningTestCase):
    """Databases that are not a fleet of this version."""

    def assertRefused(self) -> str:
        """Check that the database is refused with one line and not changed."""
        before = self.contents()
        error = self.assertRaises(StoreError, self.open)
        self.assertEqual(before, self.contents())
        self.assertEqual(1, len(str(error).splitlines()))
        self.assertIn(str(self.path), str(error))
        return str(error)

    def test_the_database_of_another_program_is_refused(self):
        self.execute("CREATE TABLE photos (id INTEGER); INSERT INTO photos VALUES (1);")
        self.assertRefused()

    def test_a_table_of_the_same_name_does_not_make_it_a_fleet(self):
        self.execute("CREATE TABLE hosts (x TEXT); CREATE TABLE devices (x TEXT);")
        self.assertRefused()

    def test_a_version_that_nobody_knows_is_refused(self):
        for version in ("0000", "abc123"):
            self.execute(VERSIONED.replace("VERSION", version))
            self.assertIn(version, self.assertRefused())

    def test_the_program_says_so_in_a_line(self):
        self.execute(VERSIONED.replace("VERSION", "0000"))
        status, out, err = self.run_program("init", "--database", self.url)
        self.assertEqual((1, ""), (status, out))
        self.assertEqual(1, len(err.splitlines()))

    def test_an_empty_file_becomes_a_fleet(self):
        self.path.touch()
        self.open()
        self.assertNotEqual([], self.contents())


class TestFirstUse(OpeningTestCase):
    """The first process or thread that opens a database creates the tables."""

    def embedded(self) -> client.Client:
        """Return a client that uses the fleet without a server."""
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)
        return client.Client(session, self.url)

    def test_threads_that_come_at_once_all_find_a_fleet(self):
        problems: list[Exception] = []
        together = threading.Barrier(8)

        def use() -> None:
            together.wait()
            try:
                self.open()
            except Exception as exc:
                problems.append(exc)

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], problems)
        projects = [line for line in self.contents() if 'INTO "projects"' in line]
        self.assertEqual(1, len(projects))

    def test_opening_it_again_changes_nothing(self):
        self.open()
        before = self.contents()
        self.open()
        self.assertEqual(before, self.contents())

    def test_init_after_use_without_a_server_adds_the_root_user_only(self):
        self.embedded().clouds.create(name="before", variables={"a": 1})
        before = self.contents()
        status, out, _ = self.run_program("init", "--database", self.url)
        self.assertEqual((0, 7), (status, len(out.splitlines())))
        added = [line for line in self.contents() if line not in before]
        gone = [line for line in before if line not in self.contents()]
        self.assertEqual([], [line for line in gone if not COUNTERS.search(line)])
        users = [line for line in added if 'INTO "user' in line]  # and its key
        self.assertEqual(2, len(users))
        # Their change is in the log.
        others = [line for line in added if line not in users and not COUNTERS.search(line)]
        self.assertEqual([], [line for line in others if 'INTO "change' not in line])

    def test_a_second_init_changes_nothing(self):
        self.run_program("init", "--database", self.url)
        before = self.contents()
        for words in ((), ("--username", "other")):
            status, out, err = self.run_program("init", "--database", self.url, *words)
            self.assertEqual((1, ""), (status, out))
            self.assertIn("nothing was changed", err)
        self.assertEqual(before, self.contents())

    def test_the_key_that_init_prints_is_stored_as_a_digest_only(self):
        _, out, _ = self.run_program("init", "--database", self.url)
        settings = dict(line.removeprefix("export ").split("=", 1) for line in out.splitlines())
        stored = "\n".join(self.contents())
        self.assertNotIn(settings["OS_PASSWORD"], stored)
        self.assertIn(identity.digest(settings["OS_PASSWORD"]), stored)


def contents(path: pathlib.Path) -> list[str]:
    """Return the SQL statements that recreate a database."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
