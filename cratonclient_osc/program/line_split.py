# SPDX-License-Identifier: Apache-2.0
"""A line of a session, split into words as a shell would.

Quotes, backslashes and comments mean what they mean in a shell. What else a
shell would obey, such as ``|`` and ``>``, is refused unless it is quoted: to
take it for text would do something else than what was typed.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from cratonclient_osc.output import exit_status

#: What is quoted, in one piece.
_QUOTED = r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\""""
#: All before a comment: a ``#`` within a word begins none.
_BEFORE_COMMENT = re.compile(rf"(?:{_QUOTED}|[^#]|(?<=\S)#)*", re.DOTALL)
_OPERATOR = re.compile(r"[|&;<>]|^\s*!")
_WORD = rf"""(?:{_QUOTED}|[^\s'"\\])*"""
#: Complete words, and the last one, which may lack the second of its quotes. (There is
#: one way to match it. Possessive quantifiers would say so, but match something else in
#: the first releases of Python 3.11.)
_UNFINISHED = re.compile(
    rf"""((?:{_WORD}\s)*)({_WORD}(?:'[^']*|"(?:\\.|[^"\\])*\\?|\\)?)""", re.DOTALL
)


def split(line: str) -> list[str]:
    """Split a line into words.

    :raises cratonclient_osc.output.exit_status.UsageError: for a quote without its fellow,
        and for what a shell would obey and this does not.

    >>> split("cloud create 'a b'  # the second")
    ['cloud', 'create', 'a b']
    """
    found = _BEFORE_COMMENT.match(line)
    line = found[0] if found else line
    operator = _OPERATOR.search(re.sub(_QUOTED, "_", line))
    if operator:
        raise exit_status.UsageError(
            f"{operator[0].strip()!r} has no meaning here: this is no shell. "
            "Quote it if it belongs to a word."
        )
    try:
        return shlex.split(line)
    except ValueError as exc:
        raise exit_status.UsageError(f"The line does not end where it should: {exc}.") from None


class Unfinished(t.NamedTuple):
    """A line that is being typed: its words but the last, and that one.

    :param words: the words that are complete.
    :param last: the one at the cursor, without quotes.
    :param typed: the same, as it was typed.
    """

    words: list[str]
    last: str
    typed: str


def unfinished(text: str) -> Unfinished | None:
    """Split what stands before the cursor; ``None`` if it makes no sense.

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
