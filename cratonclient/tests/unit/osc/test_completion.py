# SPDX-License-Identifier: Apache-2.0
"""The automaton of completion, of a program with a few commands."""

from __future__ import annotations

import argparse
import functools
import types
import typing as t

from cratonclient.tests import base
from cratonclient_osc.completion import cursor, dialects, grammar, lookups
from cratonclient_osc.completion.automaton import START, Automaton


def parser(*arguments: tuple[str, dict[str, t.Any]]) -> argparse.ArgumentParser:
    """Return a parser with some arguments."""
    made = argparse.ArgumentParser()
    for name, settings in arguments:
        made.add_argument(name, **settings)
    return made


COMMANDS = {
    "help": parser(("cmd", {"nargs": "*"})),
    "ship list": parser(("--format", {"choices": ["json", "table"]}), ("--parent", {})),
    "ship show": parser(("ship", {}), ("--parent", {"action": "store_true"})),
    "ship cargo": parser(("ship", {}), ("boxes", {"nargs": "+", "choices": ["a", "b"]})),
    "ship cargo burn": parser(("how", {"choices": ["slowly"]})),
    "ship sink": parser(("ships", {"nargs": "*", "metavar": "<file>"})),
}


class Entry(t.NamedTuple):
    """A command, as an entry point."""

    parser: argparse.ArgumentParser

    def load(self) -> t.Any:
        """Return the class of the command."""
        return lambda *args, **kwargs: types.SimpleNamespace(
            get_parser=lambda name: self.parser
        )


class ProgramTestCase(base.TestCase):
    """An automaton with the commands above."""

    def setUp(self) -> None:
        super().setUp()
        self.app = types.SimpleNamespace(
            parser=parser(("--timeout", {}), ("--debug", {"action": "store_true"})),
            command_manager=[(name, Entry(made)) for name, made in COMMANDS.items()],
            options=None,
        )
        self.automaton = Automaton(self.app)

    def state(self, line: str) -> str:
        """Return the state after the words of a line."""
        return functools.reduce(self.automaton.step, line.split(), START)


class TestStep(ProgramTestCase):
    def test_states_read_like_the_line(self):
        for line, state in (
            ("", "craton"),
            ("ship", "craton ship"),
            ("ship show", "craton ship show"),
            ("ship show a", "craton ship show _"),
            ("ship show a --timeout", "craton ship show _ --timeout"),
            ("ship show a --timeout 5", "craton ship show _"),
            ("--timeout", "craton --timeout"),
            ("--timeout -5 ship", "craton ship"),
        ):
            self.assertEqual(state, self.state(line), line)

    def test_an_option_may_be_a_flag_elsewhere(self):
        self.assertEqual("craton ship list --parent", self.state("ship list --parent"))
        self.assertEqual("craton ship show", self.state("ship show --parent"))
        self.assertEqual("craton ship show", self.state("ship show --unknown"))
        self.assertEqual("craton ship list", self.state("ship list --format=json"))

    def test_words_of_commands_are_arguments_elsewhere(self):
        self.assertEqual("craton ship show _", self.state("ship show list"))
        self.assertEqual("craton _ _", self.state("a ship"))
        self.assertEqual("craton ship _", self.state("ship -"))


class TestTakes(ProgramTestCase):
    def test_arguments_in_their_order(self):
        for line, takes in (
            ("", "=help ship"),
            ("ship", "=cargo list show sink"),
            ("ship list", grammar.NOTHING),
            ("ship show", grammar.ANYTHING),
            ("ship show a", grammar.NOTHING),
            ("ship sink", grammar.FILE),
            ("ship sink a b c", grammar.FILE),
            ("ship list --format", "=json table"),
        ):
            self.assertEqual(takes, self.automaton.takes(self.state(line)), line)

    def test_a_command_that_begins_another(self):
        self.assertEqual("=burn", self.automaton.takes(self.state("ship cargo")))
        self.assertEqual("=slowly", self.automaton.takes(self.state("ship cargo burn")))
        for more in ("a", "a a", "a a a"):
            self.assertEqual("=a b", self.automaton.takes(self.state(f"ship cargo {more}")))

    def test_help_takes_the_words_of_commands(self):
        for line, takes in (
            ("help", "=help ship"),
            ("help ship", "=cargo list show sink"),
            ("help ship show", grammar.NOTHING),
            ("help ship show a", grammar.NOTHING),
            ("help nothing", grammar.NOTHING),
        ):
            self.assertEqual(takes, self.automaton.takes(self.state(line)), line)
        options = self.automaton.options(self.state("help ship list"))
        self.assertEqual({"-h", "--help", "--timeout", "--debug"}, {*options})

    def test_options_of_the_command_and_of_the_program(self):
        self.assertEqual(
            ["-h", "--help", "--format", "--parent", "--timeout", "--debug"],
            self.automaton.options("craton ship list"),
        )
        self.assertEqual([], self.automaton.options("craton ship list --parent"))


