# SPDX-License-Identifier: Apache-2.0
"""The automaton of completion: the states of a command line, and the steps between them.

A state is a string. It reads like the command line, but has no flags, no options with
their values, and a sign instead of each argument::

    craton                         no command yet
    craton host                    the beginning of a command
    craton host show               a command
    craton host show _             a command with an argument
    craton host show _ --region    an option that waits for its value

An interactive session asks the automaton. For the shells, ``lookups`` writes the same
states and steps as functions.
"""

from __future__ import annotations

import functools
import re
import typing as t

from cratonclient_osc.completion import grammar
from cratonclient_osc.completion.grammar import NOTHING, Grammar

#: The state at the beginning of a line.
START = "craton"
#: The sign for an argument in a state.
ARGUMENT = "_"
#: The word that ends the options.
END = "--"
#: The command that takes the words of another command as arguments.
_HELP = "help"


class Automaton:
    """The states and steps of the command lines of an application.

    :param app: the application that has the commands.
    :param hidden: function that returns ``True`` for options that are not offered.
    :ivar grammars: grammars by command, such as ``craton host show``. Beginnings of
        commands, such as ``craton host``, have one as well.
    """

    def __init__(
        self, app: t.Any, hidden: t.Callable[[str], bool] = lambda option: False
    ) -> None:
        self._hidden = hidden
        everywhere = grammar.read(app.parser).options
        commands: dict[str, Grammar] = {}
        for name, entry in app.command_manager:
            made: t.Any = entry.load()(app, app.options, cmd_name=name)
            parser = made.get_parser(f"{START} {name}")
            commands[name] = grammar.read(parser, made)
        following = _following(commands)
        no_command, help_command = Grammar({}), Grammar(commands[_HELP].options)
        self.grammars: dict[str, Grammar] = {}
        for name, words in following.items():
            own = commands.get(name, no_command)
            self.grammars[_state(name)] = _complete(own, words, everywhere)
        for name, words in following.items():
            self.grammars[_state(_HELP, name)] = _complete(help_command, words, everywhere)

    def after(self, words: list[str]) -> tuple[str, bool]:
        """Return the state after the words of a line, and if options may follow.

        After the word ``--``, all words are arguments.
        """
        end = words.index(END) if END in words else len(words)
        state = functools.reduce(self.step, words[:end], START)
        if end == len(words):
            return state, True
        if waits(state):
            state = state.rpartition(" ")[0]
        return state + f" {ARGUMENT}" * (len(words) - end - 1), False

    def step(self, state: str, word: str) -> str:
        """Return the state after a word.

        :param state: state before the word.
        :param word: complete word, without quotes.
        """
        if waits(state):
            return state.rpartition(" ")[0]
        found = self.grammars[command_of(state)]
        if found.options.get(word) or (word in found.words and state in self.grammars):
            return f"{state} {word}"
        return state if is_option(word) else f"{state} {ARGUMENT}"

    def begins_command(self, state: str) -> bool:
        """Return ``True`` if the next word may continue a command, as after ``craton host``."""
        return state in self.grammars and bool(self.grammars[state].words)

    def takes(self, state: str) -> str:
        """Return the notation of the value or argument that may follow a state."""
        found = self.grammars[command_of(state)]
        if waits(state):
            return found.options[state.rpartition(" ")[2]]
        count = state.count(f" {ARGUMENT}")
        if found.repeats:
            count = min(count, len(found.arguments) - 1)
        return found.arguments[count] if count < len(found.arguments) else NOTHING

    def options(self, state: str) -> list[str]:
        """Return the options that may follow a state."""
        if waits(state):
            return []
        known = self.grammars[command_of(state)].options
        return [option for option in known if not self._hidden(option)]


def command_of(state: str) -> str:
    """Return a state without its arguments and without the option that waits.

    >>> command_of("craton host show _ --region")
    'craton host show'
    """
    return re.split(" [_-]", state, maxsplit=1)[0]


def waits(state: str) -> bool:
    """Return ``True`` if an option waits for its value."""
    return " -" in state


def is_option(word: str) -> bool:
    """Return ``True`` for an option. A single ``-`` is an argument."""
    return word.startswith("-") and word != "-"


def _following(commands: t.Iterable[str]) -> dict[str, set[str]]:
    """Return the words that may follow each command and each beginning of one.

    >>> _following(["host list"]) == {"": {"host"}, "host": {"list"}, "host list": set()}
    True
    """
    found: dict[str, set[str]] = {}
    for command in commands:
        begin: list[str] = []
        for word in command.split():
            found.setdefault(" ".join(begin), set()).add(word)
            begin.append(word)
        found.setdefault(command, set())
    return found


def _complete(own: Grammar, words: set[str], everywhere: dict[str, str]) -> Grammar:
    """Return the grammar of a command with subcommands and global options added.

    :param own: the grammar of the command itself.
    :param words: next words of longer commands. They replace the first argument.
    :param everywhere: global options. An option of the command overrides them.
    """
    arguments, repeats = own.arguments, own.repeats
    if words:
        arguments = (grammar.one_of(sorted(words)), *arguments[1:])
        repeats = repeats and len(arguments) > 1
    options = own.options | {
        n: takes for n, takes in everywhere.items() if n not in own.options
    }
    return Grammar(options, arguments, repeats, frozenset(words))


def _state(*words: str) -> str:
    return " ".join(word for word in (START, *words) if word)
