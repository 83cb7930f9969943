# SPDX-License-Identifier: Apache-2.0
"""Suggest the known name that is nearest to an unknown one."""

from __future__ import annotations

import typing as t


def did_you_mean(word: str, known: t.Iterable[str]) -> str:
    """Return a suggestion to append to an error message, or an empty string.

    >>> did_you_mean('nmae', ['id', 'name'])
    ' Did you mean name?'
    """
    import difflib

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=1)
    return f" Did you mean {by_lower[close[0]]}?" if close else ""
