# SPDX-License-Identifier: Apache-2.0
"""``/healthcheck``: 200 while the database can be read and written, 503 otherwise."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import typing as t
import unittest
from concurrent import futures
from unittest import mock

import sqlalchemy as sa
from falcon import testing

from cratonclient.tests import base as tests_base
from cratonclient.tests.integration.server import base, databases
from cratonserver import composition
from cratonserver.api import health
from cratonserver.db import dialect


class TestHealth(base.ServerTestCase):
    def check(self, store, method="GET"):
        return testing.simulate_request(
            composition.application_of(store), method, "/healthcheck"
        )

    def test_it_asks_for_no_credentials(self):
        answer = self.check(self.store)

        self.assertEqual(200, answer.status_code)
        self.assertEqual({"message": "OK", "status": 200}, answer.json)
        self.assertEqual("no-store", answer.headers["cache-control"])
        self.assertIn("x-openstack-request-id", answer.headers)

    def test_head_answers_without_a_body(self):
        answer = self.check(self.store, "HEAD")

        self.assertEqual((200, ""), (answer.status_code, answer.text))

    def test_what_only_looks_like_it_is_not_open(self):
        for path in ("/healthcheck/", "/v1/healthcheck", "/Healthcheck"):
            answer = testing.simulate_get(composition.application_of(self.store), path)

            self.assertEqual(401, answer.status_code, path)

    def test_a_database_that_does_not_answer_is_503_without_the_reason(self):
        with self.assertLogs("cratonserver.api.health", "ERROR"):
            answer = self.check(composition.store_at("sqlite:////nowhere/at-all/fleet.db"))

        self.assertEqual(503, answer.status_code)
        self.assertEqual("no-store", answer.headers["cache-control"])
        self.assertEqual(
            {"message": "The database does not respond", "status": 503}, answer.json
        )

    def test_liveness_does_not_depend_on_the_database(self):
        store = composition.store_at("sqlite:////nowhere/at-all/fleet.db")
        for method in ("GET", "HEAD"):
            answer = testing.simulate_request(
                composition.application_of(store), method, "/livez"
            )
            self.assertEqual(200, answer.status_code)
            self.assertEqual("no-store", answer.headers["cache-control"].partition(",")[0])


class TestChecks(base.ServerTestCase):
    """Many ask at the same time, and the database may be slow or lost."""

    def setUp(self):
        super().setUp()
        self.application = composition.application_of(self.store)
        self.checks = 0
        self.began, self.end = threading.Event(), threading.Event()
        self.end.set()

    def find_write_problem(self, _engine: sa.Engine) -> None:
        self.checks += 1
        self.began.set()
        self.end.wait(50)

    def status(self) -> int:
        answer = testing.simulate_get(self.application, "/healthcheck")
        return int(answer.status_code)

    def watched(self) -> t.Any:
        """Count the checks."""
        dialect = self.store.database.dialect
        return mock.patch.object(dialect, "find_write_problem", self.find_write_problem)

    def test_a_result_is_used_for_a_while(self):
        with self.watched(), mock.patch.object(health, "LIFETIME", 100):
            self.assertEqual({200}, {self.status() for _ in range(50)})
            self.assertEqual(1, self.checks)
            with mock.patch.object(health, "LIFETIME", 0):
                self.status()
            self.assertEqual(2, self.checks)

    def test_at_most_one_check_runs_and_nobody_waits_for_it(self):
        with self.watched(), mock.patch.object(health, "LIFETIME", 0):
            self.status()
            self.end.clear()
            self.began.clear()
            with futures.ThreadPoolExecutor() as threads:
                slow = threads.submit(self.status)
                self.began.wait(50)
                self.assertEqual({200}, {self.status() for _ in range(50)})
                self.assertFalse(slow.done())
                self.end.set()
                self.assertEqual(200, slow.result())
            self.assertEqual(2, self.checks)

    def test_a_check_that_does_not_end_is_a_problem(self):
        with (
            self.watched(),
            mock.patch.object(health, "LIFETIME", 0),
            mock.patch.object(health, "PATIENCE", 0.01),
            futures.ThreadPoolExecutor() as threads,
        ):
            self.end.clear()
            slow = threads.submit(self.status)
            self.began.wait(50)
            self.assertEqual(503, self.status())
            self.end.set()
            self.assertEqual((200, 200), (slow.result(), self.status()))

    def test_a_problem_that_lasts_is_logged_once(self):
        diagnosis = dialect.Diagnosis("is full", "Free space on its disk.")
        database = self.store.database
        with (
            mock.patch.object(health, "LIFETIME", 0),
            mock.patch.object(database.dialect, "find_write_problem", lambda _: diagnosis),
            self.assertLogs("cratonserver.api.health", "ERROR") as log,
        ):
            self.assertEqual({503}, {self.status() for _ in range(50)})
        self.assertEqual(1, len(log.records))
        self.assertIn("Free space on its disk", log.output[0])


class TestWriting(base.ServerTestCase):
    """A database that can be read but not written is not healthy."""

    def setUp(self):
        super().setUp()
        self.patch(health, "LIFETIME", 0)
        self.store = composition.store_at(databases.new(self.addCleanup))  # type: ignore[misc]
        self.addCleanup(self.store.close)
        self.store.open()
        self.application = composition.application_of(self.store)

    def health(self) -> tuple[int, str]:
        answer = testing.simulate_get(self.application, "/healthcheck")
        alive = testing.simulate_get(self.application, "/livez")
        self.assertEqual(200, alive.status_code)
        return answer.status_code, answer.json["message"]

    def test_checks_write_nothing(self):
        before = databases.contents(self.store)
        for _ in range(20):
            self.assertEqual((200, "OK"), self.health())

        self.assertEqual(before, databases.contents(self.store))
        self.store.open()  # which refuses unknown tables

    @unittest.skipUnless(databases.SERVER, "needs PostgreSQL")
    def test_read_only_transactions_of_postgresql(self):
        url = self.store.engine.url
        for value, found in (("on", (503, "The database is read-only")), ("off", (200, "OK"))):
            statement = f"ALTER DATABASE {url.database} SET default_transaction_read_only = "
            databases.execute(databases.SERVER, statement + value)
            self.store.engine.dispose()
            self.assertEqual(found, self.health())

    @unittest.skipIf(databases.SERVER, "needs SQLite")
    def test_another_writer_is_no_problem(self):
        with databases.writing(self.store) as connection:
            connection.exec_driver_sql("UPDATE projects SET name = 'x'")
            self.assertEqual((200, "OK"), self.health())

    @unittest.skipIf(databases.SERVER, "needs SQLite")
    def test_a_file_that_may_not_grow_is_full(self):
        def limit(connection: t.Any, _record: t.Any) -> None:
            [(pages,)] = connection.execute("PRAGMA page_count")
            connection.execute(f"PRAGMA max_page_count = {pages}")

        sa.event.listen(self.store.engine, "connect", limit)
        self.store.engine.dispose()
        with self.assertLogs("cratonserver.api.health", "ERROR"):
            self.assertEqual((503, "The database is full"), self.health())


#: Serves a fleet until standard input ends, and prints the health after each line of it.
PROGRAM = """
import os, resource, sys
from falcon import testing
from cratonserver import composition
from cratonserver.api import health

