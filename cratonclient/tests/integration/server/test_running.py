# SPDX-License-Identifier: Apache-2.0
"""``craton-server run``: start, and shutdown with requests in flight."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import typing as t

from cratonclient.tests.integration.osc import programs
from cratonclient.tests.integration.server import live
from cratonserver import composition
from cratonserver.db import store

CLOUD = '{"name": "prod"}'

#: Sends itself a signal while the main thread changes the event that it waits for.
SIGNAL_IN_LOCK = """
import signal
from cratonserver.config.settings import Settings
from cratonserver.serving.server import Server

server = Server(("127.0.0.1", 1), Settings(), None, None, None)
server._start()
stopped = server._granian.main_loop_interrupt
with stopped._cond:
    signal.raise_signal(signal.SIGTERM)
stopped.wait(50)
print("stopped")
"""


@contextlib.contextmanager
def store_of(url: str) -> t.Iterator[store.Store]:
    """Open the fleet of a URL, and close it at the end of the block."""
    found = composition.store_at(url)
    try:
        found.open()
        yield found
    finally:
        found.close()


class TestStopping(live.LiveTestCase):
    def begun(self) -> live.Connection:
        """Send the head of a request, and wait until the server has received it."""
        connection = self.connect()
        more = (f"Content-Length: {len(CLOUD)}", "Expect: 100-continue")
        connection.send(*self.server.head("POST /v1/clouds", *more))
        self.assertEqual(100, connection.answer().status)
        return connection

    def test_requests_that_have_begun_are_answered(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.serve()
            idle = self.connect()
            idle.send(*self.server.head("GET /v1/clouds"))
            self.assertNotIn("connection", idle.answer().headers)
            begun = self.begun()

            server.send_signal(number)

            self.server.wait_until_refused()
            self.assertEqual(b"", idle.rest())
            begun.send_bytes(CLOUD.encode())
            answer = begun.answer()
            self.assertEqual((201, "close"), (answer.status, answer.headers["connection"]))
            self.assertEqual(b"", begun.rest())
            self.assertEqual(0, server.wait(50))

    def test_a_second_signal_stops_at_once(self):
        server = self.serve("--stop-timeout=3000")
        begun = self.begun()

        server.terminate()
        self.server.wait_until_refused()
        server.terminate()

        self.assertEqual(1, server.wait(50))
        self.assertEqual(b"", begun.rest())
        self.assertIn("not all requests were finished", self.server.said)

    def test_the_time_for_it_is_bounded(self):
        server = self.serve("--stop-timeout=0")
        begun = self.begun()

        server.terminate()

        self.assertEqual(1, server.wait(50))
        self.assertEqual(b"", begun.rest())

    def test_a_request_that_never_ends_is_refused_and_not_waited_for(self):
        server = self.serve("--request-timeout=1", "--stop-timeout=3000")
        begun = self.begun()

        server.terminate()

        self.assertEqual(408, begun.answer().status)
        begun.socket.close()
        self.assertEqual(0, server.wait(50))

    def test_a_signal_may_arrive_while_the_main_thread_has_a_lock(self):
        program = [sys.executable, "-c", SIGNAL_IN_LOCK]
        done = subprocess.run(program, timeout=60, capture_output=True, text=True)
        self.assertEqual(("stopped\n", ""), (done.stdout, done.stderr))

    def test_all_processes_end_with_the_first_one(self):
        server = self.serve("--processes=3")

        self.assertNotEqual([], [*self.server.folder.glob("craton-metrics-*")])
        server.kill()
        server.wait()

        self.server.wait_until_refused()
        self.assertEqual([], [*self.server.folder.glob("craton-metrics-*")])


class TestStarting(live.LiveTestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder()
        self.enterContext(contextlib.chdir(self.path))

    def test_a_port_that_is_taken_is_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            done = programs.craton_server("run", "--listen", listen)

        self.assertEqual(1, done.status)
        self.assertEqual(
            f"craton-server: cannot listen at {listen}: Address already in use\n", done.err
        )
        self.assertEqual([], [*self.path.iterdir()])

    def test_a_host_that_is_none_is_one_line(self):
        for host in ("no-such-host.invalid", "a" * 100):
            done = programs.craton_server("run", "--listen", f"{host}:1")

            self.assertEqual((1, 1), (done.status, len(done.err.splitlines())))
            self.assertIn(f"cannot listen at {host}:1", done.err)

    def test_a_bad_configuration_is_one_line_and_wrong_usage(self):
        (self.path / "bad.conf").write_text("[serving]\nthreads = many\n")

        done = programs.craton_server("run", "--config-file", "bad.conf")

        self.assertEqual(2, done.status)
        self.assertEqual(
            "craton-server: bad.conf: [serving] threads = 'many': must be a whole "
            "number of at least 1\n",
            done.err,
        )

    def test_the_configuration_can_be_printed(self):
        done = programs.craton_server(
            "config", "--threads=3", CRATON_DATABASE="postgresql://u:p@h/d"
        )

        self.assertEqual((0, ""), (done.status, done.err))
        self.assertIn("database = postgresql://***@h/d  (CRATON_DATABASE)\n", done.out)
        self.assertIn("threads = 3  (--threads)\n", done.out)

    def test_a_password_disappears_from_the_list_of_processes(self):
        with socket.create_server(("127.0.0.1", 0)) as database:
            database.settimeout(60)
            url = f"postgresql://u:s3cret-pw@127.0.0.1:{database.getsockname()[1]}/d"
            program = [live.PROGRAM, "run", "--listen=127.0.0.1:0", "--database", url]
            with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
                database.accept()[0].close()  # the program has parsed its options
                listed = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
                database.close()
                _, said = process.communicate()

        self.assertIn("--listen=127.0.0.1:0", listed)
        self.assertNotIn("s3cret-pw", listed)
        self.assertEqual(1, process.returncode)
        self.assertIn("Set CRATON_DATABASE", said)
        self.assertIn("postgresql://***@127.0.0.1", said)
        self.assertNotIn("s3cret-pw", said)

    def test_init_refuses_what_nobody_could_use(self):
        for words in (
            ("--username", ""),
            ("--username", "a\nb"),
            ("--username", " a"),
            ("--username", "Łukasz"),
            ("--url", "sqlite:///x"),
            ("--url", "http://a\x1bb"),
            ("--url", ""),
        ):
            done = programs.craton_server("init", *words)

            self.assertEqual((2, ""), (done.status, done.out), str(words))
            self.assertIn(repr(words[1]), done.err)
        self.assertEqual([], [*self.path.iterdir()])

    def test_a_server_that_creates_its_database_names_it_first(self):
        said = self.path / "said"
        words = ("run", "--database", "sqlite:///fleet.db", "--listen", "127.0.0.1:0")
        with said.open("w") as stream:
            server = subprocess.Popen(
                [live.PROGRAM, *words],
                env=programs.clean_environment(str(self.path)),
                stderr=stream,
            )
        self.addCleanup(server.wait, 50)
        self.addCleanup(server.terminate)
        live.url_of(server, said)

        first, second = said.read_text().splitlines()
        self.assertEqual(f"Created the fleet sqlite:///{self.path}/fleet.db.", first)
        self.assertTrue(second.startswith("Serving "), second)

    def test_the_credentials_go_to_a_new_file_for_its_owner_only(self):
        self.addCleanup(os.umask, os.umask(0))

        done = programs.craton_server("init", "--output", "rc")

        self.assertEqual((0, ""), (done.status, done.out))
        self.assertIn(". ./rc", done.err)
        self.assertEqual(0o600, stat.S_IMODE((self.path / "rc").stat().st_mode))
        script = ". ./rc; printf %s $OS_PASSWORD"
        key = subprocess.check_output(["/bin/sh", "-c", script], text=True)
        self.assertTrue(key.startswith("craton_"))

    def test_init_leaves_existing_files_and_links_alone(self):
        (self.path / "link").symlink_to(self.path / "target")
        (self.path / "file").write_text("kept")
        for name in ("link", "file"):
            done = programs.craton_server("init", "--output", name)

            self.assertEqual((1, 1), (done.status, len(done.err.splitlines())))
            self.assertIn(f"{name} exists; nothing was changed", done.err)
        for name in ("no/file", ""):
            done = programs.craton_server("init", "--output", name)
            self.assertEqual(1, done.status)
            self.assertIn(f"Cannot write {name!r}: No such file or directory", done.err)
        self.assertEqual({"link", "file"}, {path.name for path in self.path.iterdir()})
        self.assertEqual("kept", (self.path / "file").read_text())

    def test_init_that_fails_leaves_no_file_with_credentials(self):
        programs.craton_server("init")

        done = programs.craton_server("init", "--output", "rc")

        self.assertEqual(1, done.status)
        self.assertIn("already has a root user", done.err)
        self.assertFalse((self.path / "rc").exists())

    def test_the_files_of_a_database_are_for_their_owner_only(self):
        self.addCleanup(os.umask, os.umask(0))
        with store_of(f"sqlite:///{self.path}/fleet.db") as fleet, fleet.write():
            files = {
                path.name: stat.S_IMODE(path.stat().st_mode) for path in self.path.iterdir()
            }

        names = ("fleet.db", "fleet.db-wal", "fleet.db-shm")
        self.assertEqual(dict.fromkeys(names, 0o600), files)

    def test_a_database_is_not_created_through_a_link(self):
        (self.path / "fleet.db").symlink_to(self.path / "target")

        done = programs.craton_server("init", "--database", "sqlite:///fleet.db")

        self.assertEqual((1, 1), (done.status, len(done.err.splitlines())))
        self.assertIn("is a symbolic link to a file that does not exist", done.err)
        self.assertFalse((self.path / "target").exists())

    def test_the_access_log_is_json_with_what_was_asked_and_no_secrets(self):
        server = self.serve()
        lines = (
            "GET /v1/clouds?name=%0Ax",
            "GET /v1/clouds?token=s3cret&vars=pass:%22s3cret%22",
        )
        answers = [self.ask(line, "User-Agent: a\x85b") for line in lines]
        self.ask("GET /healthcheck")
        server.terminate()
        server.wait(50)

        text = self.server.said
        # A busy machine can delay the server so much that it warns of something else, too.
        found = [json.loads(line) for line in text.splitlines()[1:]]
        logged = [line for line in found if line["message"] == "request"]
        self.assertEqual(
            [a.headers["x-openstack-request-id"] for a in answers],
            [line["request_id"] for line in logged],
        )
        self.assertEqual("/v1/clouds?name=***", logged[0]["path"])
        self.assertEqual("/v1/clouds?token=***&vars=pass:***", logged[1]["path"])
        self.assertEqual(
            ("root", "GET", 404), (logged[0]["user"], logged[0]["method"], logged[0]["status"])
        )
        self.assertEqual(int(answers[0].headers["content-length"]), logged[0]["bytes"])
        self.assertEqual(("127.0.0.1", "a\x85b"), (logged[0]["client"], logged[0]["agent"]))
        self.assertTrue(text.isascii())
        self.assertNotIn("s3cret", text)
        self.assertNotIn(self.server.key, text)
