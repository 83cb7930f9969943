# SPDX-License-Identifier: Apache-2.0
"""Topics of the help: commands, and the words that commands begin with, such as objects."""

from __future__ import annotations

import itertools
import typing as t

from cratonclient.printable import printable

#: Words that other tools use, and the ones that mean the same here.
_SYNONYMS = {
    "ls": "list",
    "get": "show",
    "describe": "show",
    "add": "create",
    "new": "create",
    "update": "set",
    "edit": "set",
    "remove": "delete",
    "rm": "delete",
    "del": "delete",
    "vars": "variable",
    "variables": "variable",
}
#: How similar a suggestion must be, from 0 to 1, and how much less than the best one.
_SIMILAR, _LESS_THAN_BEST = 0.6, 0.15


def words_of(argv: t.Iterable[str]) -> list[str]:
    """Return the words at the beginning of a command line, up to its first option."""
    return [*itertools.takewhile(lambda word: not word.startswith("-"), argv)]


def commands_of(words: t.Sequence[str], names: t.Iterable[str]) -> list[str]:
    """Return the commands that begin with some words, such as those of an object.

    >>> commands_of(["host", "variable"], ["host list", "host variable set"])
    ['host variable set']
    """
    return [name for name in names if words and name.split()[: len(words)] == [*words]]


def unknown(words: t.Sequence[str], names: t.Sequence[str]) -> str:
    """Return the error message for words that are not a command.

    It names similar commands, or the commands that begin with the words.

    >>> unknown(["hots", "list"], ["host list", "host show"])
    "'hots list' is not a command. Did you mean: host list? See 'craton --help'."
    """
    known = max(n for n in range(len(words) + 1) if n == 0 or commands_of(words[:n], names))
    begin = words[:known]
    longer = commands_of(begin, names) if begin else names
    typed = printable(" ".join(words[: known + 3]))
    see = f"'craton help {' '.join(begin)}' and " if begin else ""
    if known == len(words):
        hint = f" Its commands: {', '.join(longer)}."
    else:
        rest = [name.split()[known:] for name in longer]
        similar = [" ".join((*begin, *found)) for found in _suggested(words[known:], rest)]
        hint = f" Did you mean: {', '.join(similar)}?" if similar else ""
    return f"{typed!r} is not a command.{hint} See {see}'craton --help'."


def _suggested(
    words: t.Sequence[str], known: t.Sequence[t.Sequence[str]]
) -> list[tuple[str, ...]]:
    """Return similar commands. If the first word is a verb, it may stand after the object.

    >>> _suggested(["list", "hosts"], [("host", "list")])
    [('host', 'list')]
    """
    ordered = words
    if _SYNONYMS.get(words[0], words[0]) in {sequence[-1] for sequence in known if sequence}:
        has_two = any([*words[1:3]] == [*sequence[:2]] for sequence in known)
        end = 3 if has_two else 2
        ordered = [*words[1:end], words[0]]
    return _similar(ordered, known) or _similar(words, known)


def _similar(
    words: t.Sequence[str], known: t.Iterable[t.Sequence[str]]
) -> list[tuple[str, ...]]:
    """Return up to three sequences of words that are similar, or beginnings of them."""
    import difflib

    parts = [part for word in words for part in word.split("-")]
    typed = [_SYNONYMS.get(part, part) for part in parts]
    ratios: dict[tuple[str, ...], float] = {}
    for sequence in known:
        for end in range(1, min(len(sequence), len(typed)) + 1):
            pair = " ".join(typed[:end]), " ".join(sequence[:end])
            ratios[tuple(sequence[:end])] = difflib.SequenceMatcher(None, *pair).ratio()
    least = max([_SIMILAR, *(ratio - _LESS_THAN_BEST for ratio in ratios.values())])
    found = [one for one, ratio in ratios.items() if ratio >= least]
    longest = [one for one in found if not any(one == b[: len(one)] for b in found if b != one)]
    return sorted(longest, key=lambda one: (-ratios[one], one))[:3]
