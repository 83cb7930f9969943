# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of clients, which search a text in linear time.

The library is RE2. It has no back-references and no look-around, which need exponential time.
Its memory is bounded, and so are the time to compile an expression and the number of
repetitions in it.
"""

from __future__ import annotations

import typing as t

#: The maximum length of an expression, in characters, and of the memory of a compiled one, in
#: bytes.
MAX_LENGTH, _MAX_MEMORY = 256, 2**20

#: A function that returns True if a text contains a match.
Search = t.Callable[[str], bool]


def compile(pattern: str) -> Search:
    """Return a function that searches a text.

    :param pattern: the regular expression.
    :raises ValueError: if it is not valid, or too large. The message is the reason.

    >>> compile('^web')('web-1'), compile('^web')('old-web')
    (True, False)
    """
    import re2  # takes time to import, and most requests need none

    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH} characters")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as exc:
        (reason,) = exc.args
        raise ValueError(
            reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        ) from None
    return lambda text: compiled.search(text) is not None
