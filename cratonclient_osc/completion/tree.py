# SPDX-License-Identifier: Apache-2.0
"""Completion: what may come next in a line, drawn from the parsers.

``craton completion bash`` prints a script that carries all commands and options,
so that a key press starts no process unless it asks for names of objects.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import typing as t

from cratonclient.fields import Ref
from cratonclient_osc import base_command
from cratonclient_osc.completion.names_command import NAMES_COMMAND

SHELLS = ("bash", "fish", "zsh")
#: What an option or an argument takes: nothing, anything, or a file. ``@hosts`` are
#: names of hosts, ``=a b`` is one of these words, ``,a b`` some of them with commas.
NOTHING, ANYTHING, FILE = "", "*", "/"

_CRATON = (sys.executable, "-m", "cratonclient_osc")

#: By option, and by the number of an argument, what is taken; ``n`` is any further.
Command = dict[str, str]


class Tree:
    """All commands, with their options and arguments.

    :param app: the application that has them.
    """

    def __init__(self, app: t.Any) -> None:
        self.everywhere = _command(app.parser, None)
        self.commands: dict[str, Command] = {}
        for name, entry in app.command_manager:
            made: t.Any = entry.load()(app, app.options, cmd_name=name)
            self.commands[name] = _command(made.get_parser(f"craton {name}"), made)

    def next(self, begin: str) -> list[str]:
        """Give the words that may follow the beginning of a command."""
        lead = begin.split()
        found = (name.split() for name in self.commands)
        return sorted({w[len(lead)] for w in found if w[: len(lead)] == lead and w != lead})

    def candidates(self, words: list[str], last: str) -> tuple[str, str]:
        """Give what the last word of a line may be.

        :param words: the words before it, without the program.
        :returns: what is taken, as in :data:`ANYTHING`, and the part of the last
            word that stays as it is, such as ``--region=``.
        """
        takes, lead = self._at(words, last)
        if takes.startswith(","):
            return f"={takes[1:]}", last[: last.rfind(",") + 1] or lead
        return takes, lead

    def _at(self, words: list[str], last: str) -> tuple[str, str]:
        """Find the place in a line where its last word is."""
        command, pending, count = "", NOTHING, 0
        helping = words[:1] == ["help"]
        for word in words[1:] if helping else words:
            longer = f"{command} {word}".strip()
            if pending:
                pending = NOTHING
            elif word.startswith("-") and word != "-":
                pending = self._takes(command, word) if "=" not in word else NOTHING
            elif not count and (longer in self.commands or self.next(longer)):
                command = longer
            else:
                count += 1
        option, equals, _ = last.partition("=")
        if pending:
            return pending, ""
        if option.startswith("--") and equals:
            return self._takes(command, option) or ANYTHING, f"{option}="
        if last.startswith("-"):
            known = {**self.commands.get(command, {}), **self.everywhere}
            return f"={' '.join(sorted(n for n in known if n.startswith('-')))}", ""
        following = [] if count else self.next(command)
        if following or helping:
            return f"={' '.join(following)}", ""
        here = self.commands.get(command, {})
        return here.get(str(count + 1), here.get("n", ANYTHING)), ""

    def _takes(self, command: str, option: str) -> str:
        here = self.commands.get(command, {})
        return here.get(option, self.everywhere.get(option, NOTHING))


def _command(parser: argparse.ArgumentParser, made: t.Any) -> Command:
    """Read a parser."""
    found: Command = {}
    count = 0
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or action.dest == "command":
            continue
        takes = _takes(action, getattr(made, "kind", None))
        if action.option_strings:
            found |= dict.fromkeys(
                action.option_strings, NOTHING if action.nargs == 0 else takes
            )
        else:
            count += 1
            found["n" if action.nargs in ("*", "+") else str(count)] = takes
    return found


def _takes(action: argparse.Action, kind: t.Any) -> str:
    """Tell what an option or an argument takes."""
    if action.choices:
        return f"={' '.join(map(str, action.choices))}"
    if action.metavar == "<file>":
        return FILE
    if kind is None:
        return ANYTHING
    fields = kind.fields
    if action.dest in ("columns", "sort", "sort_columns"):
        shown = {n: f for n, f in fields.items() if f.shown == "always"}
        if action.dest == "sort":
            return f",{' '.join(n for n, f in shown.items() if f.storage.column)}"
        return f"={' '.join(shown)}"
    field = fields.get(action.dest)
    if isinstance(field, Ref):
        return f"@{field.target}"
    if action.metavar == f"<{kind.key.replace('_', '-')}>":
        return f"@{kind.collection}"
    return ANYTHING


def values(takes: str, begin: str, app: t.Any) -> list[str]:
    """Give the words that something may be; a server is asked for names.

    :param takes: as in :data:`ANYTHING`.
    :param begin: what they begin with.
    """
    if takes.startswith("="):
        return [word for word in takes[1:].split() if word.startswith(begin)]
    if not takes.startswith("@"):
        return []
    given = vars(app.options)
    known = [(n, v) for n, v in given.items() if n.startswith(("craton_", "os_"))]
    # Where a secret comes from the environment, it is not given as a word.
    environment = {n.upper(): str(v) for n, v in known if v}
    words = ["--insecure"] if given["insecure"] else []
    done = subprocess.run(  # noqa: S603  # this program, without a shell
        [*_CRATON, NAMES_COMMAND, *words, "--", takes[1:], begin],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5,
    )
    return done.stdout.splitlines()


class Completion(base_command.CratonCommand):
    """Print the completion of a shell."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the shell."""
        parser = super().get_parser(prog_name)
        parser.add_argument("shell", choices=SHELLS, help="whose completion to print")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print the script."""
        sys.stdout.write(script(parsed_args.shell, t.cast("t.Any", self.app)))


def script(name: str, app: t.Any) -> str:
    """Give the completion of a shell.

    :param name: one of :data:`SHELLS`.
    :param app: the application to complete.
    """
    folder = pathlib.Path(__file__).parent / "scripts"
    tree = Tree(app)
    write = _fish_function if name == "fish" else _sh_function
    functions = [
        write("_craton_next", {n: " ".join(tree.next(n)) for n in _beginnings(tree)}),
        write(
            "_craton_options",
            {n: " ".join(o for o in c if o[0] == "-") for n, c in _all(tree)},
        ),
        write(
            "_craton_takes",
            {f"{n} {o}": takes for n, c in _all(tree) for o, takes in c.items() if takes},
        ),
    ]
    text = (folder / f"craton.{name}").read_text()
    if name != "fish":
        functions.append((folder / "walk.sh").read_text())
    return text.replace("# @FUNCTIONS@\n", "\n".join(functions))


def _beginnings(tree: Tree) -> list[str]:
    """Give all beginnings of commands that are no command."""
    words = [name.split() for name in tree.commands]
    found = {" ".join(w[:end]) for w in words for end in range(len(w))}
    return sorted(begin for begin in found if tree.next(begin))


def _all(tree: Tree) -> list[tuple[str, Command]]:
    return [*sorted(tree.commands.items()), ("", tree.everywhere)]


def _grouped(table: dict[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in table.items():
        groups.setdefault(value, []).append(key)
    return groups


def _sh_function(name: str, table: dict[str, str]) -> str:
    """Write a function that puts into REPLY what a table has for its words."""
    cases = [
        f"    {'|'.join(map(_quoted, keys))}) REPLY={_quoted(value)} ;;"
        for value, keys in _grouped(table).items()
    ]
    return "\n".join([f"{name}() {{", '    case "$*" in', *cases, "    *) REPLY='' ;;"]) + (
        "\n    esac\n}\n"
    )


def _fish_function(name: str, table: dict[str, str]) -> str:
    """Write a function that prints what a table has for its words."""
    cases = [
        f"    case {' '.join(map(_quoted, keys))}\n        echo {_quoted(value)}"
        for value, keys in _grouped(table).items()
    ]
    return "\n".join([f"function _{name}", '    switch "$argv"', *cases, "    end\nend\n"])


def _quoted(text: str) -> str:
    """Quote what holds neither quotes nor backslashes, for any of the shells."""
    return f"'{text}'"
