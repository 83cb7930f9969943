# SPDX-License-Identifier: Apache-2.0
"""The grammar of a command: its options and arguments, read from its parser.

A string describes the values that an option or an argument takes, in a notation that
shell scripts can read: see :data:`NOTHING` and the constants after it.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import typing as t

from cratonclient.fields import Ref

NOTHING = ""
ANYTHING = "*"
#: Path of a file.
FILE = "/"
#: ``@hosts``: name of an object of the collection.
NAME_OF = "@"
#: ``=a b``: one of these words.
ONE_OF = "="
#: ``,a b``: some of these words, separated by commas.
SOME_OF = ","


#: The attributes of commands with the names that an option takes, by its destination.
_NAMES = {"columns": "columns", "sort_columns": "columns", "sort": "sort_keys"}

_PLAIN = re.compile(r"[\w@%+=:./-]+", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Grammar:
    """The options and arguments of a command.

    :param options: values by option; :data:`NOTHING` for a flag.
    :param arguments: values of the arguments, in order.
    :param repeats: ``True`` if the last argument may occur many times.
    :param words: next words of longer commands that begin with this one.
    """

    options: dict[str, str]
    arguments: tuple[str, ...] = ()
    repeats: bool = False
    words: frozenset[str] = frozenset()


def read(parser: argparse.ArgumentParser, command: t.Any = None) -> Grammar:
    """Return the grammar of a parser.

    :param parser: parser of a command.
    :param command: the command. Its attribute ``kind`` is the kind of its objects,
        ``columns`` and ``sort_keys`` are the names that ``-c`` and ``--sort`` take, and
        ``targets`` are the collections of options that take names of objects.
    """
    options: dict[str, str] = {}
    arguments: list[str] = []
    repeats = False
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or action.dest == "command":
            continue
        takes = _takes(action, command)
        if action.option_strings:
            options |= dict.fromkeys(
                action.option_strings, NOTHING if action.nargs == 0 else takes
            )
        elif not repeats:
            arguments.append(takes)
            repeats = action.nargs in ("*", "+")
    return Grammar(options, tuple(arguments), repeats)


def _takes(action: argparse.Action, command: t.Any) -> str:
    """Return the notation for the values of an option or an argument."""
    if action.choices:
        # Words with other characters would have to be quoted, differently in each shell.
        return one_of(word for word in map(str, action.choices) if _PLAIN.fullmatch(word))
    if action.metavar == "<file>":
        return FILE
    names = getattr(command, _NAMES.get(action.dest, ""), None)
    if names:
        return f"{SOME_OF if action.dest == 'sort' else ONE_OF}{' '.join(names)}"
    targets = getattr(command, "targets", {})
    if action.dest in targets:
        return f"{NAME_OF}{targets[action.dest]}"
    kind = getattr(command, "kind", None)
    if kind is None:
        return ANYTHING
    field = kind.fields.get(action.dest)
    if isinstance(field, Ref):
        return f"{NAME_OF}{field.target}"
    if action.metavar == f"<{kind.hyphenated}>":
        return f"{NAME_OF}{kind.collection}"
    return ANYTHING


def one_of(words: t.Iterable[str]) -> str:
    """Return the notation for one of several words."""
    return f"{ONE_OF}{' '.join(words)}"
