# SPDX-License-Identifier: Apache-2.0
"""Command lines of the programs, as argparse does not read them: dashes and suggestions.

The programs ``craton`` and ``craton-server`` use it. It imports nothing slow.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import sys
import typing as t

from cratonclient.suggestions import did_you_mean


def advice(message: str, options: t.Collection[str], has_arguments: bool = False) -> str:
    """Return what to do about an error of argparse that concerns an option, or an empty string.

    :param message: the message of argparse.
    :param options: the options of the parser.
    :param has_arguments: the parser has arguments that are not options.
    :returns: a sentence to append to the message.

    >>> advice('unrecognized arguments: --nmae x', ['--name'])
    ' Did you mean --name?'
    >>> advice('unrecognized arguments: --name x', ['--name'])
    " Write --name before '--'."
    >>> advice('unrecognized arguments: -x', ['--name'], has_arguments=True)
    " Write an argument that begins with a dash after '--'."
    >>> advice('argument -n/--name: expected one argument', ['-n', '--name'])
    ' If the value begins with a dash, write --name=<value>.'
    """
    if option := re.search("unrecognized arguments: (?:-- )?([^ =]+)", message):
        if option[1] in options:
            return f" Write {option[1]} before '--'."
        is_argument = has_arguments and option[1].startswith("-")
        after = " Write an argument that begins with a dash after '--'." if is_argument else ""
        return did_you_mean(option[1], options) or after
    if option := re.search("^argument (?:.*/)?(-.*): expected one argument", message):
        return f" If the value begins with a dash, write {option[1]}=<value>."
    return ""


@contextlib.contextmanager
def naming_unknown_options(
    parser: argparse.ArgumentParser, words: t.Sequence[str]
) -> t.Iterator[None]:
    """Make a parser name a misspelled option rather than an error that follows from it.

    argparse would only say that ``--ip-address`` is required, not that ``--ip-adress`` is
    unknown. And it takes the value of an unknown option as an argument.

    :param parser: the parser, which parses inside the ``with`` block.
    :param words: the words that it parses.
    """
    report = parser.error

    def error(message: str) -> t.NoReturn:
        # In --note --urgent, the option may be meant as a value.
        lacks_value = re.search("expected .*argument", message)
        unknown = "" if lacks_value else _unknown_option(parser, _before_choice(message, words))
        if unknown and "unrecognized arguments: " not in message:
            message = f"unrecognized arguments: {unknown}"
        report(message)

    parser.error = error  # type: ignore[method-assign]
    try:
        yield
    finally:
        parser.error = report  # type: ignore[method-assign]


def _before_choice(message: str, words: t.Sequence[str]) -> t.Sequence[str]:
    """Return the words before an unknown command. The options after it belong to it."""
    found = re.search("^argument <command>: invalid choice: '(.*?)'", message)
    return words[: words.index(found[1])] if found and found[1] in words else words


def _unknown_option(parser: argparse.ArgumentParser, words: t.Sequence[str]) -> str:
    """Return the first option that a parser does not know, without its value."""
    for word in itertools.takewhile(lambda word: word != "--", words):
        if isinstance(word, _Argument):  # argparse parses them again, without the "--"
            continue
        name = word.partition("=")[0]
        # argparse takes negative numbers and words with blanks as arguments.
        is_argument = parser._negative_number_matcher.match(word) or " " in name
        is_option = re.match("-.", name) and not is_argument
        known = parser._option_string_actions
        short = not name.startswith("--") and name[:2] in known
        if is_option and not short and not any(option.startswith(name) for option in known):
            return name
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
