# SPDX-License-Identifier: Apache-2.0
"""Environment variables whose values begin or end with an invisible character."""

from __future__ import annotations

import os
import typing as t
from unittest import mock

from cratonclient import auth, exceptions
from cratonclient.process import environment
from cratonclient.tests import base

PROJECT = "b9f10eca-66ac-4c27-9c13-9d01e65f96b4"


class TestCheck(base.TestCase):
    """A message names the variable and the character, but not the value."""

    def refused(self, call: t.Callable[[], object], **variables: str) -> str:
        """Return the message of a call in an environment."""
        with mock.patch.dict(os.environ, variables, clear=True):
            error = self.assertRaises(exceptions.ConfigurationError, call)
        self.assertNotIn("S3cret", str(error))
        return str(error)

    def test_each_character(self):
        for value, wanted in (
            ("S3cret\r", "ends with a carriage return (U+000D). Its file has"),
            ("S3cret\n", "ends with a line feed (U+000A)"),
            ("S3cret ", "ends with a space (U+0020)"),
            ("\tS3cret", "begins with a tab (U+0009)"),
            ("\ufeffS3cret", "begins with a byte order mark (U+FEFF)"),
            ("S3cret\xa0", "ends with a no-break space (U+00A0)"),
            ("\u200bS3cret", "begins with zero width space (U+200B)"),
            ("S3cret\x1b", "ends with an invisible character (U+001B)"),
            (" ", "ends with a space"),
        ):
            for name in ("OS_PASSWORD", "CRATON_URL"):
                message = self.refused(environment.check_all, **{name: value})
                self.assertIn(f"The environment variable {name} {wanted}", message)

    def test_a_name(self):
        message = self.refused(environment.check_all, **{"\ufeffOS_USERNAME": "demo"})
        self.assertIn("variable OS_USERNAME begins with a byte order mark", message)

    def test_usual_values(self):
        usual = {"OS_PASSWORD": "a b\u00e9\U0001f600", "OS_EMPTY": "", "PS1": "$ ", "OSX_": " "}
        with mock.patch.dict(os.environ, usual, clear=True):
            environment.check_all()
            self.assertIsNone(environment.get("CRATON_URL"))

    def test_variables_that_are_not_used(self):
        with mock.patch.dict(os.environ, {"OS_PASSWORD": " x"}, clear=True):
            environment.check_all(without={"OS_PASSWORD"})

    def test_sessions_of_the_library(self):
        message = self.refused(
            lambda: auth.craton_auth("demo", "demo", PROJECT),
            CRATON_URL="https://craton.example\r",
        )
        self.assertIn("CRATON_URL ends with a carriage return", message)
