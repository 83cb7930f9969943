# SPDX-License-Identifier: Apache-2.0
"""``--reason`` and ``CRATON_REASON`` on every command that writes, in every door."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import sys
import typing as t
from unittest import mock

from cratonclient.tests.integration.osc import examples, programs
from cratonclient_osc.program import legacy, shell

#: The commands that are not about the objects of a kind, and write.
OTHERS = ("change undo", "quota delete", "quota set")
TEXT = "rack r7 ü"


def reads(name: str) -> bool:
    return name.split()[-1] in ("list", "show")


def reasons(url: str) -> list[tuple[int, str | None]]:
    """Return the number and the reason of each change in a fleet, of all projects."""
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        return [*database.execute("SELECT id, reason FROM changes ORDER BY id")]


class TestEveryCommand(examples.ExampleTestCase):
    def new_reasons(self, *words: str, **settings: str) -> set[str | None]:
        """Run a command on a copy of the fleet, and return the reasons of its changes."""
        url = self.copy()
        known = len(reasons(url))
        done = programs.craton(*words, CRATON_URL=url, **settings)
        self.assertEqual(0, done.status, done.err)
        found = {reason for _, reason in reasons(url)[known:]}
        self.assertTrue(found, f"{words} changed nothing")
        return found

    def lines(self) -> t.Iterator[list[str]]:
        """Yield an example of every command that writes."""
        for name in examples.classes():
            # Webhooks are settings, not objects of the fleet: the history leaves them out.
            if not (reads(name) or name.startswith("webhook ")):
                words = examples.example(name)
                if name.endswith("create"):
                    words[-1] += "-2"
                yield [word.replace("rack=r1", "rack=r9") for word in words]
        yield ["quota", "set", "--hosts", "5", "research"]
        yield ["user", "set", "--new-key", "ada"]

    def test_the_option_after_the_command(self):
        for words in self.lines():
            with self.subTest(words):
                self.assertEqual({TEXT}, self.new_reasons(*words, "--reason", TEXT))

    def test_the_variable(self):
        for words in self.lines():
            with self.subTest(words):
                self.assertEqual({TEXT}, self.new_reasons(*words, CRATON_REASON=TEXT))

    def test_the_option_precedes_the_variable(self):
        words = ["cloud", "set", "--note", "n", "prod"]
        found = self.new_reasons(*words, "--reason", TEXT, CRATON_REASON="other")
        self.assertEqual({TEXT}, found)

    def test_no_reason(self):
        self.assertEqual({None}, self.new_reasons("cloud", "set", "--note", "n", "prod"))

    def test_commands_of_2017(self):
        lines = [
            ["host-create", "-n=h9", "-i=10.0.0.9", "--cloud=prod", "-r=east", "-t=server"],
            ["cell-create", "-n", "c9", "--cloud", "prod", "-r", "east"],
            ["cloud-update", "prod", "--note", "n"],
            ["region-vars-set", "east", "a=1", "b="],
            ["cloud-delete", "prod"],
        ]
        for line in lines:
            with self.subTest(line):
                self.assertEqual({TEXT}, self.new_reasons(*line, "--reason", TEXT))
                self.assertEqual({TEXT}, self.new_reasons(*line, CRATON_REASON=TEXT))

    def test_only_what_writes_has_the_option(self):
        app: t.Any = shell.Shell()
        app.options, _ = app.parser.parse_known_args([])
        commands = {**{n: e.load() for n, e in app.command_manager}}
        commands |= {name: legacy.find(name) for name in legacy.names()}
        for name, command in commands.items():
            parser = command(app, None, cmd_name=name).get_parser(f"craton {name}")
            verb = name.split()[-1].replace("-", " ").split()[-1]
            wanted = name in OTHERS or (verb in ("create", "set", "unset", "delete", "update"))
            with self.subTest(name):
                has = "why, for the history" in parser.format_help().replace("\n", " ")
                self.assertEqual(wanted, has)

    def test_a_session(self):
        url = self.copy()
        script = io.StringIO(
            f"cloud set prod --note a --reason '{TEXT}'\ncloud set prod --note b\n"
        )
        with mock.patch.object(sys, "stdin", script):
            done = programs.craton(CRATON_URL=url, CRATON_REASON="of the session")
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual([TEXT, "of the session"], [text for _, text in reasons(url)][-2:])

    def test_refused_before_any_request(self):
        for text, said in (("", "is empty"), ("a" * 1001, "1001 characters")):
            words = ("cloud", "set", "prod", "--note", "n")
            done = programs.craton(*words, "--reason", text, CRATON_URL="http://127.0.0.1:1")
            self.assert_refused(done, 2, "--reason", said)
        login = {"CRATON_URL": "http://127.0.0.1:1", "OS_USERNAME": "u", "OS_PASSWORD": "p"}
        done = programs.craton(
            "cloud", "list", **login, OS_PROJECT_ID=programs.PROJECT, CRATON_REASON="a" * 1001
        )
        self.assert_refused(done, 2, "CRATON_REASON", "1001 characters")


class TestOpenStack(programs.ServerTestCase):
    def test_both_ways(self):
        words = ("craton", "cloud", "create", "-f", "json")
        cloud = {**self.server.cloud, "CRATON_REASON": "from the variable"}
        for given in (["a", "--reason", TEXT], ["b"]):
            self.assert_done(self.program("openstack", *words, *given, **cloud))
        done = programs.craton(
            "change", "list", "--limit", "2", "-f", "json", **self.server.settings
        )
        self.assertEqual(
            ["from the variable", TEXT], [change["reason"] for change in done.json]
        )
