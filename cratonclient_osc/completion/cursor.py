# SPDX-License-Identifier: Apache-2.0
"""The word at the cursor: the values that fit there, and the candidates for it."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t

from cratonclient_osc.completion.automaton import Automaton
from cratonclient_osc.completion.grammar import NAME_OF, NOTHING, ONE_OF, SOME_OF, one_of
from cratonclient_osc.completion.names_command import NAMES_COMMAND

#: This program. ``-P`` keeps Python from importing modules of the current directory.
_CRATON = (sys.executable, "-P", "-m", "cratonclient_osc")


class Expected(t.NamedTuple):
    """The values that fit at the cursor.

    :param takes: values, in the notation of ``grammar``.
    :param kept: part of the typed word before the value, such as ``--region=``.
    """

    takes: str
    kept: str


def expected(automaton: Automaton, words: list[str], typed: str) -> Expected:
    """Return the values that fit at the cursor.

    ``scripts/cursor.sh`` and ``scripts/craton.fish`` do the same in the shells.

    :param words: words before the cursor, without the name of the program.
    :param typed: word at the cursor, as far as it is typed.
    """
    state, open_to_options = automaton.after(words)
    takes, kept = automaton.takes(state), ""
    if not open_to_options and automaton.begins_command(state):
        takes = NOTHING
    asks_for_option = open_to_options and typed.startswith("-")
    options = automaton.options(state) if asks_for_option else []
    if options and "=" in typed:
        option, _, _ = typed.partition("=")
        waiting = automaton.step(state, option)
        takes = automaton.takes(waiting) if waiting != state else NOTHING
        kept = f"{option}="
    elif options:
        takes = one_of(sorted(options))
    if takes.startswith(SOME_OF):
        return Expected(ONE_OF + takes[1:], typed[: typed.rfind(",") + 1] or kept)
    return Expected(takes, kept)


def candidates(takes: str, begin: str, app: t.Any) -> list[str]:
    """Return the words that fit at the cursor. A subprocess requests names of objects.

    :param takes: values, in the notation of ``grammar``.
    :param begin: beginning of the words.
    :param app: application with the global options, which name the server.
    :raises OSError: if the subprocess cannot be started.
    :raises subprocess.SubprocessError: if the subprocess takes too long.
    """
    if takes.startswith(ONE_OF):
        return [word for word in takes[1:].split() if word.startswith(begin)]
    return _names(takes[1:], begin, app) if takes.startswith(NAME_OF) else []


def _names(collection: str, begin: str, app: t.Any) -> list[str]:
    """Return the names in a collection that begin with a text."""
    given = vars(app.options)
    known = [(n, v) for n, v in given.items() if n.startswith(("craton_", "os_"))]
    # Pass options in the environment: other users can read command lines, with secrets.
    environment = {n.upper(): str(v) for n, v in known if v}
    words = ["--insecure"] if given["insecure"] else []
    done = subprocess.run(  # noqa: S603  # this program, without a shell
        [*_CRATON, NAMES_COMMAND, *words, "--", collection, begin],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5,
    )
    return done.stdout.splitlines()
