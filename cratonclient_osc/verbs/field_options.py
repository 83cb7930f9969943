# SPDX-License-Identifier: Apache-2.0
"""Options made from declarations, and usage errors that fit on a line."""

from __future__ import annotations

import argparse
import sys
import typing as t

from cratonclient import secrets
from cratonclient.fields import Field, Ref
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import paths

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
        print(secrets.printable(text), file=sys.stderr)
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


def option_name(name: str, field: Field[t.Any]) -> str:
    """Give the option for a field: a reference is named after what it refers to.

    >>> option_name('region_id', Ref('regions', ''))
    'region'
    """
    bare = name.removesuffix("_id") if isinstance(field, Ref) else name
    return (field.option or bare).replace("_", "-")


def flag(name: str, field: Field[t.Any]) -> str:
    """Give the option for a field as it is typed.

    >>> flag('region_id', Ref('regions', '')), flag('labels', Field(list, ''))
    ('--region', '--label')
    """
    if field.type is dict:
        return "--var"  # not --variable: that is an option of cliff's shell formatter
    option = option_name(name, field)
    return f"--{option.removesuffix('s') if field.type is list else option}"


def add_option(
    group: argparse._ActionsContainer, name: str, field: Field[t.Any], required: bool = False
) -> None:
    """Add the option for a field to a parser.

    An option that was not given leaves no trace in the parsed arguments, so
    that absent and false are told apart.
    """
    option = option_name(name, field)
    common: dict[str, t.Any] = {"dest": name, "default": argparse.SUPPRESS}
    if field.type is bool:
        pair = group.add_mutually_exclusive_group()
        pair.add_argument(f"--{option}", action="store_true", help=field.help, **common)
        off = field.off or f"no-{option}"
        pair.add_argument(
            f"--{off}", action="store_false", help=f"the opposite of --{option}", **common
        )
        return
    common["metavar"] = f"<{option}>"
    if isinstance(field, Ref):
        what = f"{field.help}: its {'name or id' if field.type is int else 'UUID or name'}"
        group.add_argument(f"--{option}", help=what, required=required, **common)
    elif field.type is dict:
        common["metavar"] = "<path>=<value>"
        group.add_argument(
            flag(name, field),
            action="append",
            type=typed(paths.assignment),
            help=f"{field.help}; a value that is not JSON is a string (repeat as needed)",
            **common,
        )
    elif field.type is list:
        common["metavar"] = f"<{option.removesuffix('s')}>"
        group.add_argument(
            flag(name, field),
            action="append",
            help=f"{field.help} (repeat as needed)",
            **common,
        )
    else:
        group.add_argument(
            f"--{option}", type=field.type, help=field.help, required=required, **common
        )


def add_clearing_option(
    group: argparse._ActionsContainer, name: str, field: Field[t.Any]
) -> None:
    """Add the option that takes the value of a field away, or something of a part."""
    option = option_name(name, field)
    common: dict[str, t.Any] = {"dest": name, "default": argparse.SUPPRESS}
    if field.type is dict:
        group.add_argument(
            flag(name, field),
            metavar="<path>",
            action="append",
            type=typed(paths.parse),
            help="variable to take away, or what is at a path in one (repeat as needed)",
            **common,
        )
    elif field.type is list:
        one = option.removesuffix("s")
        group.add_argument(
            flag(name, field),
            metavar=f"<{one}>",
            action="append",
            help=f"{one} to take away (repeat as needed)",
            **common,
        )
    else:
        group.add_argument(
            f"--{option}", action="store_const", const=None, help=f"no {field.help}", **common
        )


def add_origin(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whether inherited variables count."""
    pair = parser.add_mutually_exclusive_group()
    common: dict[str, t.Any] = {"dest": "resolved_values", "default": argparse.SUPPRESS}
    pair.add_argument(
        "--resolved",
        action="store_true",
        help="count inherited variables, which is the default",
        **common,
    )
    pair.add_argument(
        "--own", action="store_false", help="leave inherited variables out", **common
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
        except exit_status.UsageError as exc:
            raise argparse.ArgumentTypeError(str(exc).rstrip(".")) from None

    return convert
