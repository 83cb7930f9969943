# SPDX-License-Identifier: Apache-2.0
"""Messages end with one sign."""

from __future__ import annotations

import argparse
import contextlib
import io

from cratonclient import sentences
from cratonclient.tests import base
from cratonclient_osc import usage
from cratonserver.program import arguments


class TestEnds(base.TestCase):
    def test_one_sign(self):
        for text, expected in (
            ("Unknown", "Unknown."),
            ("Unknown.", "Unknown."),
            ("Unknown. Did you mean name?", "Unknown. Did you mean name?"),
        ):
            self.assertEqual(expected, sentences.ended(text))

    def test_usage_errors_with_a_suggestion(self):
        commands = argparse.ArgumentParser(prog="craton")
        usage.one_line_errors(commands, "craton help")
        for parser in (commands, arguments.Parser(prog="craton-server")):
            said = io.StringIO()
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(said):
                parser.error("'nmae' is unknown. Did you mean name?")
            self.assertIn("Did you mean name? See ", said.getvalue())
