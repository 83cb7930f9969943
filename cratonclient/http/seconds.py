# SPDX-License-Identifier: Apache-2.0
"""Check numbers of seconds: timeouts and waiting times."""

from __future__ import annotations

import re
import typing as t

from cratonclient import exceptions
from cratonclient.printable import shown

#: The longest time that the functions of all operating systems take.
LONGEST = 1_000_000_000

_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)


def parse(text: str) -> float:
    """Read a number of seconds of a command line or a file, which may be zero.

    :raises ValueError: if the text is not a decimal number. Python would also read ``nan``,
        ``inf`` and ``1_0``.

    >>> parse('2.5')
    2.5
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number of seconds")
    return float(text)


def is_positive(value: object) -> bool:
    """Return True for a number of seconds above zero that is not too large.

    >>> is_positive(2.5), is_positive(True), is_positive(float('inf'))
    (True, False, False)
    """
    return _is_number(value) and 0 < value <= LONGEST


def check_timeout(value: object) -> None:
    """Refuse a value that is not a timeout: a number, a pair of them, or ``None``.

    :param value: the timeout in seconds. A pair is for connecting and for reading.
    :raises cratonclient.exceptions.CommandError: if it is not one.
    """
    pair = value if isinstance(value, tuple) and len(value) == 2 else (value,)
    if not all(one is None or is_positive(one) for one in pair):
        raise _invalid("timeout", "a positive number of seconds or None", value)


def check_wait(value: object) -> None:
    """Refuse a value that is not a waiting time: a positive number or zero.

    :param value: the value of ``max_wait``.
    :raises cratonclient.exceptions.CommandError: if it is not one.
    """
    if not (_is_number(value) and 0 <= value <= LONGEST):
        raise _invalid("max_wait", "a positive number of seconds or 0", value)


def _is_number(value: object) -> t.TypeGuard[float]:
    """Return True for a number that the functions of sockets take."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _invalid(name: str, valid: str, value: t.Any) -> exceptions.CommandError:
    return exceptions.CommandError(f"{name} must be {valid}, not {shown(value)}.")
