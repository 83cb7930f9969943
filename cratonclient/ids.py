# SPDX-License-Identifier: Apache-2.0
"""Recognize ids: a text is an id only if it is spelled exactly as the server prints it."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"0|[1-9][0-9]*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str, type: type) -> bool:
    """Return True if a text is an id as the server prints it.

    Other spellings of the same number are names: an object may be called ``0042``.

    :param text: the text.
    :param type: type of the ids of the kind: ``int``, or ``str`` for UUIDs.

    >>> is_id('42', int), is_id('0042', int), is_id('+42', int), is_id('٤٢', int)
    (True, False, False, False)
    """
    return bool((_UUID if type is str else _NUMBER).fullmatch(text))
