# SPDX-License-Identifier: Apache-2.0
"""The order of texts that look like versions: ``5.9`` is before ``5.10``.

A text looks like a version if it begins with a digit, or with ``v`` and a digit, and has
only letters and digits of ASCII and ``. - + _ ~ :``. It has three parts:

1. The release: numbers that are joined by dots. Zeros at its end do not count, so ``5.10`` and
   ``5.10.0`` are equal.
2. The words and numbers after it. ``dev``, ``alpha``, ``beta``, ``pre`` and ``rc`` are before
   the release, and so is ``~``. ``a``, ``b`` and ``c`` are, too, if a number follows. Other
   words are after the release: ``5.10-generic`` is after ``5.10``, and ``1.1.1k`` after
   ``1.1.1``.
3. The end.

``packaging.version`` refuses the versions of kernels and of packages, such as
``5.10.0-8-amd64`` and ``1.2.3-1ubuntu2``. The rules agree with it where it accepts a text,
except that a build after ``+`` counts as any other word, and that there are no epochs.
"""

from __future__ import annotations

import functools
import re

#: The maximum length of a version, which bounds the time of a comparison.
MAX_LENGTH = 128

_VERSION = re.compile(r"[vV]?([0-9]+(?:\.[0-9]+)*)([0-9A-Za-z.+_~:-]*)")
_PART = re.compile(r"[0-9]+|[A-Za-z]+|~")
#: The order of what can follow a release. Numbers are after all words.
_RANKS = {"~": 0, "dev": 1, "alpha": 2, "a": 2, "beta": 3, "b": 3}
_RANKS.update(dict.fromkeys(("pre", "preview", "rc", "c"), 4))
_END, _WORD, _NUMBER = 5, 6, 7
#: Words that are before the release only if a number follows.
_LETTERS = frozenset("abc")

_Part = tuple[int, int, str]
#: Keys of versions, which Python compares.
Key = tuple[tuple[int, ...], tuple[_Part, ...]]


@functools.lru_cache(maxsize=4096)
def key(text: str) -> Key | None:
    """Return the key that orders a text as a version, ``None`` if it does not look like one.

    >>> key('5.9') < key('5.10'), key('1.2.0-rc1') < key('1.2'), key('5.10') == key('v5.10.0')
    (True, True, True)
    >>> key('web-1') is None
    True
    """
    found = _VERSION.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if not found:
        return None
    release = [int(number) for number in found[1].split(".")]
    while release and not release[-1]:
        release.pop()
    words = _PART.findall(found[2])
    following = [*words[1:], ""]
    parts = [_part(*pair) for pair in zip(words, following, strict=False)]
    return tuple(release), (*parts, (_END, 0, ""))


def _part(word: str, following: str) -> _Part:
    """Return the key of one part after the release.

    :param word: the part.
    :param following: the part after it, or nothing.
    """
    if word.isdigit():
        return _NUMBER, int(word), ""
    lower = word.lower()
    if lower in _LETTERS and not following.isdigit():
        return _WORD, 0, lower
    rank = _RANKS.get(lower, _WORD)
    return rank, 0, lower if rank == _WORD else ""
