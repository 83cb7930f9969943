# SPDX-License-Identifier: Apache-2.0
"""The program: global options, help, typing errors and output."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import pathlib
import re
import stat
import subprocess
import sys
import time
import typing as t
import unittest
from unittest import mock

import cratonclient
from cratonclient import v1
from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs, terminal
from cratonclient_osc import commands
from cratonclient_osc.completion import cursor
from cratonserver.config import settings as server_settings


class TestGlobalOptions(programs.SharedFleetTestCase):
    """Global options, at any position, and environment variables."""

    fill = staticmethod(programs.fill)

    def test_before_and_after_the_command(self):
        wanted = self.assert_done(self.enter("cloud", "list"))
        for words in (
            ("--craton-url", self.database, "cloud", "list"),
            ("cloud", "list", "--craton-url", self.database),
            (f"--craton-url={self.database}", "--timeout", "5", "cloud", "list"),
            ("cloud", "--craton-url", self.database, "list"),
            (
                "cloud",
                "list",
                "--timeout=5",
                "--craton-url",
                self.database,
                "--craton-version=1",
            ),
        ):
            with self.subTest(words):
                self.assertEqual(wanted, programs.craton(*words))

    def test_options_win_over_the_environment(self):
        done = programs.craton(
            "--craton-url", self.database, "cloud", "list", CRATON_URL="http://127.0.0.1:9"
        )
        self.assertEqual(self.enter("cloud", "list"), self.assert_done(done))

    def test_wrong_usage_shows_no_secret(self):
        for words in (
            ("cloud", "list", "--vars", "adminPass=HUNTER"),
            ("cloud", "list", "--api-token", "HUNTER"),
            ("cloud", "list", "--vars", "k pw=HUN HUNTER"),
            ("--verbose", "cloud-vars-set", "prod", "k pw=HUN HUNTER"),
            ("--verbose", "host-list", "--vars", "bmc.pw:HUNTER"),
        ):
            done = self.enter(*words)
            self.assertIn("***", done.err)
            self.assertNotIn("HUNTER", done.err)
        done = programs.craton_server("run", "--db-password", "HUNTER")
        self.assert_refused(done, 2, "--db-password ***.")
        self.assertNotIn("HUNTER", done.err)

    def test_a_pager_that_is_no_command(self):
        for pager in ("'", '"less', "less \\", " "):
            done = self.program(
                "craton", "--craton-url", self.database, "cloud", "list", PAGER=pager
            )
            self.assertEqual((0, ""), (done.status, done.err), pager)

    def test_the_other_seven(self):
        words = ("--os-username", "x", "--os-password", "y", "--os-project-id", "z")
        done = self.enter(*words, "--craton-version", "1", "--format", "json", "cloud", "list")
        self.assertEqual(2, len(self.assert_done(done).json))

    def test_what_follows_two_hyphens_is_no_option(self):
        refused = self.enter("cloud", "show", "--", "--debug")
        self.assert_refused(refused, 5, "'--debug'")

    def test_an_unknown_version_of_the_api(self):
        self.assert_refused(self.enter("--craton-version", "9", "cloud", "list"), 2, "'9'")

    def test_a_time_out_that_is_none(self):
        for text in ("0", "-1", "soon", "nan", "inf", "1_0", "\u0665", "true", "1e300", ""):
            for option in ("--timeout", "--max-wait"):
                if (option, text) != ("--max-wait", "0"):
                    refused = self.enter(f"{option}={text}", "cloud", "list")
                    self.assert_refused(refused, 2, option, f"{text!r} is not")
        refused = self.enter("--max-wait=-1", "cloud", "list")
        self.assert_refused(refused, 2, "'-1' is not a positive number of seconds, nor 0")
        for text in ("0", "0.0", "00", "0e1"):
            self.assert_done(self.enter(f"--max-wait={text}", "cloud", "list"))

    def test_a_bundle_of_certificates_that_there_is_not(self):
        refused = self.enter("--os-cacert", "/nonexistent.pem", "cloud", "list")
        self.assert_refused(refused, 2, "/nonexistent.pem", "--os-cacert")
        refused = programs.craton(
            "cloud", "list", CRATON_URL=self.database, OS_CACERT="/nonexistent.pem"
        )
        self.assert_refused(refused, 2, "OS_CACERT: the file '/nonexistent.pem' does not exist")

    def test_insecure(self):
        self.assert_done(self.enter("--insecure", "cloud", "list"))

    def test_quiet_and_verbose(self):
        wanted = self.enter("cloud", "list")
        self.assertEqual(wanted, self.assert_done(self.enter("-q", "cloud", "list")))
        self.assertEqual(wanted.out, self.enter("-v", "cloud", "list").out)
        refused = self.enter("-q", "cloud", "show", "nobody")
        self.assert_refused(refused, 5, "'nobody'")

    def test_a_log_file(self):
        path = self.folder() / "craton.log"
        self.enter("--log-file", str(path), "cloud", "show", "nobody")
        self.assertIn("'nobody'", path.read_text())

    def test_a_log_file_is_for_its_owner_only_and_no_link(self):
        folder = self.folder()
        self.enter("--log-file", str(folder / "log"), "cloud", "show", "nobody")
        self.assertEqual(0o600, stat.S_IMODE((folder / "log").stat().st_mode))

        (folder / "link").symlink_to(folder / "target")
        for name, reason in (("link", "symbolic link"), ("no/log", "No such file")):
            done = self.enter("--log-file", str(folder / name), "cloud", "list")
            self.assertEqual((2, ""), (done.status, done.out))
            self.assertIn(reason, done.err)
            self.assertEqual(1, len(done.err.splitlines()))
        self.assertFalse((folder / "target").exists())

    @unittest.skipUnless(os.path.exists("/dev/full"), "the system has no /dev/full")
    def test_a_log_file_on_a_full_disk_is_reported_once(self):
        wanted = self.enter("cloud", "list")
        for words in (["-v"], ["--debug"], ["-q"]):
            done = self.enter("--log-file", "/dev/full", *words, "cloud", "list")
            self.assertEqual((0, wanted.out), (done.status, done.out))
            self.assertNotIn("Traceback", done.err)
            said = done.err.count("--log-file: cannot write '/dev/full': No space left")
            self.assertEqual(0 if words == ["-q"] else 1, said, done.err)

    def test_a_log_file_holds_no_control_characters(self):
        path = self.folder() / "log"
        self.enter("--log-file", str(path), "cloud", "show", "a\x1b[2J\u202eb")

        text = path.read_text()
        self.assertIn("\\x1b[2J\\u202eb", text)
        self.assertTrue(text.replace("\n", "").isprintable())

    def test_debug_shows_requests(self):
        done = self.enter("--debug", "cloud", "list")
        self.assertEqual(self.enter("cloud", "list").out, done.out)
        self.assertIn("REQ: curl", done.err)
        self.assertIn("RESP: [200]", done.err)

    def test_one_run_leaves_nothing_for_the_next(self):
        before = (logging.getLogger().handlers, logging.getLogger().level)
        self.enter("--debug", "cloud", "list")
        self.assertEqual(before, (logging.getLogger().handlers, logging.getLogger().level))
        self.assert_done(self.enter("cloud", "list"))


class TestCurrentDirectory(programs.CommandTestCase):
    """No file of the current directory is imported or read, except those named."""

    def poisoned(self) -> pathlib.Path:
        """Return a folder with modules that fail when they are imported."""
        folder = self.folder()
        for name in (
            "yaml",
            "requests",
            "cliff",
            "json",
            "sqlalchemy",
            "oslo_config",
            "falcon",
        ):
            (folder / f"{name}.py").write_text("raise SystemExit('imported from here')")
        for name in (".env", "clouds.yaml", "craton-server.conf", ".netrc", "cratonrc"):
            (folder / name).write_text("[!")
        return folder

    def run_in(self, folder: pathlib.Path, *words: str | pathlib.Path, said: str = "") -> str:
        done = subprocess.run(
            [*words],
            cwd=folder,
            env=programs.clean_environment(str(folder)),
            capture_output=True,
            text=True,
        )
        self.assertEqual((0, said), (done.returncode, done.stderr))
        return done.stdout

    def test_programs(self):
        folder = self.poisoned()
        database = ("--database", "sqlite:///fleet.db")
        server = programs.script("craton-server")
        said = f"Created the fleet sqlite:///{folder}/fleet.db.\n"
        self.run_in(folder, server, "init", *database, said=said)
        for program in (
            [programs.script("craton")],
            [sys.executable, "-m", "cratonclient_osc"],
        ):
            words = ("--craton-url", "sqlite:///fleet.db", "project", "list", "-f", "yaml")
            self.assertIn("name: default", self.run_in(folder, *program, *words))
        for program in (
            [programs.script("craton-server")],
            [sys.executable, "-m", "cratonserver"],
        ):
            listed = self.run_in(folder, *program, "project", "list", *database)
            self.assertIn("default", listed)

    def test_the_process_that_a_session_starts_for_completion(self):
        app = mock.Mock(options=argparse.Namespace(insecure=False, craton_url=self.fleet()))
        folder, names, end = self.poisoned(), list[str](), time.monotonic() + 30
        environment = programs.clean_environment(str(folder))
        with contextlib.chdir(folder), mock.patch.dict(os.environ, environment):
            # Names that arrive late are there at the next key press.
            while not names and time.monotonic() < end:
                names = cursor.candidates("@clouds", "p", app)
        self.assertEqual(["prod"], names)

    def fleet(self) -> str:
        """Return the URL of a fleet with one cloud."""
        folder = self.folder()
        url = f"sqlite:///{folder}/fleet.db"
        self.run_in(
            folder,
            programs.script("craton"),
            "-q",
            "--craton-url",
            url,
            "cloud",
            "create",
            "prod",
        )
        return url


class TestHelp(programs.CommandTestCase):
    """Help and the version need no server."""

    def test_version(self):
        done = self.assert_done(programs.craton("--version"))
        self.assertEqual(f"craton {cratonclient.__version__}\n", done.out)
        self.assertEqual(done, self.program("craton", "--version"))

    def test_help(self):
        texts = [self.assert_done(programs.craton(w)).out for w in ("help", "--help", "-h")]
        self.assertEqual(1, len(set(texts)))
        for words in ("--craton-url", "CRATON_URL", "OS_PASSWORD", "host list", "List hosts"):
            self.assertIn(words, texts[0])

    def test_help_is_grouped_and_fits(self):
        lines = self.assert_done(programs.craton("help", COLUMNS="80")).out.splitlines()
        self.assertEqual([], [line for line in lines if len(line) > 80])
        about = [line for line in lines if line.startswith("  host ")]
        first = lines.index(about[0])
        self.assertEqual(about, lines[first : first + len(about)])
        self.assertEqual(("", ""), (lines[first - 1], lines[first + len(about)]))

    def test_help_of_a_command(self):
        done = self.assert_done(programs.craton("help", "host", "list"))
        self.assertTrue(done.out.startswith("usage: craton host list"), done.out)
        for words in (
            "List hosts",
            "--region <region>",
            "--limit",
            "{csv,json,jsonl,table,value,yaml}",
        ):
            self.assertIn(words, done.out)
        self.assertEqual(done, programs.craton("host", "list", "--help"))
        self.assertEqual(done, programs.craton("host", "list", "-h"))

    def test_help_of_create_has_an_option_for_each_field(self):
        said = self.assert_done(programs.craton("help", "network", "device", "create")).out
        for option in (
            "--ip-address",
            "--parent",
            "--inactive",
            "--os-version",
            "--var",
            "<name>",
        ):
            self.assertIn(option, said)
        for option in ("--project", "--created-at", "--access-secret-id", "--region-id"):
            self.assertNotIn(option, said)

    def test_help_of_what_there_is_not(self):
        self.assert_refused(programs.craton("help", "spaceship"), 2, "spaceship")

    def test_help_is_aligned_on_a_terminal_with_colours(self):
        for words in ("host list --help", "help host create", "host variable show -h"):
            plain = programs.craton(*words.split(), COLUMNS="80").out
            for settings in ({}, {"FORCE_COLOR": "1"}):
                run = terminal.Terminal(
                    self.folder(),
                    programs.script("craton"),
                    *words.split(),
                    COLUMNS="80",
                    **settings,
                )
                self.assertEqual(0, run.ended())
                shown = run.child.before.replace("\r\n", "\n")
                if sys.version_info < (3, 14):
                    self.assertIn("\x1b[4moptions\x1b[0m:", shown)
                self.assertEqual(plain, re.sub(r"\x1b\[[0-9;]*m", "", shown))


class TestQuiet(base.FleetTestCase, programs.CommandTestCase):
    """``--quiet``: errors and data, and nothing else."""

    def test_data_stays_and_warnings_go(self):
        for words, said in (
            (("project", "create", "p", "-c", "name"), "| name  | p     |"),
            (
                ("user", "create", "--project", "p", "ada", "-f", "value", "-c", "api_key"),
                "craton_",
            ),
            (("user", "set", "--new-key", "ada"), "craton_"),
            (
                ("cloud", "create", "prod", "--var", "a:={}", "-f", "value", "-c", "name"),
                "prod",
            ),
            (("region", "create", "--cloud", "prod", "east", "-f", "value", "-c", "id"), "1"),
            (("region", "variable", "set", "east", "a.b=1"), ""),
        ):
            done = programs.craton("-q", *words, CRATON_URL=self.database)
            self.assertIn(said, self.assert_done(done).out)

    def test_nothing_in_place_of_an_empty_table(self):
        self.craton.clouds.create(name="prod")
        for words, said in (
            ("host list", ""),
            ("host-list", ""),
            ("cloud variable list prod", ""),
            ("cloud variable show prod", ""),
            ("host list -f value", ""),
            ("host list -f jsonl", ""),
            ("host list -f json", "[]\n"),
            ("host list -f yaml", "[]\n"),
            ("host list -f csv -c id", '"id"\r\n'),
        ):
            done = programs.craton("-q", *words.split(), CRATON_URL=self.database)
            self.assertEqual(said, self.assert_done(done).out, words)

    def test_on_a_terminal(self):
        self.craton.clouds.create(name="prod")
        for words, said in (
            ("cloud list -f value -c name", "prod\r\n"),
            ("cloud-list --fields name", "| prod |"),
            ("host list", ""),
            ("host show nobody", "No host has the name or id 'nobody'"),
        ):
            run = terminal.Terminal(
                self.folder(),
                programs.script("craton"),
                "-q",
                *words.split(),
                CRATON_URL=self.database,
            )
            run.ended()
            self.assertIn(said, run.child.before)
            self.assertNotIn("2017", run.child.before)
            if not said:
                self.assertEqual("", run.child.before)


class TestWordsThatBeginWithADash(programs.CommandTestCase):
    """Names and keys such as ``-x``, after ``--``."""

    LINES = (
        "cloud create -- -p",
        "region create --cloud=-p -- --debug",
        "region show --cloud=-p -- --debug",
        "cloud set --note n -- -p",
        "cloud variable set -- -p -k=v --help=1",
        "cloud variable show -- -p -k --help",
        "cloud variable unset -- -p -k",
        "cloud variable list -- -p",
        "cloud-vars-set -- -p -k=v",
        "cloud-vars-get -- -p",
        "cloud-vars-delete -- -p -k",
        "cloud-update --note m -- -p",
        "cloud-show -- -p",
        "cloud create -- --",
        "cloud list -c id --",
        "-- cloud list",
        "cloud show -f json -- --",
        "cloud delete -- -p --",
        "cloud-create --name=-f",
        "cloud-delete -- -f",
        "help -- cloud list",
    )

    def fleet(self) -> str:
        """Create a fleet and return its URL."""
        url = f"sqlite:///{self.folder()}/fleet.db"
        with programs.opened(url) as fleet:
            fleet.clouds.create(name="prod")
        return url

    def test_in_commands(self):
        url = self.fleet()
        for line in self.LINES:
            with self.subTest(line):
                self.assert_done(programs.craton(*line.split(), CRATON_URL=url))

    def test_in_a_session(self):
        url = self.fleet()
        with mock.patch.object(sys, "stdin", io.StringIO("\n".join(self.LINES))):
            self.assert_done(programs.craton(CRATON_URL=url))

    def test_in_the_server_program(self):
        database = f"--database=sqlite:///{self.folder()}/fleet.db"
        self.assertEqual(0, programs.craton_server("init", database).status)
        for line in (
            "project create {} -- --help",
            "user create {} --project=--help -- --",
            "user create {} -- -bob",
            "user set --admin {} -- -bob",
            "user key {} -- -bob",
            "user delete {} -- -bob",
            "user delete {} -- --",
            "project delete {} -- --help",
        ):
            with self.subTest(line):
                self.assert_done(programs.craton_server(*line.format(database).split()))


class TestTypingErrorsOfTheServer(programs.CommandTestCase):
    """``craton-server``: suggestions, and choices in the help."""

    def test_suggestions(self):
        for line, meant, topic in (
            ("rnu", "run", "craton-server --help"),
            ("user lst", "list", "craton-server user --help"),
            ("run --databse x", "--database", "craton-server run --help"),
            ("user create --projct=x ada", "--project", "craton-server user create --help"),
            ("user create --projct=x", "--project", "craton-server user create --help"),
        ):
            with self.subTest(line):
                done = programs.craton_server(*line.split())
                self.assert_refused(done, 2, f"Did you mean {meant}?", f"See '{topic}'.")

    def test_choices(self):
        text = " ".join(programs.craton_server("run", "--help").out.split())
        for declared in server_settings.declarations():
            for choice in declared.setting.choices:
                option = f"--{declared.name.replace('_', '-')}"
                self.assertIn(choice, text.rpartition(f"{option} ")[2][:500])


class TestHelpOfObjects(programs.CommandTestCase):
    """``craton help <object>`` and ``craton <object> --help``."""

    def test_the_commands_of_an_object(self):
        for kind in v1.kinds():
            names = [name for name in commands.names() if name.startswith(f"{kind.noun} ")]
            for words in (("help", *kind.noun.split()), (*kind.noun.split(), "--help")):
                with self.subTest(words):
                    done = self.assert_done(programs.craton(*words))
                    found = re.findall(r"^  (\S.*?)  ", done.out, re.M)
                    self.assertEqual(sorted(names), sorted(found))
                    self.assertIn(f"usage: craton {kind.noun} <command>", done.out)

    def test_a_part_of_the_commands(self):
        done = self.assert_done(programs.craton("host", "variable", "-h"))
        self.assertIn("host variable unset", done.out)
        self.assertNotIn("host list", done.out)


class TestTypingErrors(programs.CommandTestCase):
    """Wrong usage: exit status 2, and one line with a suggestion."""

    def test_commands(self):
        for words, meant in (
            ("host lst", "host list"),
            ("hots list", "host list"),
            ("network-interface list", "network interface list"),
            ("host", "host list"),
            ("regoin show 1", "region show"),
        ):
            with self.subTest(words):
                refused = programs.craton(*words.split())
                self.assert_refused(refused, 2, "is not a command", meant, "craton --help")

    def test_similar_commands(self):
        for words, meant in (
            ("hots", "host"),
            ("hosts list", "host list"),
            ("host ls", "host list"),
            ("host rm web1", "host delete"),
            ("cluod shwo prod", "cloud show"),
            ("network devise list", "network device list"),
            ("host vairable set", "host variable set"),
            ("hlep host list", "help"),
            ("list hosts", "host list"),
            ("create network device sw1", "network device create"),
            ("get host web1", "host show"),
        ):
            for command in (words, f"help {words}", f"{words} --help"):
                with self.subTest(command):
                    refused = programs.craton(*command.split())
                    self.assert_refused(refused, 2, "is not a command. Did you mean: " + meant)

    def test_the_beginning_of_commands(self):
        for words in ("host", "network device", "host variable", "user"):
            with self.subTest(words):
                refused = programs.craton(*words.split())
                self.assert_refused(refused, 2, f"Its commands: {words} ", f"help {words}'")

    def test_a_command_like_no_other(self):
        self.assert_refused(programs.craton("xyzzy"), 2, "'xyzzy' is not a command")

    def test_an_empty_word(self):
        self.assert_refused(programs.craton("", "list"), 2, "is not a command")

    def test_global_options(self):
        refused = programs.craton("--craton-ulr", "x", "host", "list")
        self.assert_refused(refused, 2, "--craton-ulr", "Did you mean --craton-url?")

    def test_options_of_commands(self):
        refused = programs.craton("host", "list", "--limt", "3")
        self.assert_refused(refused, 2, "--limt", "--limit", "craton help host list")

    def test_options_after_the_end_of_the_options(self):
        for options in ("-f value", "--limit=3", "-c name --long"):
            with self.subTest(options):
                refused = programs.craton("cloud", "list", "--", *options.split())
                word = options.split()[0].split("=")[0]
                self.assert_refused(refused, 2, f"Write {word} before '--'.")
                self.assertNotIn("Did you mean", refused.err)

    def test_too_many_words(self):
        refused = programs.craton("cloud", "show", "a", "b")
        self.assert_refused(refused, 2, "unrecognized arguments: b")

    def test_control_characters_in_what_was_typed(self):
        for words in (("\x1b[2J",), ("host", "list", "\x1b[2J"), ("--\x1b[2J", "host", "list")):
            refused = programs.craton(*words)
            self.assert_refused(refused, 2)
            self.assertNotIn("\x1b", refused.err)


class TestControlCharacters(base.FleetTestCase, programs.CommandTestCase):
    """Control characters in responses do not reach the terminal."""

    NAME = "a\x1b[2Jb\x07\r\nc\x9b31m\u202e"
    RAW = frozenset("\x1b\x07\r\x9b\u202e")

    def test_in_every_format(self):
        self.craton.clouds.create(
            name=self.NAME, note=self.NAME, variables={"k\x1b": self.NAME}
        )
        for words, forms in (
            ("list --long", ("table", "csv", "value", "json", "yaml")),
            ("show 1", ("table", "shell", "value", "json", "yaml")),
        ):
            for form in forms:
                command = ("cloud", *words.split(), "-f", form)
                done = self.assert_done(programs.craton(*command, CRATON_URL=self.database))
                # Rows of CSV end in CRLF, and its values keep their line ends, in quotes.
                raw = self.RAW - {"\r"} if form == "csv" else self.RAW
                self.assertTrue(raw.isdisjoint(done.out), (form, done.out))

    def test_programs_get_the_name_as_it_is(self):
        self.craton.clouds.create(name=self.NAME)
        done = programs.craton("cloud", "list", "-f", "json", CRATON_URL=self.database)
        self.assertEqual(self.NAME, done.json[0]["name"])

    def test_in_errors_and_debug_output(self):
        self.craton.clouds.create(name=self.NAME)
        for words in (("cloud", "show", self.NAME + "x"), ("--debug", "cloud", "list")):
            done = programs.craton(*words, CRATON_URL=self.database)
            self.assertTrue(self.RAW.isdisjoint(done.err), done.err)

    def test_a_table_keeps_its_shape(self):
        self.craton.clouds.create(name=self.NAME)
        done = programs.craton("cloud", "list", CRATON_URL=self.database)
        self.assertEqual(1, len(self.assert_done(done).rows))


class TestOutput(programs.SharedFleetTestCase):
    """Output to a program that stops reading."""

    @classmethod
    def fill(cls, fleet):
        """Create more objects than fit into a pipe."""
        for number in range(40):
            fleet.clouds.create(name=f"c{number}", note="x" * 5000)

    #: Commands that print something, of each way to print.
    PRINTING = (
        "craton cloud list",
        "craton cloud list -f csv",
        "craton cloud list -f json",
        "craton cloud list -f jsonl",
        "craton cloud list -f value",
        "craton cloud list -f yaml",
        "craton cloud show c1",
        "craton cloud variable show c1",
        "craton -h",
        "craton help",
        "craton help cloud list",
        "craton cloud list --help",
        "craton --version",
        "craton completion bash",
        "craton-server -h",
        "craton-server user list --help",
        "craton-server --version",
        "craton-server config",
        "craton-server project list",
    )

    def run_with_output(self, words: str, output: t.Any) -> subprocess.CompletedProcess[str]:
        """Run a program whose standard output is a file."""
        name, *arguments = words.split()
        return subprocess.run(
            [programs.script(name), *arguments],
            env=programs.clean_environment(str(self.folder()))
            | {
                "CRATON_URL": self.database,
                "CRATON_DATABASE": self.database,
                "PYTHONUNBUFFERED": "",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=50,
        )

    def test_closed_output(self):
        for words in self.PRINTING:
            with self.subTest(words):
                reading, writing = os.pipe()
                os.close(reading)  # no process reads
                with os.fdopen(writing, "wb") as output:
                    done = self.run_with_output(words, output)
                self.assertEqual((words, 141, ""), (words, done.returncode, done.stderr))

    def test_a_disk_that_is_full(self):
        for words in self.PRINTING:
            with self.subTest(words), open("/dev/full", "wb") as full:
                done = self.run_with_output(words, full)
                self.assertEqual((words, 1), (words, done.returncode), done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                self.assertIn("No space left on device", done.stderr)

    def test_a_key_that_could_not_be_printed(self):
        for words in (
            f"craton-server init --database sqlite:///{self.folder()}/new.db",
            "craton-server user create ada",
            "craton-server user key ada",
            "craton user set --new-key ada",
            f"craton user create --project {programs.PROJECT} eve",
        ):
            with self.subTest(words), open("/dev/full", "wb") as full:
                done = self.run_with_output(words, full)
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertIn("No space left on device", done.stderr)
                self.assertRegex(done.stderr, "key.* lost")
                self.assertNotIn("Traceback", done.stderr)

    def test_no_standard_output_at_all(self):
        for words in ("craton cloud list", "craton-server config", "craton-server --version"):
            with self.subTest(words):
                name, _, arguments = words.partition(" ")
                line = f"'{programs.script(name)}' {arguments} >&-"
                done = subprocess.run(
                    ["sh", "-c", line],
                    env=programs.clean_environment(str(self.folder()))
                    | {"CRATON_URL": self.database},
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    timeout=50,
                )
                self.assertEqual((141, ""), (done.returncode, done.stderr))

    def test_a_command_without_output_needs_no_streams(self):
        for closed in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                programs.craton("cloud", "create", "short-lived", CRATON_URL=self.database)
                self.assertEqual((0, "", ""), self.closed("cloud delete short-lived", closed))
                self.assertEqual((5, ""), self.closed("cloud show short-lived", closed)[:2])

    def test_output_and_errors_do_not_need_each_other(self):
        found = self.closed("cloud show c1 -f value -c name", "2>&-")
        self.assertEqual((0, "c1\n", ""), found)
        status, _, said = self.closed("cloud show unknown", ">&-")
        self.assertEqual(5, status)
        self.assertIn("No cloud has the name or id 'unknown'", said)

    def closed(self, arguments: str, streams: str) -> tuple[int, str, str]:
        """Run craton with closed streams, and return its exit status, output and errors."""
        done = subprocess.run(
            ["sh", "-c", f"'{programs.script('craton')}' {arguments} {streams}"],
            env=programs.clean_environment(str(self.folder())) | {"CRATON_URL": self.database},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        return done.returncode, done.stdout, done.stderr

    def test_a_short_output_that_nobody_reads(self):
        home = str(self.folder())
        line = f"'{programs.script('craton')}' cloud list -f value -c id; echo $? >&2"
        done = subprocess.run(
            ["sh", "-c", f"({line}) | true"],
            env=programs.clean_environment(home) | {"CRATON_URL": self.database},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.assertEqual("141\n", done.stderr)


class TestPrompt(programs.CommandTestCase):
    def test_a_key_that_is_missing_is_asked_for_on_a_terminal(self):
        login = {
            "CRATON_URL": "http://127.0.0.1:1",
            "OS_USERNAME": "ada",
            "OS_PROJECT_ID": programs.PROJECT,
        }
        command = (programs.script("craton"), "cloud", "list")
        asked = terminal.Terminal(self.folder(), *command, **login)
        asked.expect("API key: ")
        asked.type("s3cr3t\r")
        asked.expect("Connection refused")

        self.assertEqual(7, asked.ended())
        self.assertNotIn("s3cr3t", asked.child.before)
