# SPDX-License-Identifier: Apache-2.0
"""Sessions: on a terminal, and with commands piped in."""

from __future__ import annotations

import io
import os
import pathlib
import socket
import stat
import subprocess
import sys
from unittest import mock

from urllib3 import connection

from cratonclient.tests.integration.osc import programs, terminal
from cratonclient_osc.program import prompt


class TestScript(programs.SharedFleetTestCase):
    """``craton < script``."""

    fill = staticmethod(programs.fill)

    def feed(self, script: str, *words: str, **settings: str) -> programs.Result:
        """Run a session that reads a script from standard input."""
        with mock.patch.object(sys, "stdin", io.StringIO(script)):
            return self.enter(*words, **settings)

    def test_commands_comments_and_empty_lines(self):
        done = self.feed("# all\n\ncloud show prod -f value -c id  # one\n\tcloud show test\n")
        self.assertEqual("1", self.assert_done(done).out.splitlines()[0])
        self.assertIn("test", done.out)
        self.assertNotIn("craton>", done.out)

    def test_a_script_of_an_editor_on_windows(self):
        text = "\ufeffcloud show prod -f value -c name\r\ncloud show test -f value -c name\r\n"
        script = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        with mock.patch.object(sys, "stdin", script):
            self.assertEqual("prod\ntest\n", self.assert_done(self.enter()).out)

    def test_nothing(self):
        self.assert_done(self.feed(""))
        self.assertEqual("", self.feed("").out)

    def test_the_first_failure_ends_it_with_its_status(self):
        for line, status in (("host show 99", 5), ("host lst", 2), ("host list --x", 2)):
            with self.subTest(line):
                done = self.feed(f"cloud list\n{line}\ncloud show test\n")
                self.assertEqual(status, done.status)
                self.assertIn("line 2", done.err)
                self.assertNotIn("updated_at", done.out)

    def test_keep_going(self):
        done = self.feed("host show 99\ncloud show test", "--keep-going")
        self.assertEqual(1, done.status)
        self.assertIn("updated_at", done.out)
        self.assertEqual(0, self.feed("cloud list", "--keep-going").status)

    def test_keep_going_with_a_command(self):
        self.assert_refused(self.enter("--keep-going", "cloud", "list"), 2, "script")

    def test_exit(self):
        for word in ("exit", "quit"):
            done = self.feed(f"{word}\nhost show 99")
            self.assertEqual("", self.assert_done(done).out)

    def test_help_fails_nothing(self):
        done = self.feed("help host list\nhost list --help\nhelp\ncloud show test")
        self.assertIn("updated_at", self.assert_done(done).out)

    def test_the_commands_of_2017(self):
        self.assertIn("10.0.1.4", self.assert_done(self.feed("host-show h2")).out)

    def test_global_options_hold(self):
        done = self.feed("cloud show test\ncloud show prod", "--format", "json")
        self.assertEqual(2, self.assert_done(done).out.count('"name"'))

    def test_options_of_a_line_hold_in_that_line(self):
        other = f"sqlite:///{self.folder()}/other.db"
        done = self.feed(
            f"--craton-url {other} cloud create mine\n"
            "--format json cloud list\n"
            f"cloud list --craton-url {other}\n"
            "cloud list --debug\n"
            "cloud show prod"
        )
        self.assertEqual(0, done.status, done.err)
        as_json, rest = done.out[done.out.index("[") :].split("]\n", 1)
        self.assertNotIn("mine", as_json)
        self.assertIn("mine", rest)
        alone = self.enter("cloud", "list", "--debug")
        self.assertEqual(alone.err.count("REQ: curl"), done.err.count("REQ: curl"))

    def test_a_line_without_a_command(self):
        self.assert_refused(self.feed("--debug", "--keep-going"), 1, "no command")

    def test_blanks_in_quotes_survive(self):
        url = programs.new_fleet(self.folder())
        done = self.feed(
            "cloud create \"a  b\" --note 'it''s; | > #5'\ncloud create c\\ d#e",
            "--format",
            "json",
            CRATON_URL=url,
        )
        self.assert_done(done)
        with programs.opened(url) as fleet:
            clouds = [(one.name, one.note) for one in fleet.clouds.list()]
        self.assertEqual([("a  b", "its; | > #5"), ("c d#e", None)], clouds)

    def test_what_a_shell_would_obey_is_refused(self):
        for line in ("cloud list | cat", "cloud list > x", "cloud list; cloud list", "!ls"):
            with self.subTest(line):
                refused = self.feed(line, "--keep-going")
                self.assert_refused(refused, 1, "Shell operator", "is not supported here")

    def test_a_quote_without_its_fellow(self):
        self.assertEqual(2, self.feed("cloud show 'prod").status)

    def test_one_connection(self):
        server = programs.Server(str(self.folder()))
        self.addCleanup(server.stop)
        connect = connection.HTTPConnection.connect
        with mock.patch.object(
            connection.HTTPConnection, "connect", autospec=True, side_effect=connect
        ) as connected:
            script = "cloud create a\n" + "cloud list\nhost list\n" * 5
            self.assert_done(self.feed(script, **server.settings))
        self.assertEqual(1, connected.call_count)

    def test_a_reader_that_has_seen_enough(self):
        home = str(self.folder())
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as output:
            done = subprocess.run(
                [programs.script("craton")],
                input=b"cloud list\n" * 3,
                env=programs.clean_environment(home) | {"CRATON_URL": self.database},
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=50,
            )
        self.assertEqual((141, b""), (done.returncode, done.stderr))

    def test_what_is_no_text(self):
        home = str(self.folder())
        done = subprocess.run(
            [programs.script("craton")],
            input=b"cloud show \xff\xfe\n",
            env=programs.clean_environment(home) | {"CRATON_URL": self.database},
            capture_output=True,
            timeout=50,
        )
        self.assertEqual(2, done.returncode)
        self.assertIn(b"not valid text", done.stderr)


