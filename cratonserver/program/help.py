# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server help``: the help of the program, of a group or of a command."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import suggestions
from cratonserver.program import arguments

_HELP = "Show the help of a command, of a group of commands, or of the program."


def add(commands: t.Any, program: arguments.Parser) -> None:
    """Add the command.

    :param commands: the subparsers of the program.
    :param program: parser of the program.
    """
    command = commands.add_parser("help", help=_HELP, description=_HELP)
    command.add_argument(
        "topic",
        nargs="*",
        action=_PrintHelp,
        program=program,
        help="a command or a group, such as user create or user (default: the program)",
    )


class _PrintHelp(argparse.Action):
    """An action that prints a help text and exits, as ``-h`` does. It reads no configuration.

    :param program: parser of the program.
    """

    def __init__(self, *args: t.Any, program: arguments.Parser, **keywords: t.Any) -> None:
        super().__init__(*args, **keywords)
        self._program = program

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: t.Any,
        option_string: str | None = None,
    ) -> t.NoReturn:
        """Print the help of the command with the words that were given.

        :raises SystemExit: always; with status 2 if there is no such command.
        """
        found = self._program
        for word in values:
            below = found.commands()
            if word not in below:
                hint = suggestions.did_you_mean(word, below)
                found.refuse(f"{' '.join(values)!r} is not a command", hint)
            found = below[word]
        found.print_help()
        raise SystemExit(0)
