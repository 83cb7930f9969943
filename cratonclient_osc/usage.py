# SPDX-License-Identifier: Apache-2.0
"""Report wrong usage in one line, with a suggestion."""

from __future__ import annotations

import argparse
import functools
import sys
import typing as t

from cratonclient import exceptions, secrets, sentences
from cratonclient.printable import printable
from cratonclient.process import environment
from cratonclient.process.command_line import advice, naming_unknown_options
from cratonclient.suggestions import did_you_mean
from cratonclient_osc.output import exit_status

T = t.TypeVar("T")


def allow_intermixed_arguments(parser: argparse.ArgumentParser) -> None:
    """Make a parser accept options between positional arguments."""
    parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]


def one_line_errors(parser: argparse.ArgumentParser, help_command: str) -> None:
    """Make a parser report wrong usage in one line and exit with status 2.

    :param parser: the parser.
    :param help_command: the command that prints the help, such as ``'craton help host list'``.
    """

    def error(message: str) -> t.NoReturn:
        has_arguments = any(not action.option_strings for action in parser._actions)
        hint = advice(message, parser._option_string_actions, has_arguments)
        if message.startswith("unrecognized arguments: "):
            message = secrets.mask_joined_words(message)
        text = " ".join(
            f"{parser.prog}: {sentences.ended(message)}{hint} See '{help_command}'.".split()
        )
        print(printable(secrets.mask_command_line(text)), file=sys.stderr)
        raise SystemExit(2)

    parser.error = error  # type: ignore[method-assign]  # cliff chooses the class


def refuse_pasted_ends(parser: argparse.ArgumentParser) -> None:
    """Make a parser refuse words that a file of an editor on Windows has damaged.

    A loop over the lines of such a file passes words that end in a carriage return, and
    perhaps a first word that begins with a byte order mark.

    :param parser: the parser.
    """
    for name in ("parse_known_args", "parse_known_intermixed_args"):
        setattr(parser, name, functools.partial(_parse_checked, parser, getattr(parser, name)))


def _parse_checked(
    parser: argparse.ArgumentParser,
    parse: t.Callable[..., t.Any],
    args: t.Sequence[str] | None = None,
    *others: t.Any,
    **keywords: t.Any,
) -> t.Any:
    for word in args or ():
        if word.startswith("\ufeff") or word.endswith("\r"):
            try:
                environment.check(f"the argument {secrets.mask(repr(word))}", word)
            except exceptions.ConfigurationError as exc:
                parser.error(str(exc).rstrip("."))
    with naming_unknown_options(parser, args or ()):
        return parse(args, *others, **keywords)


def explain_options(parser: argparse.ArgumentParser, reasons: t.Mapping[str, str]) -> None:
    """Make a parser say why it does not have some options.

    :param parser: the parser.
    :param reasons: an error message for each of the options.
    """
    report = parser.error

    def error(message: str) -> t.NoReturn:
        word = message.partition("unrecognized arguments: ")[2].partition(" ")[0]
        report(reasons.get(word.partition("=")[0], message))

    parser.error = error  # type: ignore[method-assign]  # cliff chooses the class


def check_names(what: str, given: t.Iterable[str], known: t.Collection[str]) -> None:
    """Check that all names are known.

    :param what: the kind of name, such as ``'column'``.
    :param given: the names to check.
    :param known: the known names.
    :raises cratonclient_osc.output.exit_status.UsageError: for the first unknown name.
    """
    for name in given:
        if name not in known:
            raise exit_status.UsageError(
                f"Unknown {what} {name!r}.{did_you_mean(name, known)} "
                f"Known {what}s: {', '.join(known)}."
            )


def nonempty_name(text: str) -> str:
    """Return a name or id from the command line, and refuse an empty one.

    An empty name usually comes from an unset variable of a script.
    """
    if not text:
        raise argparse.ArgumentTypeError("the name or id must not be empty")
    return text


def argument_type(parse: t.Callable[[str], T]) -> t.Callable[[str], T]:
    """Return a function for the ``type`` of an argument in argparse.

    :param parse: converts the text. Its :class:`~cratonclient.exceptions.CommandError`
        becomes an error of argparse.
    """

    def convert(text: str) -> T:
        try:
            return parse(text)
        except exceptions.CommandError as exc:
            raise argparse.ArgumentTypeError(str(exc).rstrip(".")) from None

    return convert
