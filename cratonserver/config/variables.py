# SPDX-License-Identifier: Apache-2.0
"""Environment variables that look like settings of the server, but are not.

Other programs may share the environment. So a variable is refused only if it can hardly
mean anything else than a setting of this server.
"""

from __future__ import annotations

import difflib
import os
import typing as t

from cratonserver.config import suggestions

#: How similar a section must be to one of the server's, from 0 to 1.
_SIMILAR = 0.75

#: How similar a variable with one underscore in place of two must be.
_ALMOST_SAME = 0.9

#: Names of options by section; ``None`` for a section that is not read.
Sections = t.Mapping[str, t.Collection[str] | None]


def variable_of(section: str, name: str) -> str:
    """Return the environment variable of a setting.

    >>> variable_of('limits', 'body_size')
    'OS_LIMITS__BODY_SIZE'
    """
    return f"OS_{section}__{name}".upper()


def unread(sections: Sections) -> t.Iterator[str]:
    """Yield an error message for each variable that nobody reads.

    :param sections: the names of the options that the server reads.
    """
    found = (variable_of(s, n) for s, names in sections.items() for n in names or ())
    known = dict.fromkeys(found)
    ignored = tuple(variable_of(s, "") for s, names in sections.items() if names is None)
    # A single underscore in place of two.
    joined = {variable.replace("__", "_", 1): variable for variable in known}
    for variable in sorted(os.environ):
        if variable in known or variable.startswith(ignored or "-"):
            continue
        if variable.startswith("OS_") and "__" in variable:
            if _is_meant(variable, sections):
                yield f"{variable}: there is no such setting{_hint(variable, known)}"
        elif close := difflib.get_close_matches(variable, joined, 1, cutoff=_ALMOST_SAME):
            yield f"{variable} is not read; did you mean {joined[close[0]]!r}?"


def misspelled(variable: str) -> str:
    """Return an error message if the environment has a misspelling of a variable, else ``""``.

    Call this only if the variable is not set, and if nothing else has its value.

    >>> misspelled('CRATON_DATABASE')
    "CRATON_DATABSE is not read; did you mean 'CRATON_DATABASE'?"
    """
    others = [name for name in os.environ if name.startswith("CRATON_")]
    found = difflib.get_close_matches(variable, others, 1, cutoff=0.85)
    return f"{found[0]} is not read; did you mean {variable!r}?" if found else ""


def _is_meant(variable: str, sections: Sections) -> bool:
    """Return True if a variable is similar to a section or an option of the server."""
    section, _, name = variable.removeprefix("OS_").lower().partition("__")
    names = {name for found in sections.values() for name in found or ()}
    own = [one.lower() for one in sections]
    return name in names or bool(difflib.get_close_matches(section, own, 1, cutoff=_SIMILAR))


def _hint(variable: str, known: t.Iterable[str]) -> str:
    """Return the end of a message: a similar variable, or the variables of the section."""
    prefix, _, name = variable.upper().partition("__")
    by_name = {name: f"{section}__{name}" for section, _, name in map(_parted, known)}
    in_section = {n: full for n, full in by_name.items() if full.startswith(f"{prefix}__")}
    found = by_name.get(name) or in_section.get(suggestions.similar(name, in_section), "")
    if not found and not in_section:
        found = suggestions.similar(variable.upper(), by_name.values())
    has = f"[{prefix.removeprefix('OS_').lower()}] has"
    return suggestions.did_you_mean(found, has, [*in_section.values()])


def _parted(variable: str) -> tuple[str, str, str]:
    return variable.partition("__")