class TestExpected(ProgramTestCase):
    def test_the_word_at_the_cursor(self):
        for line, typed, wanted in (
            ("", "sh", ("=help ship", "")),
            ("ship list --format", "-", ("=json table", "")),
            ("ship list", "--format=j", ("=json table", "--format=")),
            ("ship list", "--unknown=j", ("", "--unknown=")),
            ("ship show", "--parent=j", ("", "--parent=")),
            ("ship show", "--p", ("=--debug --help --parent --timeout -h", "")),
        ):
            found = cursor.expected(self.automaton, line.split(), typed)
            self.assertEqual(wanted, found, f"{line} {typed}")

    def test_after_two_hyphens_there_are_only_arguments(self):
        for line, typed, wanted in (
            ("ship list --", "--f", ("", "")),
            ("ship cargo --", "-", ("", "")),
            ("ship --", "", ("", "")),
            ("--", "", ("", "")),
            ("ship cargo x --", "", ("=a b", "")),
            ("ship cargo -- x", "", ("=a b", "")),
            ("ship cargo -- -x --format", "--", ("=a b", "")),
            ("ship list --format --", "", ("", "")),
            ("ship show -- -- a", "-", ("", "")),
        ):
            found = cursor.expected(self.automaton, line.split(), typed)
            self.assertEqual(wanted, found, f"{line} {typed}")

    def test_hidden_options_are_not_offered_but_known(self):
        known = Automaton(self.app, lambda option: option == "--timeout")
        options = known.options("craton ship show")
        self.assertEqual(["-h", "--help", "--parent", "--debug"], options)
        self.assertEqual(
            "craton ship", functools.reduce(known.step, ["--timeout", "5", "ship"], START)
        )

    def test_words_with_commas(self):
        self.automaton.grammars["craton ship"].options["--sort"] = ",id name"
        for words, typed, kept in (
            (["ship", "--sort"], "na", ""),
            (["ship", "--sort"], "id,na", "id,"),
            (["ship"], "--sort=", "--sort="),
            (["ship"], "--sort=id,id,na", "--sort=id,id,"),
        ):
            found = cursor.expected(self.automaton, words, typed)
            self.assertEqual(("=id name", kept), found, typed)


class TestGrammar(base.TestCase):
    def test_choices_that_a_shell_would_not_take_literally_are_left_out(self):
        found = grammar.read(
            parser(("--how", {"choices": ["a", "$(a)", "a b", "`a`", "a'", 5]}))
        )
        self.assertEqual("=a 5", found.options["--how"])

    def test_hidden_arguments_are_left_out(self):
        found = grammar.read(parser(("--old", {"help": argparse.SUPPRESS}), ("new", {})))
        self.assertEqual((("*",), ["-h", "--help"]), (found.arguments, [*found.options]))


class TestLookups(ProgramTestCase):
    def test_a_function_says_the_same_in_each_language(self):
        body = lookups.functions(self.automaton)["_craton_takes"]
        self.assertIn("'craton ship sink'|'craton ship sink _'*) REPLY=\"/\" ;;", self.sh(body))
        fish = dialects.fish_function("_craton_takes", body)
        self.assertIn("case 'craton ship sink' 'craton ship sink _*'; set answer \"/\"", fish)

    def test_the_options_of_all_commands_are_written_once(self):
        text = self.sh(lookups.functions(self.automaton)["_craton_options"])
        self.assertEqual(1, text.count("--timeout"))

    @staticmethod
    def sh(body: dialects.Body) -> str:
        """Return a function for bash and zsh."""
        return dialects.sh_function("_craton_takes", body)
