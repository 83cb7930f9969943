# SPDX-License-Identifier: Apache-2.0
"""``craton-server help``: the same text as ``-h`` of the program, a group or a command."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient.tests.integration.osc import programs
from cratonserver.program import parser


def topics() -> t.Iterator[list[str]]:
    """Yield the words of the program, of each group and of each command."""
    pending: list[tuple[list[str], argparse.ArgumentParser]] = [([], parser.build())]
    while pending:
        words, found = pending.pop(0)
        yield words
        for action in found._actions:
            if isinstance(action, argparse._SubParsersAction):
                pending.extend(([*words, name], one) for name, one in action.choices.items())


class TestHelp(programs.CommandTestCase):
    def test_every_topic_has_the_text_of_its_option(self):
        found = [*topics()]
        self.assertIn(["user", "create"], found)
        for words in found:
            with self.subTest(words):
                asked = self.assert_done(programs.craton_server("help", *words))
                self.assertEqual(programs.craton_server(*words, "-h").out, asked.out)
                self.assertIn(" ".join(["usage: craton-server", *words]), asked.out)

    def test_unknown_topics_get_a_suggestion(self):
        for words, said in (
            (["usr"], "'usr' is not a command. Did you mean user? See 'craton-server --help'."),
            (
                ["user", "craete"],
                "'user craete' is not a command. Did you mean create? "
                "See 'craton-server user --help'.",
            ),
            (["zzz"], "'zzz' is not a command. See 'craton-server --help'."),
            (["init", "x"], "'init x' is not a command. See 'craton-server init --help'."),
            (["user", "x", "y"], "'user x y' is not a command."),
        ):
            self.assert_refused(programs.craton_server("help", *words), 2, said)

    def test_options_of_an_unknown_command_are_not_the_error(self):
        for words, said in (
            (["usr", "list", "--database", "x"], "Did you mean user?"),
            (["user", "lst", "--database", "x"], "Did you mean list?"),
            (["project", "show", "--database=x"], "invalid choice: 'show'"),
            (["--databse", "x", "user", "list"], "unrecognized arguments: --databse"),
        ):
            self.assert_refused(programs.craton_server(*words), 2, said)

    def test_the_help_needs_no_valid_configuration(self):
        self.assert_done(programs.craton_server("help", "run", OS_SERVING__THREADS="x"))
