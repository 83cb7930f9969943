# SPDX-License-Identifier: Apache-2.0
"""Options made from declarations, and usage errors that fit on a line."""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

from cratonclient import redact
from cratonclient.fields import Field, Ref


def one_line_errors(parser: argparse.ArgumentParser, see: str) -> None:
    """Let a parser report wrong usage in one line, with what may have been meant.

    :param see: the command that prints the help.
    """

    def error(message: str) -> t.NoReturn:
        word = message.partition("unrecognized arguments: ")[2].partition(" ")[0]
        import difflib

        meant = difflib.get_close_matches(word, parser._option_string_actions, n=1)
        hint = f" Did you mean {meant[0]}?" if meant else ""
        text = " ".join(f"{parser.prog}: {message}.{hint} See '{see}'.".split())
        print(redact.printable(text), file=sys.stderr)
        raise SystemExit(2)

    parser.error = error  # type: ignore[method-assign]  # the class is cliff's


def option_name(name: str, field: Field[t.Any]) -> str:
    """Give the option for a field: a reference is named after what it refers to.

    >>> option_name('region_id', Ref('regions', ''))
    'region'
    """
    bare = name.removesuffix("_id") if isinstance(field, Ref) else name
    return bare.replace("_", "-")


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
        # Not --variable: that is an option of cliff's shell formatter.
        common["metavar"] = "<name>=<value>"
        group.add_argument(
            "--var",
            action="append",
            type=variable,
            help=f"{field.help}; a value that is not JSON is a string (repeat as needed)",
            **common,
        )
    elif field.type is list:
        common["metavar"] = f"<{option.removesuffix('s')}>"
        group.add_argument(
            f"--{option.removesuffix('s')}",
            action="append",
            help=f"{field.help} (repeat as needed)",
            **common,
        )
    else:
        group.add_argument(
            f"--{option}", type=field.type, help=field.help, required=required, **common
        )


def variable(text: str) -> tuple[str, t.Any]:
    """Read ``name=value``; what is not JSON is a string.

    >>> variable('cores=64'), variable('rack=r1')
    (('cores', 64), ('rack', 'r1'))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not <name>=<value>")
    try:
        return name, json.loads(value, parse_constant=_not_json)
    except ValueError:
        return name, value


def _not_json(constant: str) -> t.NoReturn:
    raise ValueError(constant)