class TestTerminal(programs.SharedFleetTestCase):
    """``craton`` on a terminal."""

    PROMPT = "craton>"
    fill = staticmethod(programs.fill)

    def start(self, home: pathlib.Path, *words: str, **settings: str) -> terminal.Terminal:
        """Start a session and wait for its prompt."""
        command = (programs.script("craton"), *words)
        session = terminal.Terminal(home, *command, **{"CRATON_URL": self.database, **settings})
        self.addCleanup(session.child.close)
        session.expect(self.PROMPT)
        return session

    def test_a_session(self):
        home = self.folder()
        session = self.start(home)
        session.type("cloud list -f value -c name\r")
        session.expect("prod", "test", self.PROMPT)
        session.type("cloud show nobody\r")  # an error does not end the session
        session.expect("No cloud has", self.PROMPT)
        session.type("cloud lst\r")
        session.expect("Did you mean", self.PROMPT)
        session.type("help cloud list\r")
        session.expect("usage: craton cloud list", self.PROMPT)
        session.type("cloud list")
        session.interrupt()  # Ctrl-C discards the line
        session.expect(self.PROMPT)
        session.type("cloud show 'prod\r")
        session.expect("No closing quotation", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_exit(self):
        session = self.start(self.folder())
        session.type("cloud show nobody\r")
        session.expect("No cloud has", self.PROMPT)
        session.type("exit\r")
        self.assertEqual(0, session.ended())

    def test_the_history_is_kept_without_secrets(self):
        home = self.folder()
        session = self.start(home)
        session.type("cloud list -f value -c name\r")
        session.expect("test", self.PROMPT)
        session.type("--os-password=hidden cloud show test\r")
        session.expect("updated_at", self.PROMPT)
        session.end()
        path = home / ".local/state/craton/history"
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        for folder in (path.parent, path.parents[1], path.parents[2]):
            self.assertEqual(0o700, stat.S_IMODE(folder.stat().st_mode), str(folder))
        self.assertNotIn("hidden", path.read_text())

        session = self.start(home)
        session.type("\x1b[A")  # arrow up
        session.expect("cloud list -f value -c name")
        session.type("\r")
        session.expect("prod", "test", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_the_history_has_a_folder_of_its_own(self):
        home = self.folder()
        with mock.patch.dict(os.environ, XDG_STATE_HOME=str(home / "state")):
            session = terminal.Terminal(
                home,
                *("env", f"XDG_STATE_HOME={home}/state", programs.script("craton")),
                CRATON_URL=self.database,
            )
        self.addCleanup(session.child.close)
        session.expect(self.PROMPT)
        session.end()
        self.assertTrue((home / "state/craton/history").exists())

    def test_a_history_is_no_link_and_names_no_url_with_a_password(self):
        path = self.folder() / "history"
        entries = prompt.History(path)
        path.unlink()
        for line in ("cloud list", "--craton-url http://u:pw@h cloud list", "host list\n# a"):
            entries.store_string(line)
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.assertEqual(["host list\n# a", "cloud list"], [*entries.load_history_strings()])

        link = path.with_name("link")
        link.symlink_to(path)
        self.assertRaises(OSError, prompt.History, link)

    def test_a_home_that_keeps_nothing(self):
        home = self.folder()
        (home / ".local").write_text("no folder")
        session = self.start(home)
        session.type("cloud list -f value -c name\r")
        session.expect("test", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_an_interrupt_ends_the_command_only(self):
        listener = socket.create_server(("127.0.0.1", 0))  # never sends a response
        self.addCleanup(listener.close)
        options = (
            "--os-username",
            "u",
            "--os-password",
            "p",
            "--os-project-id",
            programs.PROJECT,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        session = self.start(self.folder(), *options, CRATON_URL=url)
        session.type("cloud list\r")
        listener.settimeout(50)
        request, _ = listener.accept()
        self.addCleanup(request.close)
        request.recv(1)
        session.interrupt()
        session.expect(self.PROMPT)
        session.type(f"--craton-url={self.database} cloud list -f value -c name\r")
        session.expect("prod", self.PROMPT)
        self.assertEqual(0, session.end())
