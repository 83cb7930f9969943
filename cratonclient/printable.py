# SPDX-License-Identifier: Apache-2.0
"""Escape control characters in text from a server, so that it is safe to print."""

from __future__ import annotations


def printable(text: object) -> str:
    r"""Return a text with its control characters escaped.

    A terminal would execute escape sequences in text from a server.

    >>> printable('a\x1b[2Jb')
    'a\\x1b[2Jb'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
