# SPDX-License-Identifier: Apache-2.0
"""The help of a command, and the overview of all commands."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import textwrap
import typing as t

import autopage.argparse
from cliff import help as cliff_help

from cratonclient_osc import base_command


class Help(base_command.CratonCommand, cliff_help.HelpCommand):
    """Show the help of a command, or list all commands"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the help of the command that was named, or the overview."""
        if parsed_args.cmd:
            return super().take_action(parsed_args)
        action = Overview([], dest=argparse.SUPPRESS, default=self.app)
        return action(self.app.parser, self.app.options, None)


class Overview(cliff_help.HelpAction):
    """The action of ``--help``: print the global options and an overview of all commands.

    It replaces cliff's action, which searches the metadata of all installed packages.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: t.Any,
        option_string: str | None = None,
    ) -> t.NoReturn:
        """Print the overview and exit."""
        app: t.Any = self.default
        # As argparse does, leave a failed write to the stream, which remembers it.
        with (
            contextlib.suppress(OSError),
            autopage.argparse.help_pager(app.stdout) as out,
        ):
            parser.print_help(out)
            for group in by_object(app):
                out.write("\n" + "\n".join(_lines(group)) + "\n")
        raise cliff_help.HelpExit


#: The commands of one object: descriptions by command name.
Group = dict[str, str]


def by_object(app: t.Any) -> list[Group]:
    """Return all commands, grouped by the object that they work on.

    The first group holds commands without an object, such as ``help``.

    :param app: the application with the commands.
    """
    groups: dict[str, Group] = {}
    for name, entry in sorted(app.command_manager):
        command = entry.load()(app, None, cmd_name=name)
        groups.setdefault(noun_of(command), {})[name] = command.get_description().rstrip(".")
    return [groups[key] for key in sorted(groups)]


def noun_of(command: t.Any) -> str:
    """Return the noun of a command's object, such as ``'host'``; empty if it has none."""
    kind = getattr(command, "kind", None)
    return kind.noun if kind else ""


def _lines(group: Group) -> list[str]:
    """Return the lines of a group: two columns, wrapped to the width of the terminal."""
    indent = max(len(name) for name in group) + 4
    columns = min(shutil.get_terminal_size().columns, 100)
    return [
        line
        for name, description in group.items()
        for line in textwrap.wrap(
            description,
            width=max(columns, indent + 20),
            initial_indent=f"  {name:<{indent - 2}}",
            subsequent_indent=" " * indent,
        )
    ]
