# SPDX-License-Identifier: Apache-2.0
"""Refuse settings of the environment that carry invisible characters.

A file with the line ends of Windows, a byte order mark or a pasted blank makes a value that
looks right and is wrong. Such a value is refused with the name of its variable, before a
server refuses it for another reason.
"""

from __future__ import annotations

import os
import typing as t

from cratonclient import exceptions

#: The variables of this project and of OpenStack begin with these.
_PREFIXES = ("CRATON_", "OS_")

_NAMES = {
    "\t": "a tab",
    "\n": "a line feed",
    "\r": "a carriage return",
    " ": "a space",
    "\xa0": "a no-break space",
    "\ufeff": "a byte order mark",
}
_WINDOWS = "Its file has the line ends of Windows: convert the file, as with dos2unix."


def check_all(without: t.Container[str] = ()) -> None:
    """Check all variables whose names begin with ``CRATON_`` or ``OS_``.

    :param without: names of variables that are not used.
    :raises cratonclient.exceptions.ConfigurationError: as for :func:`check`.
    """
    for name, value in os.environ.items():
        bare = name.strip("\ufeff \t\r")
        if bare.startswith(_PREFIXES) and bare not in without:
            check(f"The name of the environment variable {bare}", name)
            check(f"The environment variable {name}", value)


def get(name: str) -> str | None:
    """Return the value of a variable, or ``None`` if it is not set.

    :param name: name of the variable, such as ``CRATON_URL``.
    :raises cratonclient.exceptions.ConfigurationError: as for :func:`check`.
    """
    value = os.environ.get(name)
    if value:
        check(f"The environment variable {name}", value)
    return value


def check(source: str, value: str) -> None:
    r"""Check that a value neither begins nor ends with a blank or an invisible character.

    :param source: origin of the value, as the start of a message.
    :param value: the value. No message contains it, because it may be secret.
    :raises cratonclient.exceptions.ConfigurationError: with the name of the character.

    >>> check('The option --os-username', 'demo\r')
    Traceback (most recent call last):
    ...
    cratonclient.exceptions.ConfigurationError: The option --os-username ends with a carriage
    return (U+000D). Its file has the line ends of Windows: convert the file, as with dos2unix.
    """
    if found := problem(value):
        raise exceptions.ConfigurationError(f"{source} {found}")


def problem(value: str) -> str | None:
    """Return what is wrong with the ends of a value and what to do, or ``None``.

    >>> problem(' demo')
    'begins with a space (U+0020). Remove this character.'
    """
    for verb, character in (("ends", value[-1:]), ("begins", value[:1])):
        if character == " " or not character.isprintable():
            remedy = _WINDOWS if character == "\r" else "Remove this character."
            return f"{verb} with {_described(character)}. {remedy}"
    return None


def _described(character: str) -> str:
    import unicodedata

    default = "an invisible character"
    name = _NAMES.get(character) or unicodedata.name(character, default).lower()
    return f"{name} (U+{ord(character):04X})"
