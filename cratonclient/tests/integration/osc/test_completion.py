# SPDX-License-Identifier: Apache-2.0
"""Completion in real shells, and in a session."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import time
import typing as t

from prompt_toolkit import completion, document

from cratonclient.tests.integration.osc import command_lines, programs, terminal
from cratonclient_osc.completion import automaton, cursor
from cratonclient_osc.program import prompt, shell

#: Names that a server may have, and that a shell must neither obey nor break.
HOSTILE = (
    "two words",
    "it's",
    'a "quote"',
    "$(touch pwned)",
    "`touch pwned`",
    "x;touch pwned",
    "-rf",
    "back\\slash",
    "tilde~*?[a]",
)
UNSEEN = "line\nbreak\x1b[2J"

#: What is typed, and what completes it; the last word is what is to be completed.
CASES: tuple[tuple[str, set[str]], ...] = (
    ("craton clo", {"cloud"}),
    ("craton network d", {"delete", "device"}),
    ("craton help netw", {"network"}),
    ("craton help network dev", {"device"}),
    ("craton host list --reg", {"--region"}),
    ("craton --craton-u", {"--craton-url"}),
    ("craton host list --craton-u", {"--craton-url"}),
    ("craton completion ", {"bash", "fish", "zsh"}),
    ("craton cloud list -f js", {"json", "jsonl"}),
    ("craton cloud list -c na", {"name"}),
    ("craton cloud list -c va", {"variables"}),
    ("craton host list -c lab", {"labels"}),
    ("craton host show -c lab", {"labels"}),
    ("craton host variable list -c ow", {"own"}),
    ("craton cloud list --sort na", {"name"}),
    ("craton network device list --sort mod", set()),
    ("craton cloud list --sort name,upd", {"name,updated_at"}),
    ("craton cloud show pro", {"prod"}),
    ("craton cloud delete test pro", {"prod"}),
    ("craton --timeout 5 cloud show pro", {"prod"}),
    ("craton cloud show --format json pro", {"prod"}),
    ("craton region list --cloud pro", {"prod"}),
    ("craton cloud show prod pro", set()),
    ("craton cloud list pro", set()),
    ("craton cloud show -- pro", {"prod"}),
    ("craton cloud delete --yes -- test pro", {"prod"}),
    ("craton cloud show -- -", {"-rf"}),
    ("craton cloud list -- --for", set()),
    ("craton cloud -- sh", set()),
    ("craton cloud --debug -- sh", set()),
    ("craton network device -- sh", set()),
    ("craton -- clo", set()),
    ("craton completion -- ba", {"bash"}),
    ("craton cloud show prod -- pro", set()),
    ("craton host-li", set()),
    ("craton xyzzy ", set()),
)


class CompletionTestCase(programs.SharedFleetTestCase):
    """Shells with a fleet whose names are hostile."""

    @classmethod
    def fill(cls, fleet):
        """Make clouds."""
        for name in ("prod", "test", *HOSTILE, UNSEEN):
            fleet.clouds.create(name=name)

    def setUp(self) -> None:
        super().setUp()
        self.home = self.folder()
        self.addCleanup(self._wait_for_the_background)
        self.settings = {
            "CRATON_URL": self.database,
            "PATH": os.pathsep.join(
                [str(pathlib.Path(programs.script("craton")).parent), os.environ["PATH"]]
            ),
        }
        self._fill_the_cache()

    def _fill_the_cache(self) -> None:
        """Ask until the names are there, which the shells do once a key is pressed."""
        end = time.monotonic() + 50
        while "prod" not in self.names("clouds").out and time.monotonic() < end:
            pass

    def _wait_for_the_background(self) -> None:
        """Wait until no process lives here that still fetches names.

        It would write into a folder that is being removed.
        """
        here = f"HOME={self.home}\0".encode()
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # gone, or of another user
                while here in environ.read_bytes():
                    time.sleep(0.01)

    def run_here(self, *command: str, **settings: str) -> programs.Result:
        """Run a program in the home folder, and nothing of its output to a terminal."""
        done = subprocess.run(
            command,
            cwd=self.home,
            env=programs.clean_environment(str(self.home)) | self.settings | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        return programs.Result(done.returncode, done.stdout, done.stderr)

    def names(self, *words: str, **settings: str) -> programs.Result:
        """Run ``craton complete-names``."""
        return self.run_here(programs.script("craton"), "complete-names", *words, **settings)

    def script(self, name: str) -> pathlib.Path:
        """Write the completion of a shell into a file; skip the test without that shell."""
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")
        path = self.home / f"craton.{name}"
        path.write_text(self.assert_done(programs.craton("completion", name)).out)
        return path

    @staticmethod
    def split(text: str) -> list[list[str]]:
        """Split what was printed for several lines, each of which ends with two hyphens."""
        return [[w for w in block.split("\n") if w] for block in text.split("--\n")[:-1]]

    def assert_nothing_obeyed(self) -> None:
        """Check that no name was run as a command."""
        self.assertFalse((self.home / "pwned").exists())

    def start(self, *command: str) -> terminal.Terminal:
        """Start a shell on a terminal."""
        found = terminal.Terminal(self.home, *command, **self.settings)
        self.addCleanup(found.child.close)
        return found


class TestNames(CompletionTestCase):
    """``craton complete-names``, and its cache."""

    def test_names(self):
        done = self.assert_done(self.names("clouds"))
        self.assertEqual(sorted({"prod", "test", *HOSTILE}), done.out.splitlines())
        self.assertEqual("prod\n", self.names("clouds", "pr").out)
        self.assertEqual("-rf\n", self.names("--", "clouds", "-r").out)
        self.assertEqual("1\n10\n11\n", self.names("clouds", "1").out)

    def test_the_cache_is_private_and_holds_no_secret(self):
        self.names("clouds", OS_PASSWORD="hidden")
        folder = self.home / ".cache/craton/names"
        self.assertEqual(0o700, stat.S_IMODE(folder.stat().st_mode))
        for path in folder.iterdir():
            self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
            self.assertNotIn("hidden", path.read_text())

    def test_another_server_has_names_of_its_own(self):
        other = f"sqlite:///{self.home}/other.db"
        self.assertEqual("", self.names("clouds", CRATON_URL=other).out)

    def test_old_names_are_forgotten(self):
        folder = self.home / ".cache/craton/names"
        (known,) = folder.glob("*.json")
        path = self.home / "other/craton/names" / known.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps([[["1", "old"]], True]))
        here = {"XDG_CACHE_HOME": str(self.home / "other")}
        self.assertEqual("old\n", self.names("clouds", **here).out)
        os.utime(path, (0, 0))
        self.assertNotIn("old", self.names("clouds", **here).out)

    def test_old_names_serve_until_the_server_has_answered(self):
        (path,) = (self.home / ".cache/craton/names").glob("*.json")
        path.write_text(json.dumps([[["1", "old"]], True]))
        aged = time.time() - 60
        os.utime(path, (aged, aged))
        found = self.names("clouds").out
        self.assertIn(found, ("old\n", "\n".join([*sorted({"prod", "test", *HOSTILE}), ""])))
        self._fill_the_cache()
        self.assertNotIn("old", self.names("clouds").out)

    def test_typing_on_asks_the_server_nothing(self):
        (path,) = (self.home / ".cache/craton/names").glob("*.json")
        path.write_text(json.dumps([[["1", "only-here"]], True]))
        self.assertEqual("only-here\n", self.names("clouds", "only").out)
        self.assertEqual("", self.names("clouds", "pro").out)
        self.assertEqual([path], [*path.parent.glob("*.json")])

    def test_a_cache_that_is_broken(self):
        for path in (self.home / ".cache/craton/names").iterdir():
            path.write_text('{"no": ["names"')
        self._fill_the_cache()
        self.assertIn("prod", self.names("clouds").out)

    def test_no_fleet_is_created(self):
        for url in (f"sqlite:///{self.home}/absent.db", "sqlite:///absent.db"):
            self.assertEqual("", self.names("clouds", CRATON_URL=url).out)
            self._wait_for_the_background()
        self.assertEqual([], [*self.home.rglob("absent.db*")])

    def test_errors_are_silent(self):
        for words, settings in (
            (("spaceships",), {}),
            ((), {}),
            (("clouds",), {"CRATON_URL": "http://127.0.0.1:9"}),
            (("clouds",), {"CRATON_URL": ""}),
            (("clouds", "--bogus"), {}),
            (("clouds",), {"XDG_CACHE_HOME": "/dev/null/no"}),
        ):
            with self.subTest((words, settings)):
                self.assertEqual(("", ""), self.names(*words, **settings)[1:])

    def test_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [programs.script("craton"), "complete-names", "clouds"],
            env=programs.clean_environment(str(self.home)) | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=50,
        )
        os.close(writer)
        self.assertEqual((141, b""), (done.returncode, done.stderr))

    def test_a_server_that_never_answers(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        begin = time.monotonic()
        who = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_ID": programs.PROJECT}
        done = self.names("clouds", CRATON_URL=url, **who)
        # The time-out of a command is 60 s; this is far from it on any machine.
        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual("", self.assert_done(done).out)


class TestManyNames(CompletionTestCase):
    """Names of fleets that are too large to list them for each key press."""

    def complete(self, prefix: str, fleet: pathlib.Path) -> list[str]:
        """Ask until the names are there, as key presses do."""
        end = time.monotonic() + 50
        while time.monotonic() < end:
            done = self.names("--", "clouds", prefix, CRATON_URL=f"sqlite:///{fleet}")
            if self.assert_done(done).out:
                return done.out.splitlines()
        return []

    def test_all_names_are_found(self):
        fleet = self.folder() / "fleet.db"
        names = [f"cloud-{number:05}" for number in range(6000)]
        with programs.opened(f"sqlite:///{fleet}") as client:
            client.clouds.create(name="other")
            with client.changes.new() as changes:
                for name in names:
                    changes.create("clouds", name=name)
        self.assertEqual(["cloud-05999"], self.complete("cloud-05999", fleet))
        self.assertEqual(names[4000:5000], self.complete("cloud-04", fleet))
        # More than a shell can list: the first and the last.
        some = self.complete("cl", fleet)
        self.assertEqual((names[0], names[-1]), (some[0], some[-1]))
        self.assertEqual(names[:5000], some[:5000])


class TestBash(CompletionTestCase):
    """bash."""

    DRIVER = """