health.LIFETIME = 0
url, user = sys.argv[1], int(sys.argv[2])
store = composition.store_at(url)
application = composition.application_of(store)
testing.simulate_get(application, "/livez")  # imports the rest, as root
if user != os.getuid():
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
for line in sys.stdin:
    limit = int(line)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    answer = testing.simulate_get(application, "/healthcheck")
    print(answer.status_code, answer.json["message"], flush=True)
"""


@unittest.skipIf(databases.SERVER, "needs SQLite")
class TestDisks(tests_base.TestCase):
    """The disk of a SQLite file is full or read-only, in a process of an ordinary user."""

    def setUp(self):
        super().setUp()
        self.path = self.folder()
        self.file = self.path / "fleet.db"
        with contextlib.closing(composition.store_at(f"sqlite:///{self.file}")) as store:
            store.open()
        #: An ordinary user, because permissions do not bind root.
        self.user = os.getuid() or 65534
        for path in (self.path, *self.path.iterdir()):
            os.chown(path, self.user, self.user)

    def start(self) -> t.Callable[..., str]:
        """Start a server and return a function that checks its health with a limit."""
        server = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, f"sqlite:///{self.file}", str(self.user)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        requests, answers = t.cast("t.Any", server.stdin), t.cast("t.Any", server.stdout)
        self.addCleanup(server.wait)
        self.addCleanup(requests.close)
        self.addCleanup(answers.close)

        def health(limit: int = -1) -> str:
            requests.write(f"{limit}\n")
            requests.flush()
            return str(answers.readline().strip())

        return health

    def test_a_limit_on_the_size_of_files(self):
        health = self.start()

        self.assertEqual("200 OK", health())
        size = self.file.stat().st_size
        self.assertEqual("503 The database is full", health(size + 1000))
        self.assertEqual("200 OK", health())

    def test_a_file_that_may_not_be_written(self):
        health = self.start()
        self.assertEqual("200 OK", health())

        self.file.chmod(0o400)
        self.assertEqual("503 The database is read-only", health())
        self.file.chmod(0o600)
        self.assertEqual("200 OK", health())

    def test_a_file_that_was_opened_when_it_could_not_be_written(self):
        self.file.chmod(0o400)

        self.assertEqual("503 The database is read-only", self.start()())

    def test_a_folder_that_may_not_be_written(self):
        health = self.start()
        self.assertEqual("200 OK", health())

        self.path.chmod(0o500)
        self.assertEqual("503 The database is read-only", health())
