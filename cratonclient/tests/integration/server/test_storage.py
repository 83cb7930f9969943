# SPDX-License-Identifier: Apache-2.0
"""A fleet in a file: invalid files, concurrent creation, and the program."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys

import sqlalchemy as sa

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import databases
from cratonserver import composition
from cratonserver.db.store import StoreError


class StorageTestCase(tests_base.TestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder() / "fleet.db"
        self.url = f"sqlite:///{self.path}"

    def store(self):
        store = composition.store_at(self.url)
        self.addCleanup(store.close)
        return store


class TestFiles(StorageTestCase):
    def test_what_is_no_database_is_refused_and_left_alone(self):
        self.path.write_text("something else entirely, and longer than a header\n" * 99)
        before = self.path.read_bytes()

        error = self.assertRaises(StoreError, self.store().open)

        self.assertIn(str(self.path), str(error))
        self.assertEqual(1, len(str(error).splitlines()))
        self.assertEqual(before, self.path.read_bytes())

    def test_a_folder_or_a_path_into_nowhere_is_refused(self):
        for path in (self.path.parent, self.path / "below" / "fleet.db"):
            self.url = f"sqlite:///{path}"
            self.assertRaises(StoreError, self.store().open)

    def test_a_fleet_that_would_not_last_is_refused(self):
        for url in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
            self.assertIn(
                "sqlite:///fleet.db",
                str(self.assertRaises(StoreError, composition.store_at, url)),
            )

    def test_a_url_that_is_none_is_refused_without_its_password(self):
        error = self.assertRaises(StoreError, composition.store_at, "nosuch://u:secret@h/db")

        self.assertNotIn("secret", str(error))


class TestAtOnce(StorageTestCase):
    def test_processes_that_make_one_file_at_once_all_succeed(self):
        program = (
            "import sys; from cratonserver import composition\n"
            "composition.store_at(sys.argv[1]).open()"
        )
        running = [
            subprocess.Popen([sys.executable, "-c", program, self.url], stderr=subprocess.PIPE)
            for _ in range(3)
        ]
        for process in running:
            _, said = process.communicate()
            self.assertEqual((0, b""), (process.returncode, said))


class TestProgram(StorageTestCase):
    def test_init_prints_a_cratonrc_once(self):
        first = programs.craton_server("init", "--database", self.url, "--url", "http://x/$a/")
        again = programs.craton_server("init", "--database", self.url)

        lines = [shlex.split(line) for line in first.out.splitlines()]
        names = [line[1].partition("=")[0] for line in lines]
        self.assertEqual(
            ["CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID"], names[:4]
        )
        self.assertEqual(["OS_AUTH_TYPE", "OS_ENDPOINT", "OS_TOKEN"], names[4:])
        self.assertEqual("CRATON_URL=http://x/$a", lines[0][1])
        self.assertEqual((1, ""), (again.status, again.out))
        self.assertIn("nothing was changed", again.err)

    def test_a_database_that_is_created_is_named_in_a_line(self):
        said = f"Created the fleet sqlite:///{self.path}.\n"
        self.enterContext(contextlib.chdir(self.path.parent))

        first = programs.craton_server("init", "--database", "sqlite:///fleet.db")
        again = programs.craton_server("init", "--database", self.url)
        listed = programs.craton_server("user", "list", "--database", self.url)

        self.assertEqual((0, said), (first.status, first.err))
        self.assertNotIn("Created", again.err)
        self.assertEqual((0, ""), (listed.status, listed.err))

    def test_a_file_without_tables_becomes_a_fleet_and_is_named(self):
        self.path.touch()

        done = programs.craton_server("init", "--database", self.url)

        self.assertEqual(f"Created the fleet sqlite:///{self.path}.\n", done.err)

    def test_init_adds_a_user_to_a_fleet_that_has_none(self):
        store = self.store()
        store.open()

        self.assertEqual(0, programs.craton_server("init", "--database", self.url).status)

    def test_init_makes_the_first_project_anew_where_it_was_deleted(self):
        store = self.store()
        store.open()
        with databases.writing(store) as connection:
            connection.execute(sa.text("DELETE FROM projects"))

        done = programs.craton_server("init", "--database", self.url)

        self.assertEqual((0, ""), (done.status, done.err))

    def test_errors_are_one_line(self):
        self.path.mkdir()

        done = programs.craton_server("run", "--listen=127.0.0.1:0", "--database", self.url)

        self.assertEqual((1, 1), (done.status, len(done.err.splitlines())))

    def test_an_address_that_is_none_is_wrong_usage(self):
        for listen in ("here", "1.2.3.4", ":80", "127.0.0.1:99999", "127.0.0.1:x"):
            done = programs.craton_server("run", "--listen", listen)
            self.assertEqual(2, done.status)
            self.assertIn(repr(listen), done.err)