. "$1"
while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
    _craton
    printf '%s\\n' "${COMPREPLY[@]}" --
done < lines
"""

    def complete(self, *lines: str) -> list[list[str]]:
        """Return the candidates of bash for the last word of each line."""
        script = self.script("bash")
        (self.home / "lines").write_text("".join(f"{line}\n" for line in lines))
        done = self.run_here("bash", "--norc", "-c", self.DRIVER, "bash", str(script))
        return self.split(self.assert_done(done).out)

    def test_cases(self):
        lines = [line for line, _ in CASES]
        for (line, wanted), found in zip(CASES, self.complete(*lines), strict=True):
            self.assertEqual(wanted, {*found}, line)

    def test_names_read_back_as_they_are(self):
        for opened in ("", "'", '"'):
            names = [name for name in HOSTILE if name[:2].isalnum()]
            self._fill_the_cache()
            found = self.complete(*(f"craton cloud show {opened}{n[:2]}" for n in names))
            self.assertEqual([1] * len(names), [len(words) for words in found])
            typed = " ".join(f"{opened}{word}{opened}" for (word,) in found)
            read = self.run_here("bash", "-c", f"printf '%s\\n' {typed}")
            self.assertEqual(names, read.out.splitlines())
        self.assert_nothing_obeyed()

    def test_keys(self):
        script = self.script("bash")
        shell = self.start("bash", "--norc", "--noprofile", "-i")
        shell.type(f"PS1='ready> '; bind 'set enable-bracketed-paste off'; . {script}\n")
        shell.expect("ready> ")
        shell.type("craton clo\tsho\tpro\t-f val\t-c name\n")
        shell.expect("cloud show prod -f value -c name", "prod", "ready> ")
        self._fill_the_cache()
        shell.type("craton cloud show --format=val\t-c name two\t\n")
        shell.expect("--format=value ", "two\\ words", "two words", "ready> ")
        shell.type('craton cloud show "two\t -f value -c name\n')
        shell.expect('"two words"', "two words", "ready> ")
        self._fill_the_cache()
        shell.type("craton cloud show \\$\t-f value -c name\n")
        shell.expect("$(touch pwned)", "ready> ")
        shell.type("exit\n")
        shell.ended()
        self.assert_nothing_obeyed()

    def test_no_process_for_commands_and_options(self):
        lines = [
            f"{line}"
            for line, found in CASES
            if not {"prod", "-rf"} & found and "pro" not in line
        ]
        script = self.script("bash")
        (self.home / "lines").write_text("".join(f"{line}\n" for line in lines))
        (self.home / "craton").write_text("#!/bin/sh\ntouch called\n")
        (self.home / "craton").chmod(0o755)
        path = f"{self.home}{os.pathsep}{self.settings['PATH']}"
        self.run_here("bash", "--norc", "-c", self.DRIVER, "bash", str(script), PATH=path)
        self.assertFalse((self.home / "called").exists())


class TestFish(CompletionTestCase):
    """fish."""

    def complete(self, line: str) -> list[str]:
        """Return the candidates of fish for the last word of a line."""
        script = self.script("fish")
        done = self.run_here("fish", "-N", "-c", f"source {script}; complete -C $argv[1]", line)
        return self.assert_done(done).out.splitlines()

    def test_cases(self):
        script = self.script("fish")
        lines = [line for line, _ in CASES]
        driver = f"source {script}; for line in $argv; complete -C $line; echo -- --; end"
        done = self.assert_done(self.run_here("fish", "-N", "-c", driver, *lines))
        for (line, wanted), found in zip(CASES, self.split(done.out), strict=True):
            self.assertEqual(wanted, {*found}, line)

    def test_names(self):
        self.assertEqual(
            {"prod", "test", *HOSTILE} - {"-rf"},
            {*self.complete("craton cloud show ")} - {"-rf"},
        )
        self.assertEqual(["--cloud=prod"], self.complete("craton region list --cloud=pro"))
        self.assert_nothing_obeyed()

    def test_keys(self):
        script = self.script("fish")
        shell = self.start("fish", "-N", "-i")
        shell.type(f"source {script}; echo re''ady\r")
        shell.expect("ready")
        self._fill_the_cache()
        shell.type("craton cloud show two\t-f value -c name; echo do''ne\r")
        shell.expect("two words\r\n", "done")
        shell.type("exit\r")
        shell.ended()
        self.assert_nothing_obeyed()


class TestZsh(CompletionTestCase):
    """zsh."""

    def test_keys(self):
        script = self.script("zsh")
        shell = self.start("zsh", "-f", "-i")
        shell.type("PS1='ready> '; autoload -U compinit; compinit -u -d zcompdump\n")
        shell.expect("[Jready> ")
        shell.type(f"source {script}; echo lo''aded\n")
        shell.expect("\nloaded", "[Jready> ")
        for line, wanted in CASES:
            if len(wanted) == 1 and not line.startswith("craton --craton"):
                shell.type(f"{line}\t")
                shell.expect(*wanted)
                shell.type("\x15")
        self._fill_the_cache()
        shell.type("craton cloud show -- \t")
        shell.expect("prod", "test", "two\\ words")
        shell.type("\x15")
        shell.type("craton cloud show two\t-f value -c name; echo do''ne\n")
        shell.expect("two\\ words", "two words\r\n", "done")
        shell.type("craton region list --cloud=tes\t; echo do''ne\n")
        shell.expect("--cloud=test", "done")
        self._fill_the_cache()
        shell.type("craton cloud show \\$\t-f value -c name; echo do''ne\n")
        shell.expect("$(touch pwned)\r\n", "done")
        shell.type("exit\n")
        shell.ended()
        self.assert_nothing_obeyed()


class TestSession(CompletionTestCase):
    """A session of ``craton``."""

    def test_keys(self):
        session = self.start(programs.script("craton"))
        session.expect("craton>")
        session.type("clo\t")
        session.expect("cloud")
        session.type("sho\t")
        session.expect("show")
        session.type("two\t")
        session.expect("'two words'")
        session.type("--form\tvalue -c name\r")
        session.expect("--format", "two words\r\n", "craton>")
        session.type("network \t")
        # The line is drawn anew below the words; what is typed until then may be lost.
        session.expect("create", "interface", "craton>", "network")
        session.interrupt()
        session.expect("craton>")
        self.assertEqual(0, session.end())

    def test_an_interrupt_ends_the_question_only(self):
        session = self.start(programs.script("craton"))
        session.child.setwinsize(3, 40)
        session.expect("craton>")
        for answer, asked in (("n", "(y/n)"), ("y", "--MORE--")):
            session.type("\t")
            session.expect("possibilities?", "(y/n)")
            if answer == "y":
                session.type("y")
                session.expect(asked)
            session.interrupt()
            session.expect("craton>")
        session.type("cloud show prod -f value -c name\r")
        session.expect("prod\r\n", "craton>")
        session.interrupt()
        self.assertEqual(0, session.end())
        self.assertNotIn("Traceback", session.child.before)

    def test_the_options_for_logging_in_are_not_offered(self):
        app: t.Any = shell.Shell()
        app.options = None
        completer = prompt.Completer(app)

        def offered(line: str) -> set[str]:
            found = completer.get_completions(
                document.Document(line), completion.CompleteEvent(completion_requested=True)
            )
            return {one.text.strip() for one in found}

        self.assertEqual(offered("host sh"), offered("craton host sh"))
        self.assertEqual({"show"}, offered("openstack craton host sh"))
        self.assertIn("cloud", offered("craton "))
        for line in ("-", "host list -", "host show prod -"):
            found = offered(line)
            self.assertLessEqual({"--timeout", "--debug", "-q"}, found)
            hidden = ("--os-", "--craton-", "--insecure", "--keep-going")
            self.assertEqual([], [one for one in found if one.startswith(hidden)])
        # They still have a meaning.
        self.assertEqual({"--format"}, offered("--os-username ada host list --form"))


class TestAutomaton(CompletionTestCase):
    """The functions of the shells, against the automaton that they are generated from.

    A line of the file is a line to complete: what is typed at the cursor, the words before
    it, and a dot, separated by a character that no shell gives a meaning.
    """

    SEPARATOR = "\x1f"

    BASH = r"""
