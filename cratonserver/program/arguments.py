# SPDX-License-Identifier: Apache-2.0
"""The parser of ``craton-server``: errors in one line, with suggestions."""

from __future__ import annotations

import argparse
import re
import sys
import typing as t

from cratonclient import secrets, sentences, suggestions
from cratonclient.printable import printable
from cratonclient.process import command_line


class Parser(argparse.ArgumentParser):
    """A parser that reports wrong usage in one line, and suggests commands and options."""

    #: The command of a group that is meant if no command of the group is given.
    default_command = ""

    def __init__(self, **keywords: t.Any) -> None:
        super().__init__(**keywords)
        command_line.read_dashes(self)

    def parse_known_args(  # type: ignore[override]
        self, args: t.Sequence[str] | None = None, namespace: t.Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words of a command, and refuse unknown ones.

        argparse would pass them to the parser of the program, which cannot suggest the
        options of the command.
        """
        words = sys.argv[1:] if args is None else args
        known = {*self.commands(), "-h", "--help"} if self.default_command else ()
        if known and words and words[0] not in known:
            words = [self.default_command, *words]
        with command_line.naming_unknown_options(self, words):
            found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def commands(self) -> dict[str, Parser]:
        """Return the parsers of the commands and groups of this parser, by name."""
        below = (a for a in self._actions if isinstance(a, argparse._SubParsersAction))
        return {name: parser for action in below for name, parser in action.choices.items()}

    def error(self, message: str) -> t.NoReturn:
        """Print a message and a suggestion, and exit with status 2."""
        hint = command_line.advice(message, self._option_string_actions)
        if choice := re.search("invalid choice: '(.*?)'", message):
            known = [c for a in self._actions for c in a.choices or ()]
            hint = suggestions.did_you_mean(choice[1], known)
        self.refuse(message, hint)

    def refuse(self, message: str, hint: str) -> t.NoReturn:
        """Print a message and a given suggestion, and exit with status 2.

        :param message: the message, without a full stop.
        :param hint: a sentence that begins with a space, or an empty string.
        """
        if message.startswith("unrecognized arguments: "):
            message = secrets.mask_joined_words(message)
        text = f"{self.prog}: {sentences.ended(' '.join(message.split()))}{hint}"
        text = f"{text} See '{self.prog} --help'."
        # Messages quote the arguments.
        print(printable(secrets.mask_command_line(text)), file=sys.stderr)
        raise SystemExit(2)
