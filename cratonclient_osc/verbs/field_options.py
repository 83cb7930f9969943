# SPDX-License-Identifier: Apache-2.0
"""Make the options of a command from the declaration of a kind."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import paths
from cratonclient.fields import Field, Ref
from cratonclient_osc.usage import typed
from cratonclient_osc.verbs import assignments


def option_name(name: str, field: Field[t.Any]) -> str:
    """Give the option for a field: a reference is named after what it refers to.

    >>> option_name('region_id', Ref('regions', ''))
    'region'
    """
    bare = name.removesuffix("_id") if isinstance(field, Ref) else name
    return (field.cli.option or bare).replace("_", "-")


def flag(name: str, field: Field[t.Any]) -> str:
    """Give the option for a field as it is typed.

    >>> flag('region_id', Ref('regions', '')), flag('labels', Field(list, ''))
    ('--region', '--label')
    """
    if name == "variables":
        return "--var"  # not --variable: that is an option of cliff's shell formatter
    option = option_name(name, field)
    return f"--{option.removesuffix('s') if field.type in (list, dict) else option}"


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
        off = field.cli.off or f"no-{option}"
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
            type=typed(assignments.assignment),
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
