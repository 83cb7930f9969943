# SPDX-License-Identifier: Apache-2.0
"""Escape control characters in text from a server, so that it is safe to print."""

from __future__ import annotations

#: Invisible characters that Python calls printable: joiners, fillers, variation selectors.
#: Two names that differ only in such a character look the same.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159").union(
    *(
        map(chr, range(first, last + 1))
        for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    )
)

#: The maximum length of a value in a message, in characters.
_LONGEST = 200


def printable(text: object) -> str:
    r"""Return a text with its control characters and invisible characters escaped.

    A terminal would execute escape sequences in text from a server, and write text in
    another order after a bidirectional control character.

    >>> printable('a\x1b[2Jb')
    'a\\x1b[2Jb'
    """
    text = str(text)
    if is_printable(text):
        return text
    return "".join(c if is_printable(c) else _escape(c) for c in text)


def is_printable(text: str) -> bool:
    """Return True if :func:`printable` returns the text unchanged.

    >>> is_printable('web'), is_printable('we\\u200bb')
    (True, False)
    """
    return text.isprintable() and (text.isascii() or _INVISIBLE.isdisjoint(text))


def printable_lines(text: str) -> str:
    r"""Return a text with everything escaped that :func:`printable` escapes but newlines.

    >>> printable_lines('a\x1b\nb')
    'a\\x1b\nb'
    """
    return "\n".join(map(printable, text.split("\n")))


def one_line(text: str) -> str:
    r"""Return a message of a server in one line, without control characters.

    A server lists several errors as lines that begin with a dash.

    >>> one_line('Errors:\n- a\n- b')
    'Errors: a; b'
    """
    joined = "; ".join(text.splitlines())
    return printable(joined.replace(":; - ", ": ")).replace("; - ", "; ")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shown(value: object) -> str:
    """Return any value for a message, shortened.

    >>> shown('a\x1b'), shown(42)
    ("'a\\\\x1b'", '42')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer with thousands of digits, deep nesting
        text = f"a value of type {type(value).__name__}"
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
