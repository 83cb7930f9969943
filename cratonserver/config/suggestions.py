# SPDX-License-Identifier: Apache-2.0
"""Ends of messages about unknown names: a similar name, or the names that there are."""

from __future__ import annotations

import difflib
import typing as t

#: Longer lists of names do not help.
_LONGEST_LIST = 12


def similar(name: str, known: t.Iterable[str]) -> str:
    """Return the known name that is most similar, or an empty string.

    >>> similar('thread', ['listen', 'threads'])
    'threads'
    """
    found = difflib.get_close_matches(name, [*known], 1)
    return found[0] if found else ""


def did_you_mean(found: str, says: str, known: t.Collection[str]) -> str:
    """Return the end of a message, with one name or with all names.

    :param found: a similar name, or an empty string.
    :param says: words before the list of all names.
    :param known: all names. A long list is left out.

    >>> did_you_mean('threads', 'it has', ['listen', 'threads'])
    "; did you mean 'threads'?"
    >>> did_you_mean('', 'it has', ['listen', 'threads'])
    '; it has listen, threads'
    """
    if found:
        return f"; did you mean {found!r}?"
    return f"; {says} {', '.join(known)}" if 0 < len(known) <= _LONGEST_LIST else ""
