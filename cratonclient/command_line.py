# SPDX-License-Identifier: Apache-2.0
"""Command lines of the programs, as argparse does not read them: dashes and suggestions.

The programs ``craton`` and ``craton-server`` use it. It imports nothing slow.
"""

from __future__ import annotations

import argparse
import re
import sys
import typing as t


def did_you_mean(word: str, known: t.Iterable[str]) -> str:
    """Return a suggestion to append to an error message, or an empty string.

    >>> did_you_mean('nmae', ['id', 'name'])
    ' Did you mean name?'
    """
    import difflib

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=1)
    return f" Did you mean {by_lower[close[0]]}?" if close else ""


def advice(message: str, options: t.Collection[str]) -> str:
    """Return what to do about an error of argparse that concerns an option, or an empty string.

    :param message: the message of argparse.
    :param options: the options of the parser.
    :returns: a sentence to append to the message.

    >>> advice('unrecognized arguments: --nmae x', ['--name'])
    ' Did you mean --name?'
    >>> advice('unrecognized arguments: --name x', ['--name'])
    " Write --name before '--'."
    >>> advice('argument -n/--name: expected one argument', ['-n', '--name'])
    ' If the value begins with a dash, write --name=<value>.'
    """
    if option := re.search("unrecognized arguments: (?:-- )?([^ =]+)", message):
        if option[1] in options:
            return f" Write {option[1]} before '--'."
        return did_you_mean(option[1], options)
    if option := re.search("^argument (?:.*/)?(-.*): expected one argument", message):
        return f" If the value begins with a dash, write {option[1]}=<value>."
    return ""


def read_dashes(parser: argparse.ArgumentParser) -> None:
    """Make a parser read every word after ``--`` as an argument, also one with a dash.

    argparse does so too, but not together with ``parse_intermixed_args``, and it drops a
    second ``--``. Its versions differ in this.

    :param parser: the parser, changed in place. Its subparsers need the same.

    >>> parser = argparse.ArgumentParser()
    >>> _ = parser.add_argument('names', nargs='*')
    >>> read_dashes(parser)
    >>> parser.parse_args(['--', '-x', '--'])
    Namespace(names=['-x', '--'])
    """
    # The methods of argparse that decide whether a word is an option, and that convert it.
    inherited: t.Any = parser
    parse_optional, get_value = inherited._parse_optional, inherited._get_value
    parse_args, parse_intermixed_args = parser.parse_args, parser.parse_intermixed_args

    def parse_unless_argument(word: str) -> t.Any:
        return None if isinstance(word, _Argument) else parse_optional(word)

    def get_value_of_word(action: argparse.Action, word: str) -> t.Any:
        # Subparsers need the mark, and remove it themselves.
        return get_value(action, word if action.nargs == argparse.PARSER else str(word))

    def marking(parse: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def parse_marked(args: t.Sequence[str] | None = None, namespace: t.Any = None) -> t.Any:
            return parse(_marked(sys.argv[1:] if args is None else args), namespace)

        return parse_marked

    inherited._parse_optional = parse_unless_argument
    inherited._get_value = get_value_of_word
    inherited.parse_args = marking(parse_args)
    inherited.parse_intermixed_args = marking(parse_intermixed_args)


class _Argument(str):
    """A word after ``--``. It differs from the word ``--`` itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Argument) and super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()


def _marked(words: t.Sequence[str]) -> list[str]:
    """Mark the words after ``--``. Without such words, leave ``--`` out."""
    if "--" not in words:
        return [*words]
    end = words.index("--")
    after = [_Argument(word) for word in words[end + 1 :]]
    return [*words[:end], "--", *after] if after else [*words[:end]]
