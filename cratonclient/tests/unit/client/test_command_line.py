# SPDX-License-Identifier: Apache-2.0
"""Words after ``--`` in command lines."""

from __future__ import annotations

import argparse

from cratonclient import command_line
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
