# SPDX-License-Identifier: Apache-2.0
"""The help: of a command, and an overview of all of them."""

from __future__ import annotations

import argparse
import shutil
import textwrap
import typing as t

import autopage.argparse
from cliff import help as cliff_help

from cratonclient_osc import base_command


class Help(base_command.CratonCommand, cliff_help.HelpCommand):
    """Explain a command, or list them all"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the help of what was named, else the overview."""
        if parsed_args.cmd:
            return super().take_action(parsed_args)
        action = Overview([], dest=argparse.SUPPRESS, default=self.app)
        return action(self.app.parser, self.app.options, None)


class Overview(cliff_help.HelpAction):
    """The option that prints the overview. cliff's reads what is installed."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: t.Any,
        option_string: str | None = None,
    ) -> t.NoReturn:
        """Print it and leave."""
        app: t.Any = self.default
        with autopage.argparse.help_pager(app.stdout) as out:
            parser.print_help(out)
            for group in by_object(app):
                out.write("\n" + "\n".join(_lines(group)) + "\n")
        raise cliff_help.HelpExit


#: Commands with what they do.
Group = dict[str, str]


def by_object(app: t.Any) -> list[Group]:
    """Give all commands: first those about no object, then one group for each object.

    :param app: the application that has them.
    """
    groups: dict[str, Group] = {}
    for name, entry in sorted(app.command_manager):
        made = entry.load()(app, None, cmd_name=name)
        groups.setdefault(subject(made), {})[name] = made.get_description().rstrip(".")
    return [groups[key] for key in sorted(groups)]


def subject(made: t.Any) -> str:
    """Tell which object a command is about; nothing if it is about none."""
    kind = getattr(made, "kind", None)
    return kind.noun if kind else ""


def _lines(group: Group) -> list[str]:
    widest = max(len(name) for name in group) + 4
    columns = min(shutil.get_terminal_size().columns, 100)
    return [
        line
        for name, does in group.items()
        for line in textwrap.wrap(
            does,
            width=max(columns, widest + 20),
            initial_indent=f"  {name:<{widest - 2}}",
            subsequent_indent=" " * widest,
        )
    ]
