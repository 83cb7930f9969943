# SPDX-License-Identifier: Apache-2.0
"""Options of commands: the settings as options, and options with checked values."""

from __future__ import annotations

import argparse
import re
import typing as t

from cratonclient.v1 import users
from cratonserver.config import configuration, settings

T = t.TypeVar("T")


def add_settings(
    command: argparse.ArgumentParser, declarations: t.Iterable[settings.Declaration]
) -> None:
    """Add the options of settings to a command, and the option for configuration files.

    :param command: parser of the command, changed in place.
    :param declarations: the settings.
    """
    command.add_argument(
        "--config-file",
        metavar="FILE",
        action="append",
        default=[],
        help="configuration file; repeat the option to read several, later files take "
        f"precedence (default: the file named by {configuration.FILE_VARIABLE}, or else "
        f"{configuration.DEFAULT_FILE})",
    )
    for declared in declarations:
        _add_setting(command, declared)


def given(options: argparse.Namespace) -> dict[str, t.Any]:
    """Return the values of the settings that are options of a command line, by name."""
    values = {d.name: getattr(options, d.name, None) for d in settings.declarations()}
    return {name: value for name, value in values.items() if value is not None}


def _add_setting(command: argparse.ArgumentParser, declared: settings.Declaration) -> None:
    """Add the option of a setting. The configuration validates its value."""
    option = configuration.option_of(declared.name)
    default = ",".join(declared.default) if declared.type is tuple else declared.default
    choices = declared.setting.choices
    explained = "; ".join(f"{choice}: {text}" for choice, text in choices.items() if text)
    if choices and not explained:
        explained = f"Any of {', '.join(choices)}"
    text = f"{declared.setting.help}{explained and f' {explained}.'}"
    text += f" (default: {default or 'empty'})"
    text = text.replace("%", "%%")  # argparse formats help texts with %
    if declared.type is bool:
        command.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    else:
        one_of = f"{{{','.join(choices)}}}" if choices else "TEXT"
        metavar = {int: "NUMBER", tuple: "A,B"}.get(declared.type, one_of)
        command.add_argument(option, metavar=metavar, help=text)


def checked(check: t.Callable[[str], T]) -> t.Callable[[str], T]:
    """Wrap a function that raises ValueError as an argparse type that shows the message."""

    def read(text: str) -> T:
        try:
            return check(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(f"{text!r}: {exc}") from exc

    return read


def username(text: str) -> str:
    """Check the name of a user, as the API does.

    :raises ValueError: if it is not valid.
    """
    field = users.User.username
    if not re.search(users.USERNAME.regex, text):
        raise ValueError(users.USERNAME.rule)
    if len(text) > field.max_length:
        raise ValueError(f"must have at most {field.max_length} characters")
    return text
