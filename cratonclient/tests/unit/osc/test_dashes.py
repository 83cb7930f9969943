# SPDX-License-Identifier: Apache-2.0
"""Words that begin with a dash, after ``--``, in every command."""

from __future__ import annotations

import argparse
import contextlib
import io
import typing as t

from cratonclient.tests import base
from cratonclient_osc.program import legacy, shell

#: Commands without arguments, or with numbers only.
WITHOUT_TEXTS = {"complete", "completion", "change show", "change undo"}


class TestDashes(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.app: t.Any = shell.Shell()
        self.app.options = argparse.Namespace(format="default")

    def parser(self, name: str) -> argparse.ArgumentParser:
        """Return the parser of a command."""
        found, _, _ = self.app.command_manager.find_command(name.split())
        keywords = {"cmd_name": name} if name != "help" else {}
        command: t.Any = found(self.app, self.app.options, **keywords)
        return t.cast("argparse.ArgumentParser", command.get_parser(f"craton {name}"))

    def test_every_command(self):
        names = {*self.app.command_names(), *legacy.names()} - WITHOUT_TEXTS
        for name in names:
            with self.subTest(name):
                parser = self.parser(name)
                arguments = [a for a in parser._actions if not a.option_strings]
                # An assignment is valid wherever variables are set.
                end = "=1" if name.endswith(("variable set", "vars-set")) else ""
                words = [f"-x{end if number else ''}" for number in range(len(arguments))]
                if arguments and arguments[-1].nargs in ("*", "+"):
                    words.append(f"--debug{end}")
                options = [
                    f"{a.option_strings[-1]}=-v"
                    for a in parser._actions
                    if a.required and a.option_strings
                ]
                found = vars(parser.parse_args([*options, "--", *words]))
                values = [found[argument.dest] for argument in arguments]
                given = [
                    w
                    for value in values
                    for w in (value if isinstance(value, list) else [value])
                ]
                self.assertEqual(len(words), len(given))
                for word, value in zip(words, given, strict=True):
                    self.assertIn(word.partition("=")[0], str(value))

    def test_an_argument_with_a_dash_is_sent_behind_the_dashes(self):
        for name, words, wanted in (
            ("host variable set", ("web1", "-x=1"), True),
            ("host delete", ("-x",), True),
            ("host show", ("-1x",), True),
            ("host show", ("web1", "--clod=x"), False),
            ("host list", ("-x",), False),
        ):
            said = io.StringIO()
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(said):
                self.parser(name).parse_args(words)
            self.assertIn(f"unrecognized arguments: {words[-1]}", said.getvalue())
            self.assertEqual(wanted, "dash after '--'" in said.getvalue(), str(words))

    def test_an_error_after_the_dashes_names_the_word_that_is_wrong(self):
        for line in ("-- -x a=1 y", "-- -x a=1 --y", "-v -- -x --"):
            words = line.split()
            said = io.StringIO()
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(said):
                self.parser("host variable set").parse_args(words)
            unknown = words[0] == "-v"
            wanted = "arguments: -v" if unknown else f"{words[-1]!r} must have the form"
            self.assertIn(wanted, said.getvalue())
