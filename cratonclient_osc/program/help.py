# SPDX-License-Identifier: Apache-2.0
"""The help of a command, the commands of an object, and the overview of all commands."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import shutil
import textwrap
import typing as t

import autopage.argparse
from cliff import help as cliff_help

from cratonclient_osc import base_command
from cratonclient_osc.output import exit_status, pager
from cratonclient_osc.program import global_options, topics


class Help(base_command.CratonCommand, cliff_help.HelpCommand):
    """Show the help of a command or the commands of an object, or list all commands"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the help of the command that was named, or the overview.

        :raises cratonclient_osc.output.exit_status.UsageError: if there is no such command.
        """
        app: t.Any = self.app
        words = parsed_args.cmd
        if not words:
            Overview([], dest=argparse.SUPPRESS, default=app)(app.parser, app.options, None)
        try:
            found, name, rest = app.command_manager.find_command(words)
        except ValueError:
            found, name, rest = None, "", words
        if found and not rest:
            self._print_help(found, name)
        elif not print_commands(app, words, app.stdout):
            raise exit_status.UsageError(topics.unknown(words, app.command_names()))
        return exit_status.DONE

    def _print_help(self, found: t.Any, name: str) -> None:
        """Print the help of a command, and name longer commands that begin like it."""
        takes_name = "cmd_name" in inspect.getfullargspec(found.__init__).args
        command = found(self.app, self.app_args, **({"cmd_name": name} if takes_name else {}))
        parser = command.get_parser(f"{self.app.NAME} {name}")
        with paged(self.app.stdout) as out:
            autopage.argparse.use_color_for_parser(parser, out.isatty())
            parser.print_help(out)


class Overview(cliff_help.HelpAction):
    """The action of ``--help``: print the global options and an overview of all commands.

    In a session, print how to use it instead of the global options, most of which say where
    and how to log in. The action replaces cliff's, which searches the metadata of all
    installed packages.
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
        with contextlib.suppress(OSError), paged(app.stdout) as out:
            if app.in_session:
                out.write(_session_help(parser))
            else:
                autopage.argparse.use_color_for_parser(parser, out.isatty())
                parser.print_help(out)
            for group in by_object(app, app.command_names()):
                out.write("\n" + "\n".join(_lines(group)) + "\n")
        raise cliff_help.HelpExit


#: The help of a session, before the list of commands.
_SESSION = """\
Type commands without the word craton:

  ? host               list the commands of an object
  host list ?          show the help of a command
  host list > FILE     write the output to a file; >> appends it
  host list | COMMAND  send the output to a command of the shell
  Tab                  complete commands, options and names
  Ctrl-C               cancel the line or the command
  exit, Ctrl-D         leave the session

"""


def _session_help(parser: argparse.ArgumentParser) -> str:
    """Return the help of a session, with the global options that are of use in a line.

    :param parser: the parser of the global options.
    """
    options = [max(a.option_strings, key=len, default="") for a in parser._actions]
    hidden = ("", "--help", "--version")
    useful = [o for o in options if o not in hidden and not global_options.is_for_start(o)]
    text = (
        f"Options of every command: {', '.join(useful)}. 'craton --help' explains them, "
        "outside of a session."
    )
    return f"{_SESSION}{textwrap.fill(text, _columns())}\n"


@contextlib.contextmanager
def paged(stream: t.Any) -> t.Iterator[t.TextIO]:
    """Show long output in a pager if the stream is a terminal.

    :param stream: stream to write to. The one of a session has a pager already.
    """
    if isinstance(stream, pager.Pager) or not pager.is_wanted(stream):
        yield stream
        return
    screen = pager.Pager(stream)
    try:
        with contextlib.suppress(BrokenPipeError):  # the user has left the pager
            yield screen.stream
    finally:
        screen.close()


def print_commands(app: t.Any, words: t.Sequence[str], stream: t.TextIO) -> bool:
    """Print the commands that begin with some words, such as the commands of an object.

    :param app: the application with the commands.
    :param words: the words, such as ``['network', 'device']``.
    :param stream: stream to write to.
    :returns: False if no command begins with them. Then nothing is printed.
    """
    names = topics.commands_of(words, app.command_names())
    if not names:
        return False
    topic = " ".join(words)
    with paged(stream) as out:
        out.write(f"usage: {app.NAME} {topic} <command> ...\n")
        for group in by_object(app, names):
            out.write("\n" + "\n".join(_lines(group)) + "\n")
        out.write(f"\nThe help of a command: {app.NAME} help {names[0]}\n")
    return True


#: The commands of one object: descriptions by command name.
Group = dict[str, str]


def by_object(app: t.Any, names: t.Collection[str]) -> list[Group]:
    """Return commands, grouped by the object that they work on.

    The first group holds commands without an object, such as ``help``.

    :param app: the application with the commands.
    :param names: the names of the commands.
    """
    groups: dict[str, Group] = {}
    for name, entry in sorted(app.command_manager):
        if name not in names:
            continue
        command = entry.load()(app, None, cmd_name=name)
        groups.setdefault(noun_of(command), {})[name] = command.get_description().rstrip(".")
    return [groups[key] for key in sorted(groups)]


def noun_of(command: t.Any) -> str:
    """Return the noun of a command's object, such as ``'host'``; empty if it has none."""
    return str(getattr(command, "noun", ""))


def _lines(group: Group) -> list[str]:
    """Return the lines of a group: two columns, wrapped to the width of the terminal."""
    indent = max(len(name) for name in group) + 4
    columns = _columns()
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


def _columns() -> int:
    """Return the width of the help."""
    return min(shutil.get_terminal_size().columns, 100)
