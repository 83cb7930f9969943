# SPDX-License-Identifier: Apache-2.0
"""Commands on a fleet that does not exist: only ``create`` creates it."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import sqlite3
from unittest import mock

from cratonclient import auth, exceptions, v1
from cratonclient.tests.integration.osc import programs
from cratonclient.v1 import client
from cratonclient_osc import commands
from cratonclient_osc.program import client_manager


class AbsentFleetTestCase(programs.CommandTestCase):
    """Tests in an empty folder, with a relative URL."""

    def setUp(self) -> None:
        super().setUp()
        self.home = self.folder()
        self.path = self.home / "fleet.db"
        before = os.getcwd()
        os.chdir(self.home)
        self.addCleanup(os.chdir, before)

    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL="sqlite:///fleet.db")

    def files(self) -> list[str]:
        """Return the names of the files in the folder and below it."""
        return [str(path.relative_to(self.home)) for path in self.home.rglob("*")]


class TestLooking(AbsentFleetTestCase):
    """Commands that do not create an object fail and create no file."""

    def test_every_command(self):
        for kind in v1.kinds():
            for verb in commands.VERBS:
                words = [*kind.noun.split(), *verb.split()]
                if verb == "create" or commands.find(words) is None:
                    continue
                more = {
                    "list": [],
                    "set": ["x", "--admin" if kind.key == "user" else "--name=y"],
                    "variable set": ["x", "a=1"],
                    "variable unset": ["x", "a"],
                }
                place = ["--device=1"] if kind.key == "network_interface" else []
                with self.subTest(" ".join(words)):
                    if verb == "unset":
                        continue
                    refused = self.enter(*words, *more.get(verb, ["x"]), *place)
                    self.assert_refused(
                        refused,
                        7,
                        f"There is no fleet at sqlite:///{self.path}",
                        "init",
                        "by creating a cloud",  # the first object of a fleet
                    )
                    self.assertEqual([], self.files())

    def test_references(self):
        refused = self.enter("region", "create", "--cloud", "prod", "east")
        self.assert_refused(refused, 7, "There is no fleet at")
        self.assertEqual([], self.files())

    def test_completion(self):
        programs.craton("complete-names", "hosts", CRATON_URL="sqlite:///fleet.db")
        self.assertFalse(self.path.exists())

    def test_the_server(self):
        for words in (
            ("user", "list"),
            ("user", "create", "ada"),
            ("project", "list"),
            ("db", "version"),
            ("db", "upgrade"),
        ):
            refused = programs.craton_server(*words, "--database", "sqlite:///fleet.db")
            self.assert_refused(refused, 1, f"There is no fleet at sqlite:///{self.path}")
            self.assertEqual([], self.files())

    def test_an_empty_file_stays_empty(self):
        self.path.touch()
        self.assert_refused(self.enter("host", "list"), 7, "There is no fleet at")
        self.assertEqual((["fleet.db"], 0), (self.files(), self.path.stat().st_size))

    def test_the_database_of_another_program_does_not_change(self):
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            connection.executescript("CREATE TABLE photos (id INTEGER);")
        before = self.path.read_bytes()
        for words in (("host", "list"), ("cloud", "create", "prod")):
            self.assert_refused(self.enter(*words), 7, "do not belong to Craton")
        self.assertEqual((["fleet.db"], before), (self.files(), self.path.read_bytes()))

    def test_the_library(self):
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)
        craton = client.Client(session, "sqlite:///fleet.db")
        for look in (
            lambda: list(craton.hosts.list()),
            lambda: craton.hosts.get(1),
            lambda: craton.hosts.update(1, note="x"),
            lambda: craton.hosts.delete(1),
        ):
            error = self.assertRaises(exceptions.ConnectionFailed, look)
            self.assertIn(str(self.path), str(error))
        self.assertEqual([], self.files())
        craton.clouds.create(name="prod")
        self.assertEqual(["prod"], [cloud.name for cloud in craton.clouds.list()])


class TestCreating(AbsentFleetTestCase):
    """The first object creates the file, and standard error says so."""

    def test_the_first_object(self):
        done = self.enter("cloud", "create", "prod", "-f", "value", "-c", "name")
        said = f"Created the fleet sqlite:///{self.path}.\n"
        self.assertEqual((0, "prod\n", said), done)
        self.assertEqual(
            (0, "prod\n", ""), self.enter("cloud", "list", "-f", "value", "-c", "name")
        )
        self.assertEqual("", self.enter("cloud", "create", "test").err)

    def test_a_refused_object_creates_nothing(self):
        for words, status in (
            (("cloud", "create", "x" * 3000), 3),
            (("region", "create", "--cloud", "id:1", "x"), 5),
        ):
            refused = self.enter(*words)
            self.assert_refused(refused, status, "Request-ID")
            self.assertEqual([], self.files())
        self.path.touch()  # the same holds for an empty file
        self.assert_refused(self.enter("cloud", "create", "x" * 3000), 3)
        self.assertEqual(b"", self.path.read_bytes())
        self.assertEqual(0, self.enter("cloud", "create", "x").status)

    def test_a_refused_object_creates_nothing_with_the_library(self):
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)
        craton = client.Client(session, "sqlite:///fleet.db")
        create = craton.clouds.create
        self.assertRaises(exceptions.BadRequest, create, name="x" * 3000)
        self.assertRaises(exceptions.NotFound, craton.regions.create, name="x", cloud_id=1)
        self.assertEqual([], self.files())
        self.assertEqual(1, create(name="prod").id)

    def test_without_room_for_a_temporary_fleet(self):
        with mock.patch("tempfile.TemporaryDirectory", side_effect=FileNotFoundError):
            self.assertEqual(0, self.enter("cloud", "create", "prod").status)

    def test_a_path_with_a_blank_can_be_pasted(self):
        refused = programs.craton("cloud", "list", CRATON_URL="sqlite:///my fleet.db")
        self.assertIn(f"--database 'sqlite:///{self.home}/my fleet.db',", refused.err)

    def test_openstack(self):
        where = {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": f"sqlite:///{self.path}"}
        said = f"Created the fleet sqlite:///{self.path}.\n"
        done = self.program("openstack", "craton", "cloud", "create", "prod", **where)
        self.assertEqual((0, said), (done.status, done.err))
        self.path.unlink()
        done = self.program("openstack", "-q", "craton", "cloud", "create", "prod", **where)
        self.assertEqual((0, ""), (done.status, done.err))

    def test_whoami_shows_the_absolute_path(self):
        self.enter("cloud", "create", "prod")
        done = self.enter("whoami", "-f", "value", "-c", "url")
        self.assertEqual((0, f"sqlite:///{self.path}\n", ""), done)

    def test_a_session_shows_the_absolute_path(self):
        options = argparse.Namespace(craton_url="sqlite:///fleet.db", os_endpoint="")
        self.assertEqual(f"Fleet: sqlite:///{self.path}.", client_manager.describe(options))

    def test_quiet(self):
        done = programs.craton("-q", "cloud", "create", "x", CRATON_URL="sqlite:///fleet.db")
        self.assertEqual((0, ""), (done.status, done.err))

    def test_the_path_is_resolved_once(self):
        session = auth.create_session_with(None, True)
        self.addCleanup(session.close)
        craton = client.Client(session, "sqlite:///fleet.db")
        elsewhere = pathlib.Path("elsewhere")
        elsewhere.mkdir()
        os.chdir(elsewhere)
        craton.clouds.create(name="prod")
        self.assertTrue(self.path.exists())
