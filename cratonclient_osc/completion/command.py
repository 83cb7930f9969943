# SPDX-License-Identifier: Apache-2.0
"""The command ``craton completion``, which prints the script of a shell.

The script contains all commands and options. A key press starts a process only to get
names of objects.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import typing as t

from cratonclient_osc import base_command
from cratonclient_osc.completion import dialects, lookups
from cratonclient_osc.completion.automaton import Automaton

SHELLS = ("bash", "fish", "zsh")


class Completion(base_command.CratonCommand):
    """Print the completion of a shell."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the shell."""
        parser = super().get_parser(prog_name)
        parser.add_argument("shell", choices=SHELLS, help="name of the shell")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print the script."""
        sys.stdout.write(script(parsed_args.shell, Automaton(t.cast("t.Any", self.app))))


def script(shell: str, automaton: Automaton) -> str:
    """Return the completion script of a shell.

    :param shell: one of :data:`SHELLS`.
    :param automaton: automaton of the commands to complete.
    """
    folder = pathlib.Path(__file__).parent / "scripts"
    write = dialects.fish_function if shell == "fish" else dialects.sh_function
    functions = [write(name, body) for name, body in lookups.functions(automaton).items()]
    if shell != "fish":
        functions.append((folder / "cursor.sh").read_text())
    text = (folder / f"craton.{shell}").read_text()
    return text.replace("# @FUNCTIONS@\n", "\n".join(functions))
