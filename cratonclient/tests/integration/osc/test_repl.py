# SPDX-License-Identifier: Apache-2.0
"""Sessions: on a terminal, and with commands piped in."""

from __future__ import annotations

import argparse
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
from cratonclient_osc.program import client_manager, destinations, prompt


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

    def test_the_word_craton_at_the_beginning(self):
        script = (
            "craton cloud show prod -f value -c id\n"
            "openstack craton cloud show prod -f value -c id\n"
            "craton --format json cloud-show prod\n"
            "craton host ?\n"
            "craton exit\n"
            "host show 99\n"
        )
        done = self.assert_done(self.feed(script))
        self.assertTrue(done.out.startswith('1\n1\n{\n  "id": 1,'), done.out)
        self.assertIn("host create", done.out)

    def test_the_word_craton_alone(self):
        for line, said in (("craton", "craton"), ("craton craton cloud", "craton cloud")):
            with self.subTest(line):
                done = self.feed(line)
                self.assertEqual(2, done.status)
                self.assertIn(f"{said!r} is not a command", done.err)

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
        for line in (
            "cloud list; cloud list",
            "cloud list < x",
            "cloud list 2> x",
            "cloud list >& x",
            "cloud list || cloud list",
            "cloud list > a > b",
            "!ls",
        ):
            with self.subTest(line):
                refused = self.feed(line, "--keep-going")
                self.assert_refused(refused, 1, "Shell operator", "is not supported here")

    def test_output_into_a_file(self):
        path = self.folder() / "the clouds"
        self.assert_done(
            self.feed(
                f"cloud list -f value -c name > '{path}'\n"
                f"cloud list >>'{path}' -f value -c id # and more > x\n"
                "cloud show test -f value -c name"
            )
        )
        self.assertEqual("prod\ntest\n1\n2\n", path.read_text())
        self.assert_done(self.feed(f"help host >'{path}'"))
        self.assertIn("host list", path.read_text())

    def test_a_file_that_cannot_be_written_stops_the_command_before_it_runs(self):
        path = self.folder() / "other.db"
        url = f"sqlite:///{path}"
        for target in ("/nonexistent/x", "/", "$HOME/x", "*", "''", ""):
            line = f"cloud create {target and 'a'} > {target}"
            with self.subTest(line):
                refused = self.feed(line, "--keep-going", CRATON_URL=url)
                self.assert_refused(refused, 1)
        self.assert_refused(self.feed("> x", "--keep-going"), 1, "command is missing")
        self.assertFalse(path.exists())

    def test_a_full_disk(self):
        for line in (
            "cloud list",
            "cloud list -h",
            "help",
            "? cloud",
            "--version",
            "complete",
            "cloud delete prod --dry-run",
        ):
            with self.subTest(line):
                done = self.feed(
                    f"{line} > /dev/full\ncloud list -f value -c name", "--keep-going"
                )
                message = "Cannot write the output: No space left on device.\n"
                self.assertEqual((1, message), (done.status, done.err))
                self.assertIn("prod", done.out)

    def test_a_command_of_the_shell_that_stops_reading(self):
        class Ended(destinations.Pipe):
            """A command that has ended before it gets output."""

            def __init__(self, command: str) -> None:
                super().__init__(command)
                self._process.wait()

        patch = mock.patch.object(destinations, "Pipe", Ended)
        self.enterContext(patch)
        for line in ("cloud list", "cloud list -h", "help", "? cloud", "--version", "complete"):
            with self.subTest(line):
                done = self.feed(f"{line} | true\ncloud list -f value -c name")
                self.assert_done(done)
                self.assertIn("prod", done.out)

    def test_output_into_a_command_of_the_shell(self):
        path = self.folder() / "out"
        self.assert_done(
            self.feed(
                f"cloud list -f value -c name | sort -r | tr a-z A-Z > '{path}'\n"
                f"cloud list | true\n{'cloud list -f csv' * 1} | head -1 >> '{path}'"
            )
        )
        self.assertIn("TEST\nPROD\n", path.read_text())

    def test_a_quoted_question_mark_is_a_value(self):
        done = self.feed("cloud set prod --note '?'\ncloud show prod -f value -c note")
        self.assertEqual("?\n", self.assert_done(done).out)

    def test_the_help_has_no_options_for_logging_in(self):
        for line in ("?", "help", "--help", "craton --help", "craton help"):
            done = self.feed(line)
            self.assertEqual((0, ""), (done.status, done.err))
            self.assertTrue(done.out.startswith("Type commands without the word craton:"))
            self.assertIn("\n  cloud list ", done.out)
            self.assertIn("--debug", done.out)
            self.assertNotIn("--os-", done.out)
        self.assertTrue(programs.craton("help").out.startswith("usage: craton [--craton-url"))

    def test_the_command_of_the_shell_fails(self):
        done = self.feed("cloud list | exit 7\ncloud list")
        self.assertEqual(7, done.status)
        self.assertIn("line 1: 'cloud list | exit 7' ended with exit status 7.", done.err)
        done = self.feed("cloud show nobody | cat")
        self.assertEqual(5, done.status)

    def test_a_quote_without_its_fellow(self):
        self.assertEqual(2, self.feed("cloud show 'prod").status)

    def test_quotes_and_backslashes_span_lines(self):
        for ends in ("\n", "\r\n"):
            with self.subTest(ends):
                script = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline=ends)
                script.write("cloud delete prod \\\n  --dry-run\ncloud list \\\n -f value \\\n")
                script.write(" -c name\ncloud show test -c 'name\n'\n")
                script.seek(0)
                script = io.TextIOWrapper(script.detach(), encoding="utf-8")
                with mock.patch.object(sys, "stdin", script):
                    done = self.enter()
                self.assertEqual(2, done.status)
                self.assertTrue(done.out.endswith("prod\ntest\n"), done.out)
                self.assertIn("Would delete", done.out + done.err)
                self.assertIn("stopped at line 6", done.err)

    def test_a_backslash_at_the_end(self):
        done = self.feed("cloud delete test \\\n")
        self.assertEqual(2, done.status)
        self.assertIn("No escaped character", done.err)
        self.assert_done(self.enter("cloud", "show", "test"))

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