. "$1"
while IFS=$'\x1f' read -r -a words; do
    before=("${words[@]:1:${#words[@]}-2}")
    _craton_step craton "${before[@]}"
    _craton_at_cursor "${words[0]}" "${before[@]}"
    printf '%s\x1f%s\x1f%s\n' "$REPLY" "$takes" "$kept"
done < lines
"""
    ZSH = r"""
compdef() { }
source "$1"
while IFS= read -r line; do
    words=("${(@ps:\x1f:)line}")
    _craton_step craton "${(@)words[2,-2]}"
    _craton_at_cursor "${words[1]}" "${(@)words[2,-2]}"
    printf '%s\x1f%s\x1f%s\n' "$REPLY" "$takes" "$kept"
done < lines
"""
    FISH = r"""
source $argv[1]
while read -l line
    set -l words (string split \x1f -- $line)
    set -l state (__craton_step craton $words[2..-2])
    set -l found (__craton_at_cursor "$words[1]" $words[2..-2])
    printf '%s\x1f%s\x1f%s\n' $state $found
end < lines
"""

    def setUp(self) -> None:
        super().setUp()
        self.automaton = command_lines.automaton()
        self.lines = [
            *command_lines.every_state(self.automaton),
            *command_lines.at_random(self.automaton, 500),
        ]

    def wanted(self, line: command_lines.Line) -> tuple[str, str, list[str], str]:
        """Return the state of a line, and what may stand at its cursor."""
        state = functools.reduce(self.automaton.step, line.words, automaton.START)
        return state, *self.comparable(*cursor.expected(self.automaton, *line))

    @staticmethod
    def comparable(takes: str, kept: str) -> tuple[str, list[str], str]:
        """Return what may stand at the cursor without the order of words."""
        return takes[:1], sorted(takes[1:].split()), kept

    def check(self, *command: str) -> None:
        """Compare what a shell finds for each line with the automaton."""
        text = "".join(
            self.SEPARATOR.join([line.typed, *line.words, ".\n"]) for line in self.lines
        )
        (self.home / "lines").write_text(text)
        done = self.assert_done(self.run_here(*command))
        for line, found in zip(self.lines, done.out.splitlines(), strict=True):
            state, takes, kept = found.split(self.SEPARATOR)
            self.assertEqual(
                self.wanted(line), (state, *self.comparable(takes, kept)), str(line)
            )

    def test_bash(self):
        self.check("bash", "--norc", "-c", self.BASH, "bash", str(self.script("bash")))

    def test_zsh(self):
        self.check("zsh", "-f", "-c", self.ZSH, "zsh", str(self.script("zsh")))

    def test_fish(self):
        self.lines = self.lines[::3]  # fish takes some milliseconds for each
        self.check("fish", "-N", "-c", self.FISH, str(self.script("fish")))

    def test_the_lines_are_of_all_kinds(self):
        found = [self.wanted(line) for line in self.lines]
        states = {state for state, *_ in found}
        self.assertLess(self.automaton.grammars.keys(), states)
        self.assertGreater(sum(map(automaton.waits, states)), 500)
        self.assertEqual({"", "*", "/", "@", "="}, {notation for _, notation, *_ in found})


class TestOthers(programs.CommandTestCase):
    """Hidden commands, unknown shells, and the completion of ``openstack``."""

    def test_the_scripts_hide_what_is_hidden(self):
        texts: t.Iterable[str] = (
            self.assert_done(programs.craton("completion", name)).out
            for name in ("bash", "fish", "zsh")
        )
        for text in texts:
            self.assertNotIn("host-list", text)
            self.assertNotIn("'complete-names", text)

    def test_an_unknown_shell(self):
        self.assert_refused(programs.craton("completion", "tcsh"), 2, "'tcsh'")

    def test_openstack_completes_the_commands(self):
        done = self.program("openstack", "complete")
        self.assertEqual(0, done.status)
        self.assertIn("cmds_craton_host=", done.out)
