# SPDX-License-Identifier: Apache-2.0
"""Split lines of the interactive session into words, as a POSIX shell does.

Quotes, backslashes and comments mean the same as in a shell. Unquoted shell operators,
such as ``|`` and ``>``, are refused, because the session does not implement them.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from cratonclient_osc.output import exit_status

#: A quoted part of a word: an escaped character, or a string in quotes.
_QUOTED = r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\""""
#: The text before a comment. A ``#`` inside a word does not start a comment.
_BEFORE_COMMENT = re.compile(rf"(?:{_QUOTED}|[^#]|(?<=\S)#)*", re.DOTALL)
_OPERATOR = re.compile(r"[|&;<>]|^\s*!")
_WORD = rf"""(?:{_QUOTED}|[^\s'"\\])*"""
#: Group 1: complete words. Group 2: the last word, which may lack its closing quote. The
#: pattern is unambiguous, so it does not backtrack exponentially. It avoids possessive
#: quantifiers because the first releases of Python 3.11 match them wrongly.
_UNFINISHED = re.compile(
    rf"""((?:{_WORD}\s)*)({_WORD}(?:'[^']*|"(?:\\.|[^"\\])*\\?|\\)?)""", re.DOTALL
)


def split(line: str) -> list[str]:
    """Split a complete line into words, and remove quotes and comments.

    :raises cratonclient_osc.output.exit_status.UsageError: if the line has an unclosed
        quote or an unquoted shell operator.

    >>> split("cloud create 'a b'  # the second")
    ['cloud', 'create', 'a b']
    """
    found = _BEFORE_COMMENT.match(line)
    line = found[0] if found else line
    operator = _OPERATOR.search(re.sub(_QUOTED, "_", line))
    if operator:
        raise exit_status.UsageError(
            f"Shell operator {operator[0].strip()!r} is not supported here. Quote it if it "
            "is part of a word."
        )
    try:
        return shlex.split(line)
    except ValueError as exc:
        raise exit_status.UsageError(f"Cannot split the line into words: {exc}.") from None


class Unfinished(t.NamedTuple):
    """An incomplete line: the text before the cursor.

    :param words: the complete words.
    :param last: the word at the cursor, without quotes; empty after a blank.
    :param typed: the word at the cursor as typed, with quotes.
    """

    words: list[str]
    last: str
    typed: str


def unfinished(text: str) -> Unfinished | None:
    """Split the text before the cursor into words.

    :returns: the words; ``None`` if the complete words are invalid, as for :func:`split`.

    >>> unfinished('cloud show "a b')
    Unfinished(words=['cloud', 'show'], last='a b', typed='"a b')
    """
    found = _UNFINISHED.fullmatch(text)
    if not found:
        return None
    before, typed = found.groups()
    try:
        words = split(before)
    except exit_status.UsageError:
        return None
    for end in ("", "'", '"'):
        try:
            last = shlex.split(typed.removesuffix("\\") + end)
        except ValueError:
            continue
        return Unfinished(words, last[0] if last else "", typed)
    return None