class SessionTestCase(programs.SharedFleetTestCase):
    """Tests of a session on a terminal."""

    PROMPT = "craton>"
    fill = staticmethod(programs.fill)

    def start(self, home: pathlib.Path, *words: str, **settings: str) -> terminal.Terminal:
        """Start a session and wait for its prompt."""
        command = (programs.script("craton"), *words)
        session = terminal.Terminal(home, *command, **{"CRATON_URL": self.database, **settings})
        self.addCleanup(session.child.close)
        session.expect(self.PROMPT)
        return session


class TestPastes(SessionTestCase):
    """Lines that are pasted, or typed while a command runs."""

    def paste(self, text: str, marked: bool = True) -> tuple[terminal.Terminal, str]:
        """Start a session with a new fleet, and paste into it.

        :returns: the session, and the URL of the fleet, which has the clouds p1 and p2.
        """
        home = self.folder()
        url = f"sqlite:///{home}/fleet.db"
        with programs.opened(url) as fleet:
            for name in ("p1", "p2"):
                fleet.clouds.create(name=name)
        session = self.start(home, CRATON_URL=url)
        (session.paste if marked else session.type)(text)
        return session, url

    def clouds(self, url: str) -> list[str]:
        """Return the names of the clouds of a fleet, with their notes."""
        with programs.opened(url) as fleet:
            return [f"{one.name} {one.note or ''}".strip() for one in fleet.clouds.list()]

    def test_lines_run_one_after_the_other(self):
        for end in ("\n", "\r", "\r\n"):
            text = end.join(("cloud delete p1", "# it's", "", "cloud show p2 -f value", ""))
            with self.subTest(end):
                session, url = self.paste(text)
                session.expect("delete p1", self.PROMPT, "show p2 -f value", "p2\r\n")
                session.end()
                self.assertEqual(["p2"], self.clouds(url))

    def test_the_last_line_waits_for_enter(self):
        session, url = self.paste("cloud delete p1\ncloud create p3\ncloud create p")
        session.expect("create p3", "updated_at", self.PROMPT, "create p")
        session.type("4\r")
        session.expect("updated_at", self.PROMPT)
        session.type("\x1b[A\x1b[A")  # each line is in the history by itself
        session.expect("cloud create p3")
        session.interrupt()
        session.end()
        self.assertEqual(["p2", "p3", "p4"], self.clouds(url))

    def test_after_typed_text(self):
        session, url = self.paste("")
        session.type("cloud ")
        session.paste("delete p1\ncloud delete p2\n")
        session.expect("delete p2", self.PROMPT)
        session.end()
        self.assertEqual([], self.clouds(url))

    def test_quotes_and_backslashes_span_lines(self):
        text = "cloud create p3 --note 'one\r\ntwo'\ncloud \\\n  delete p1\ncloud delete p2\n"
        for marked in (True, False):
            with self.subTest(marked=marked):
                session, url = self.paste(
                    text if marked else text.replace("\r\n", "\n"), marked
                )
                session.expect("updated_at", "> cloud delete p2", self.PROMPT)
                session.end()
                self.assertEqual(["p3 one\ntwo"], self.clouds(url))

    def test_a_quote_that_is_never_closed(self):
        session, url = self.paste("cloud delete p1\ncloud show 'x\ncloud delete p2\n")
        session.expect("delete p1", self.PROMPT, "cloud delete p2")
        session.type("\r")
        session.expect("No closing quotation", self.PROMPT)
        session.end()
        self.assertEqual(["p2"], self.clouds(url))

    def test_a_failure_stops_the_rest(self):
        for marked in (True, False):
            for failing, status in (
                ("cloud show nobody", 5),
                ("cloud shw p1", 2),
                ("cloud show p2 | exit 3", 3),
                ("cloud list | grep nothing", 1),
            ):
                lines = ("cloud delete p1", failing, "cloud delete p2", "", "cloud list\r")
                with self.subTest(failing, marked=marked):
                    session, url = self.paste("\r".join(lines), marked)
                    why = f"'{failing}' ended with exit status {status}."
                    session.expect(why, "2 more lines were pasted", "did not run", self.PROMPT)
                    session.type("cloud show p2 -f value -c name\r")
                    session.expect("-c name", "p2\r\n", self.PROMPT)
                    session.end()
                    self.assertEqual(["p2"], self.clouds(url))

    def test_the_unfinished_line_does_not_run_either(self):
        session, url = self.paste("cloud show nobody\ncloud delete p2")
        session.type("\r")
        session.expect("1 more line was pasted", self.PROMPT)
        session.end()
        self.assertEqual(["p1", "p2"], self.clouds(url))

    def test_while_a_command_runs(self):
        for marked in (True, False):
            with (
                self.subTest(marked=marked),
                socket.create_server(("127.0.0.1", 0)) as listener,
            ):
                session, url = self.paste("")
                address = f"http://127.0.0.1:{listener.getsockname()[1]}"
                login = f"--os-username u --os-password p --os-project-id {programs.PROJECT}"
                session.type(f"cloud list --craton-url {address} {login}\r")
                listener.settimeout(50)
                request, _ = listener.accept()
                with request:
                    request.recv(1)
                    text = "cloud delete p1\ncloud delete p2\n"
                    (session.paste if marked else session.type)(text)
                    session.expect("cloud delete p2")  # the terminal shows what it is sent
                    request.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
                session.expect("2 more lines were pasted", self.PROMPT)
                session.end()
                self.assertEqual(["p1", "p2"], self.clouds(url))

    def test_an_interrupt_stops_the_rest(self):
        session, url = self.paste("")
        session.paste("cloud list | (echo st''arted; sleep 1000)\ncloud delete p1\n")
        session.expect("started")
        session.child.sendintr()
        session.expect("1 more line was pasted", self.PROMPT)
        session.end()
        self.assertEqual(["p1", "p2"], self.clouds(url))

    def test_exit(self):
        session, url = self.paste("exit\ncloud delete p1\n")
        self.assertEqual(0, session.ended())
        self.assertEqual(["p1", "p2"], self.clouds(url))


