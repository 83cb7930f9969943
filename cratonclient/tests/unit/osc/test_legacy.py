# SPDX-License-Identifier: Apache-2.0
"""The translation of the 2017 commands."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from unittest import mock

from cratonclient.tests import base
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import command_manager, legacy
from cratonclient_osc.program.legacy import verbs

#: A 2017 command line, and its translation into one or more lines.
TRANSLATIONS = (
    ("project-create -n p", "project create -- p"),
    ("project-delete U", "project delete --ignore-missing -- U"),
    ("cloud-update 1 -n new", "cloud set --name=new -- 1", "cloud show -- 1"),
    ("cloud-update old -n new", "cloud set --name=new -- old", "cloud show -- name:new"),
    ("cloud-update 0042 -n 7", "cloud set --name=7 -- 0042", "cloud show -- name:7"),
    ("cloud-update id:42 -n 7", "cloud set --name=7 -- id:42", "cloud show -- id:42"),
    ("region-update 1 --note x", "region set --note=x -- 1", "region show -- 1"),
    ("host-update 1 --note x", "host set --note=x -- 1", "host show -- 1"),
    (
        "host-update 1 -a false -l a,b -t x -i 10.0.0.1",
        "host set --ip-address=10.0.0.1 --device-type=x --inactive --label=a --label=b -- 1",
        "host show -- 1",
    ),
    ("host-delete 1", "host delete --ignore-missing -- 1"),
    ("host-list --sort-key name", "host list --sort=name:asc"),
    ("host-list --sort_dir desc", "host list --sort=created_at:desc"),
    (
        "host-list --sort-key name,id --sort-dir desc --limit 5",
        "host list --sort=name:desc,id:desc --limit=5",
    ),
    ("host-list --limit 5 --all", "host list"),
    ("host-list --vars a:1 b.c:x:y", "host list --var=a=1 --var=b.c=x:y"),
    ("host-list --vars a:1,b:2 --vars c:3", "host list --var=a=1 --var=b=2 --var=c=3"),
    ("host-list --vars a:5.10,b:@x", 'host list --var=a=5.10 --var=b="@x"'),
    ("host-vars-set 1 a:=5.10 b=5.10", "host variable set -- 1 a:=5.10 b=5.10"),
    ("host-vars-get 1", "host variable show -- 1"),
    ("cell-vars-get 1", "cell variable show --own -- 1"),
    ("host-vars-set 1 a=1 b=x=y", "host variable set -- 1 a=1 b=x=y"),
    (
        "cloud-vars-set 1 a=1 b=",
        "cloud variable set -- 1 a=1",
        "cloud variable unset --ignore-missing -- 1 b",
    ),
    ("host-vars-delete 1 a b", "host variable unset --ignore-missing -- 1 a b"),
    # Text that was neither a path nor a file name in 2017 is quoted.
    ("host-vars-set 1 a.b=@x", 'host variable set -- 1 "a.b"="@x"'),
    ("host-vars-delete 1 a.b", 'host variable unset --ignore-missing -- 1 "a.b"'),
)


def translated(line: str) -> list[str]:
    """Translate a 2017 command line into today's command lines."""
    name, *words = line.split()
    command = legacy.find(name)
    assert command
    made = command(mock.Mock(), argparse.Namespace())
    parsed = made.get_parser(f"craton {name}").parse_args(words)
    return [
        " ".join([made.object, *found]) for found in verbs.VERBS[command.verb].translate(parsed)
    ]


class TestTranslation(base.TestCase):
    """The translation of command lines."""

    def test_lines(self):
        for old, *today in TRANSLATIONS:
            with self.subTest(old):
                self.assertEqual(today, translated(old))

    def test_what_cannot_be_meant(self):
        for line in ("host-vars-set 1 a", "host-vars-set 1 =x", "host-vars-delete 1"):
            with self.subTest(line):
                self.assertRaises(exit_status.UsageError, translated, line)
        for pair in ("rack", ":1", "a:1,b"):
            self.assertRaises(exit_status.UsageError, translated, f"host-list --vars {pair}")

    def test_nothing_moves(self):
        for line in ("host-update 1 -r 2", "host-update 1 -c 2", "region-update 1 --cloud 2"):
            self.assertRaises(exit_status.UsageError, translated, line)

    def test_variables_from_stdin_only_where_none_are_given(self):
        with mock.patch.object(sys, "stdin") as stdin:
            stdin.isatty.return_value = False
            self.assertEqual(["host variable set -- 1 -"], translated("host-vars-set 1"))
            self.assertEqual(["host variable set -- 1 a=1"], translated("host-vars-set 1 a=1"))
            stdin.isatty.return_value = True
            self.assertRaises(exit_status.UsageError, translated, "host-vars-set 1")
            stdin.read.assert_not_called()


class TestStandardInput(base.TestCase):
    """The names of variables to delete, on standard input."""

    def given(self, text: str) -> list[str]:
        """Translate ``vars-delete`` with a text on standard input."""
        with mock.patch.object(sys, "stdin", io.StringIO(text)):
            return translated("host-vars-delete 1")

    def test_names(self):
        begin = "host variable unset --ignore-missing -- 1"
        for text, words in (
            ('["x"]', "x"),
            ('["x", "a.b"]\n', 'x "a.b"'),
            ('{"x": 1, "y": {"z": 2}}', "x y"),
        ):
            self.assertEqual([f"{begin} {words}"], self.given(text))
        self.assertEqual([], self.given("[]"))

    def test_other_texts(self):
        for text in ("", "x", '"x"', "[1]", '["x"', "null", "[[]]"):
            error = self.assertRaises(exit_status.UsageError, self.given, text)
            self.assertIn("JSON list of names", str(error))


class TestNames(base.TestCase):
    """The 2017 command names: all are known, and none is listed."""

    def test_all_of_the_documentation(self):
        printed = {
            f"{noun}-{verb}"
            for noun in ("project", "cloud", "region", "cell", "host")
            for verb in ("create", "delete", "list", "show")
        }
        self.assertLessEqual({*printed, "device-list", "devices-list"}, {*legacy.names()})

    def test_every_command_can_be_asked_for_help(self):
        for name in legacy.names():
            found = legacy.find(name)
            assert found
            made = found(mock.Mock(), argparse.Namespace())
            self.assertIn("2017", made.get_parser(f"craton {name}").format_help())

    def test_others(self):
        for name in ("host-lst", "user-list", "device-show", "project-update", "-", "host-"):
            self.assertIsNone(legacy.find(name), name)

    def test_hidden(self):
        known = [name for name, _ in command_manager.CommandManager()]
        self.assertEqual([], [name for name in known if "-" in name])

    def test_a_command_of_today_does_not_pay(self):
        code = (
            "import sys; from cratonclient_osc.program import command_manager as registry; "
            "registry.CommandManager().find_command(['host', 'list']); "
            "print('cratonclient_osc.program.legacy' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        self.assertEqual("False\n", done.stdout)
