# SPDX-License-Identifier: Apache-2.0
"""Words after ``--`` in command lines, and misspelled options."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient.process import command_line
from cratonclient.tests import base


class TestDashes(base.TestCase):
    def parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        command_line.read_dashes(parser)
        parser.add_argument("first")
        parser.add_argument("more", nargs="*")
        parser.add_argument("--note")
        parser.add_argument("-x", action="store_true")
        return parser

    def test_every_word_after_two_dashes_is_an_argument(self):
        for line, arguments, note, x in (
            ("a b -x", ["a", "b"], None, True),
            ("-- -x --note", ["-x", "--note"], None, False),
            ("--note n -x -- -x", ["-x"], "n", True),
            ("a -- -x -- -", ["a", "-x", "--", "-"], None, False),
            ("-- -- --", ["--", "--"], None, False),
            ("a -x --", ["a"], None, True),
        ):
            for parse in ("parse_args", "parse_intermixed_args"):
                with self.subTest(line, parse=parse):
                    found = getattr(self.parser(), parse)(line.split())
                    self.assertEqual(arguments, [found.first, *found.more])
                    self.assertEqual((note, x), (found.note, found.x))
                    self.assertEqual({str}, {type(word) for word in (found.first, *found.more)})

    def test_subparsers(self):
        parser = argparse.ArgumentParser()
        user = parser.add_subparsers().add_parser("user")
        create = user.add_subparsers().add_parser("create")
        create.add_argument("name")
        for one in (parser, user, create):
            command_line.read_dashes(one)
        for word in ("-b", "--", "--help"):
            self.assertEqual(word, parser.parse_args(["user", "create", "--", word]).name)


class TestMisspelledOptions(base.TestCase):
    """A misspelled option is named, not an error that follows from it."""

    def error(self, line: str) -> str:
        """Return the error message for a command line."""
        parser = argparse.ArgumentParser()
        parser.add_argument("--ip-address", required=True)
        parser.add_argument("--limit", type=int)
        parser.add_argument("-v", action="store_true")
        parser.add_argument("-6", action="store_true", dest="six")
        parser.add_argument("name")
        parser.add_argument("more", nargs="*", type=int)
        said: list[str] = []

        def report(message: str) -> t.NoReturn:
            said.append(message)
            raise SystemExit(2)

        parser.error = report  # type: ignore[method-assign]
        words = line.split(";")
        with command_line.naming_unknown_options(parser, words):
            self.assertRaises(SystemExit, parser.parse_args, words)
        return said[0]

    def test_named(self):
        for line, option in (
            ("--ip-adress;10.0.0.1;x", "--ip-adress"),
            ("--ip-adress=10.0.0.1;x", "--ip-adress"),
            ("--ip-address=::1;--lmit;x;y", "--lmit"),
            ("--ip-ad=::1;--lmit=3", "--lmit"),
            ("-vx;-z", "-z"),
            ("-1x", "-1x"),
            ("-10.0.0.1", "-10.0.0.1"),
        ):
            self.assertEqual(f"unrecognized arguments: {option}", self.error(line), line)

    def test_other_errors(self):
        for line, said in (
            ("x;--ip;::1;--limit;--lmit", "argument --limit: expected one argument"),
            ("x", "required: --ip-address"),
            ("x;-v;--;--lmit", "required: --ip-address"),
            ("x;-vv;--ip a", "required: --ip-address"),
            ("--ip=a;x;--limit=b", "invalid int value: 'b'"),
            ("--ip=a;x;--nope;1", "unrecognized arguments: --nope"),
        ):
            self.assertIn(said, self.error(line), line)
