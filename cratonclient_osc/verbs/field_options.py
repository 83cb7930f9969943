# SPDX-License-Identifier: Apache-2.0
"""Build the options of a command from the declared fields of a kind."""

from __future__ import annotations

import argparse
import re
import typing as t

from cratonclient import paths
from cratonclient.fields import Field, Ref, Sub
from cratonclient_osc.usage import argument_type
from cratonclient_osc.verbs import assignments


def option_name(name: str, field: Field[t.Any]) -> str:
    """Return the name of the option for a field, without ``--``.

    For a reference, that is the name of the field without ``_id``.

    >>> option_name('region_id', Ref('regions', ''))
    'region'
    """
    bare = name.removesuffix("_id") if isinstance(field, Ref) else name
    return (field.cli.option or bare).replace("_", "-")


def flag(name: str, field: Field[t.Any]) -> str:
    """Return the option for a field as the user types it.

    The option for a list or for variables adds one element, so its name is singular.

    >>> flag('region_id', Ref('regions', '')), flag('labels', Field(list, ''))
    ('--region', '--label')
    """
    if name == "variables":
        return "--var"  # --variable is an option of cliff's shell formatter
    option = option_name(name, field)
    return f"--{option.removesuffix('s') if field.type in (list, dict) else option}"


def flags(name: str, field: Field[t.Any]) -> list[str]:
    """Return all options that a field could have. A boolean field has two.

    >>> flags('active', Field(bool, '', cli=Cli(off='inactive')))
    ['--active', '--inactive']
    """
    off = field.cli.off or f"no-{option_name(name, field)}"
    return [flag(name, field), *([f"--{off}"] if field.type is bool else [])]


def add_option(
    group: argparse._ActionsContainer, name: str, field: Field[t.Any], required: bool = False
) -> None:
    """Add the option for a field to a parser.

    An option that was not given has no attribute in the parsed arguments. So a command
    can distinguish an absent option from a false or empty value.

    :param group: the parser, or a group of it.
    :param name: name of the field.
    :param field: the declaration of the field.
    :param required: refuse a command line without the option.
    """
    option = option_name(name, field)
    common: dict[str, t.Any] = {"dest": name, "default": argparse.SUPPRESS}
    if field.type is bool:
        pair = group.add_mutually_exclusive_group()
        pair.add_argument(f"--{option}", action="store_true", help=field.help, **common)
        pair.add_argument(
            flags(name, field)[1],
            action="store_false",
            help=f"the opposite of --{option}",
            **common,
        )
    elif isinstance(field, Ref):
        text = f"{field.help} ({'name or id' if field.type is int else 'name or UUID'})"
        group.add_argument(
            f"--{option}", metavar=f"<{option}>", help=text, required=required, **common
        )
    elif field.type is dict:
        group.add_argument(
            flag(name, field),
            metavar="<path>=<value>",
            action="append",
            type=argument_type(assignments.parse_assignment),
            help=f"{field.help}; {assignments.HELP} (repeatable)",
            **common,
        )
    elif field.type is list:
        group.add_argument(
            flag(name, field),
            metavar=f"<{option.removesuffix('s')}>",
            action="append",
            help=f"{field.help} (repeatable)",
            **common,
        )
    else:
        shown = {"choices": field.choices} if field.choices else {"metavar": f"<{option}>"}
        group.add_argument(
            f"--{option}",
            type=_whole_number if field.type is int else field.type,
            help=field.help,
            required=required,
            **shown,
            **common,
        )


def _whole_number(text: str) -> int:
    """Parse a whole number as it is printed. Python also accepts ``0042`` and ``1_000``."""
    if re.fullmatch("0|-?[1-9][0-9]*", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, such as 42")


def add_place_option(
    parser: argparse.ArgumentParser,
    name: str,
    field: Ref[t.Any],
    help: str,
    nargs: str | None = None,
) -> None:
    """Add the option for a place, such as ``--region``.

    :param name: name of the field that refers to the place.
    :param help: the effect of the option.
    :param nargs: ``?`` if the option may be without a value.
    """
    option = option_name(name, field)
    parser.add_argument(
        f"--{option}",
        dest=name,
        metavar=f"<{option}>",
        nargs=nargs,
        default=argparse.SUPPRESS,
        help=help,
    )


def add_clearing_option(
    group: argparse._ActionsContainer, name: str, field: Field[t.Any]
) -> None:
    """Add the option that clears a field, or removes labels or variables."""
    option = option_name(name, field)
    common: dict[str, t.Any] = {"dest": name, "default": argparse.SUPPRESS}
    if field.type is dict:
        group.add_argument(
            flag(name, field),
            metavar="<path>",
            action="append",
            type=argument_type(paths.parse),
            help="variable to remove, or path of a value inside it (repeatable)",
            **common,
        )
    elif isinstance(field, Sub):
        singular = option.removesuffix("s")
        group.add_argument(
            flag(name, field),
            metavar=f"<{singular}>",
            action="append",
            help=f"{singular} to remove (repeatable)",
            **common,
        )
    else:
        group.add_argument(
            flag(name, field),
            action="store_const",
            const=None,
            help=f"clear this field: {field.help}",
            **common,
        )


def add_inheritance_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--resolved`` and ``--own``, which include or exclude inherited variables."""
    pair = parser.add_mutually_exclusive_group()
    common: dict[str, t.Any] = {"dest": "resolved_values", "default": argparse.SUPPRESS}
    pair.add_argument(
        "--resolved",
        action="store_true",
        help="include inherited variables (default)",
        **common,
    )
    pair.add_argument(
        "--own", action="store_false", help="exclude inherited variables", **common
    )
