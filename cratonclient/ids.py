# SPDX-License-Identifier: Apache-2.0
"""Recognize ids: a text is an id only if it is spelled exactly as a server prints it.

The original server also takes ``0001``, ``+1`` and ``2abc`` for the ids 1 and 2. It would
change or delete another object than the one that was meant.
"""

from __future__ import annotations

import contextlib
from urllib import parse

from cratonclient import exceptions
from cratonclient.printable import shown

_HEX_DIGITS = frozenset("0123456789abcdef")
#: The number of digits of the largest integer that a database stores as an id. Longer
#: numbers are names: Python cannot even convert very long ones.
_MAX_DIGITS = 19
_MAX_ID = 10**19 - 1


def is_id(text: str, type: type) -> bool:
    """Return True if a text is an id as a server prints it.

    Other spellings of the same number are names: an object may be called ``0042``. The id
    of a project has two forms, because Keystone prints it without hyphens.

    :param text: the text.
    :param type: type of the ids of the kind: ``int``, or ``str`` for UUIDs.

    >>> is_id('42', int), is_id('0042', int), is_id('+42', int), is_id('٤٢', int)
    (True, False, False, False)
    """
    if type is str:
        return _is_uuid(text)
    if not (text.isdecimal() and text.isascii() and len(text) <= _MAX_DIGITS):
        return False
    return text[0] != "0" or text == "0"


def _is_uuid(text: str) -> bool:
    """Return True for the id of a project, as Craton prints it and as Keystone prints it."""
    lengths = [len(part) for part in text.split("-")]
    return lengths in ([32], [8, 4, 4, 4, 12]) and _HEX_DIGITS.issuperset(text.replace("-", ""))


def may_be_sent(item_id: object, type: type) -> bool:
    """Return True if a value can be sent as the id of an object.

    :param item_id: an integer, or text.
    :param type: type of the ids of the kind: ``int``, or ``str`` for UUIDs. A number may be
        an id of that type, too.

    >>> may_be_sent(42, int), may_be_sent('42abc', int), may_be_sent(-42, int)
    (True, False, False)
    """
    if isinstance(item_id, str):
        return is_id(item_id, int) or (type is str and is_id(item_id, str))
    if isinstance(item_id, bool) or not isinstance(item_id, int):
        return False
    return 0 <= item_id <= _MAX_ID


def is_misspelled(text: str) -> bool:
    """Return True if a text is an id in another spelling than the printed one.

    >>> is_misspelled('+1'), is_misspelled('1'), is_misspelled('web-1')
    (True, False, False)
    """
    if is_id(text, str):
        return False
    import uuid  # imports platform, which takes two milliseconds

    with contextlib.suppress(ValueError):
        return int(text) >= 0 and not is_id(text, int)
    with contextlib.suppress(ValueError):
        return bool(uuid.UUID(text.strip()))
    return False


def path_segment(item_id: object) -> str:
    """Return an id as one segment of a path, percent-encoded.

    :raises cratonclient.exceptions.NotFound: if the segment would change the path, or
        cannot be encoded.
    """
    with contextlib.suppress(ValueError, RecursionError):  # a huge integer, or a lone surrogate
        text = str(item_id)
        if text not in ("", ".", ".."):
            return parse.quote(text, safe="")
    raise exceptions.NotFound(f"{shown(item_id)} is not a valid id.")