class TestPager(SessionTestCase):
    """Output that is longer than the screen, which has 40 rows."""

    #: A pager that marks what it reads.
    PAGER = "sed s/^/page:/"

    def test_long_output(self):
        session = self.start(self.folder(), PAGER=self.PAGER)
        session.type("help\r")
        session.expect("page:Type commands", "page:  user show", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_short_output(self):
        session = self.start(self.folder(), PAGER=self.PAGER)
        session.type("cloud list -f value -c name\r")
        session.expect("prod")
        self.assertNotIn("page:", session.child.before)
        session.expect("test", self.PROMPT)

    def test_output_that_goes_elsewhere(self):
        home = self.folder()
        session = self.start(home, PAGER=self.PAGER)
        session.type("help > out\r")
        session.expect(self.PROMPT)
        session.type("help | cat\r")
        session.expect("| cat")
        session.child.expect_exact(self.PROMPT)
        self.assertNotIn("page:", session.child.before + (home / "out").read_text())

    def follow(self, *options: str) -> None:
        """Check that a session shows a change while ``change follow`` waits for the next."""
        home = self.folder()
        url = f"sqlite:///{home}/fleet.db"
        with programs.opened(url) as fleet:
            fleet.clouds.create(name="p0")
            session = self.start(home, CRATON_URL=url, PAGER=self.PAGER)
            session.type(f"{' '.join(('change', 'follow', '--after', '0', *options))}\r")
            session.expect("1 cloud created")
            for name in ("p1", "p2"):
                with fleet.because(f"reason {name}"):
                    fleet.clouds.create(name=name)
                session.expect(f"reason {name}")
                self.assertNotIn("page:", session.child.before)
            session.interrupt()
            self.assertEqual(0, session.end())

    def test_a_command_that_streams(self):
        for options in ((), ("-f", "jsonl"), ("-f", "csv"), ("-f", "value"), ("-f", "yaml")):
            with self.subTest(options):
                self.follow(*options)

    def test_the_help_of_a_command_that_streams(self):
        session = self.start(self.folder(), PAGER=self.PAGER)
        session.type("change follow --help\r")
        session.expect("page:usage: craton change follow", self.PROMPT)

    def test_output_before_a_question(self):
        home = self.folder()
        url = f"sqlite:///{home}/fleet.db"
        with programs.opened(url) as fleet:
            fleet.clouds.create(name="p1", variables={f"v{n}": n for n in range(50)})
            fleet.clouds.update(1, note="short")
            last = fleet.changes.last_revision()
        session = self.start(home, CRATON_URL=url, PAGER=self.PAGER)
        for revision, shown in ((last, "note:"), (last - 1, "page:")):
            session.type(f"change undo {revision} --force\r")
            session.expect(shown, "[y/N]")
            session.type("n\r")
            session.expect("Nothing was undone.", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_a_pager_that_fails_is_harmless(self):
        for pager in ("/nonexistent/pager", "false", "sh -c 'exit 3'"):
            with self.subTest(pager):
                session = self.start(self.folder(), PAGER=pager)
                session.type("help\r")
                session.expect("Type commands", "user show", self.PROMPT)
                session.type("cloud list -f value -c name\r")
                session.expect("prod\r\n", self.PROMPT)
                self.assertEqual(0, session.end())

    def test_a_pager_that_is_no_command(self):
        for pager in ("'", "less \\", " "):
            with self.subTest(pager):
                session = self.start(self.folder(), PAGER=pager)
                self.assertIn(f"PAGER={pager} is no command", session.child.before)
                session.type("help\r")
                session.expect("Type commands", self.PROMPT)
                self.assertEqual(0, session.end())

    def test_a_pager_that_is_left_early(self):
        session = self.start(self.folder(), PAGER="head -1")
        session.paste("help\ncloud list -f value -c name\n")
        session.expect("Type commands", self.PROMPT, "prod\r\n", self.PROMPT)
        self.assertEqual(0, session.end())

    def test_less(self):
        session = self.start(self.folder(), PAGER="")
        session.end()
        session = self.start(self.folder(), PAGER="less")
        session.type("help\r")
        session.expect("Type commands", "\x1b[K")  # less waits for a key
        session.child.sendintr()  # stops less, if it does something
        session.expect("\x1b[K")
        session.type("q")
        session.expect(self.PROMPT)
        self.assertEqual(0, session.end())


class TestTerminal(SessionTestCase):
    """``craton`` on a terminal."""

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

    def test_the_first_line_shows_the_whole_path_of_a_file(self):
        for url, said in (
            ("sqlite:///fleet.db", f"sqlite:///{pathlib.Path.cwd()}/fleet.db"),
            ("sqlite:////tmp/fleet.db", "sqlite:////tmp/fleet.db"),
            ("sqlite:///", "sqlite:///"),
            ("toy:shelf", "toy:shelf"),
        ):
            options = argparse.Namespace(craton_url=url, os_endpoint="")
            self.assertEqual(f"Fleet: {said}.", client_manager.describe(options))

    def test_the_first_line_says_where_it_is_connected(self):
        secret = {"OS_USERNAME": "ada", "OS_PASSWORD": "hidden", "OS_PROJECT_ID": "p-1"}
        for settings, said in (
            ({}, f"Fleet: {self.database}."),
            (
                {**secret, "CRATON_URL": "http://u:hidden@craton.example:7780"},
                "Server: http://***@craton.example:7780, user: ada, project: p-1.",
            ),
            (
                {**secret, "CRATON_URL": "", "OS_AUTH_URL": "http://keystone.example"},
                "Keystone: http://keystone.example, user: ada, project: p-1.",
            ),
            ({"CRATON_URL": "", "OS_CLOUD": "lab"}, "Cloud: lab."),
            ({"CRATON_URL": ""}, "No server: "),
        ):
            with self.subTest(said):
                session = self.start(self.folder(), **settings)
                self.assertIn(said, session.child.before)
                self.assertNotIn("hidden", session.child.before)
                self.assertEqual(0, session.end())

    def test_question_marks(self):
        session = self.start(self.folder())
        session.type("?\r")
        session.expect("Type commands", "cloud create", "user show", self.PROMPT)
        for line in ("? cloud list", "?cloud list", "cloud list ?"):
            session.type(f"{line}\r")
            session.expect("usage: craton cloud list", self.PROMPT)
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
