# SPDX-License-Identifier: Apache-2.0
"""Options that are generated from fields."""

from __future__ import annotations

import argparse
import contextlib
import io
import typing as t

from cratonclient.fields import Cli, Field, Ref
from cratonclient.tests import base
from cratonclient_osc import usage
from cratonclient_osc.verbs import field_options


class TestOptions(base.TestCase):
    """The type of a field determines its option."""

    def parse(self, name: str, field: Field[t.Any], *words: str, required: bool = False):
        """Parse words with a parser that has the option of one field."""
        parser = argparse.ArgumentParser(prog="craton test", exit_on_error=False)
        field_options.add_option(parser, name, field, required=required)
        return vars(parser.parse_args(words))

    def refuse(
        self, name: str, field: Field[t.Any], *words: str, required: bool = False
    ) -> None:
        """Check that words are refused."""
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                found = self.parse(name, field, *words, required=required)
            except (argparse.ArgumentError, SystemExit):
                return
        self.fail(f"{words} was parsed as {found}")

    def test_what_is_not_given_leaves_no_trace(self):
        for field in (Field(str, "x"), Field(bool, "x"), Field(list, "x"), Ref("clouds", "x")):
            self.assertEqual({}, self.parse("name_id", field))

    def test_strings_and_integers(self):
        self.assertEqual(
            {"os_version": "1"}, self.parse("os_version", Field(str, "x"), "--os-version=1")
        )
        self.assertEqual({"port": 1}, self.parse("port", Field(int, "x"), "--port", "1"))
        self.refuse("port", Field(int, "x"), "--port", "one")

    def test_an_empty_string_is_a_value(self):
        self.assertEqual({"note": ""}, self.parse("note", Field(str, "x"), "--note", ""))

    def test_booleans(self):
        field = Field(bool, "x", cli=Cli(off="inactive"))
        self.assertEqual({"active": True}, self.parse("active", field, "--active"))
        self.assertEqual({"active": False}, self.parse("active", field, "--inactive"))
        self.assertEqual(
            {"is_admin": False}, self.parse("is_admin", Field(bool, "x"), "--no-is-admin")
        )
        self.refuse("active", field, "--active", "--inactive")

    def test_references(self):
        field = Ref("clouds", "x")
        self.assertEqual({"cloud_id": "prod"}, self.parse("cloud_id", field, "--cloud", "prod"))
        self.refuse("cloud_id", field, required=True)

    def test_lists(self):
        found = self.parse("labels", Field(list, "x"), "--label", "a", "--label", "b")
        self.assertEqual({"labels": ["a", "b"]}, found)

    def test_variables(self):
        found = self.parse("variables", Field(dict, "x"), "--var", "a=1", "--var", "b=x")
        self.assertEqual({"variables": [(("a",), 1), (("b",), "x")]}, found)
        self.refuse("variables", Field(dict, "x"), "--var", "a")


class TestErrors(base.TestCase):
    """Wrong usage is reported in one line."""

    def error(self, *words: str) -> str:
        """Parse invalid words and return the error message."""
        parser = argparse.ArgumentParser(prog="craton host list")
        parser.add_argument("--limit", type=int)
        usage.one_line_errors(parser, "craton help host list")
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            ending = self.assertRaises(SystemExit, parser.parse_args, words)
        self.assertEqual(2, ending.code)
        self.assertEqual(1, said.getvalue().count("\n"))
        return said.getvalue()

    def test_an_option_like_another(self):
        said = self.error("--limti", "1")
        self.assertIn("Did you mean --limit?", said)
        self.assertIn("See 'craton help host list'.", said)

    def test_an_option_after_two_dashes(self):
        # argparse reads this word as an argument, and reports it as unrecognized.
        said = self.error("--", "--limit", "1")
        self.assertNotIn("Did you mean", said)
        self.assertIn("Write --limit before '--'.", said)

    def test_a_value_that_begins_with_a_dash(self):
        said = self.error("--limit", "-x")
        self.assertIn("If the value begins with a dash, write --limit=<value>.", said)

    def test_an_option_like_no_other(self):
        self.assertNotIn("Did you mean", self.error("--quux"))

    def test_a_value(self):
        self.assertIn("--limit", self.error("--limit", "x"))

    def test_line_ends_and_control_characters(self):
        said = self.error("a\nb\x1b[2J")
        self.assertNotIn("\x1b", said)
