# SPDX-License-Identifier: Apache-2.0
"""Report wrong usage in one line, with a suggestion."""

from __future__ import annotations

import argparse
import sys
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable
from cratonclient_osc.output import exit_status

T = t.TypeVar("T")


def in_any_order(parser: argparse.ArgumentParser) -> None:
    """Let a parser take options between several arguments."""
    parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]


def one_line_errors(parser: argparse.ArgumentParser, see: str) -> None:
    """Let a parser report wrong usage in one line, with what may have been meant.

    :param see: the command that prints the help.
    """

    def error(message: str) -> t.NoReturn:
        word = message.partition("unrecognized arguments: ")[2].partition(" ")[0]
        meant = nearest(word, parser._option_string_actions)
        text = " ".join(f"{parser.prog}: {message}.{meant} See '{see}'.".split())
        print(printable(text), file=sys.stderr)
        raise SystemExit(2)

    parser.error = error  # type: ignore[method-assign]  # the class is cliff's


def nearest(word: str, known: t.Iterable[str]) -> str:
    """Guess what was meant, as the end of a message: empty, or a blank and a question."""
    import difflib

    meant = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {meant[0]}?" if meant else ""


def check_names(what: str, given: t.Iterable[str], known: t.Collection[str]) -> None:
    """Refuse names that there are not.

    :param what: what they name, such as ``'column'``.
    :raises cratonclient_osc.output.exit_status.UsageError: for the first of them.
    """
    for name in given:
        if name not in known:
            raise exit_status.UsageError(
                f"There is no {what} {name!r}.{nearest(name, known)} "
                f"{what.capitalize()}s are: {', '.join(known)}."
            )


def named(text: str) -> str:
    """Read the name of an object; an empty one is a variable that a script forgot."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def typed(read: t.Callable[[str], T]) -> t.Callable[[str], T]:
    """Make a type for argparse of what raises errors of ours."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except exceptions.CommandError as exc:
            raise argparse.ArgumentTypeError(str(exc).rstrip(".")) from None

    return convert
