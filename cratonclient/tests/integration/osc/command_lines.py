# SPDX-License-Identifier: Apache-2.0
"""Command lines to complete, each with a word that is being typed."""

from __future__ import annotations

import random
import typing as t

from cratonclient_osc.completion.automaton import START, Automaton
from cratonclient_osc.program import shell

#: Words that are no command, in places where a shell might obey or split them.
STRANGE = (
    "prod",
    "two words",
    "create delete",
    "--cloud --region",
    "-",
    "--",
    "--bogus",
    "--bogus=1",
    "--region=a b",
    "--format=js",
    "-f=v",
    "*",
    "--*",
    "-?",
    "[a-z]*",
    "_",
    "$(exit)",
    "back\\slash",
    "it's",
    "",
    "a,b",
    "--sort=id,na",
    "help",
    "list",
)


class Line(t.NamedTuple):
    """The words before the cursor, and the one at the cursor as far as it is typed."""

    words: list[str]
    typed: str


def automaton() -> Automaton:
    """Return the automaton of ``craton``."""
    app: t.Any = shell.Shell()
    app.options = None
    return Automaton(app)


def every_state(known: Automaton) -> t.Iterator[Line]:
    """Yield a line for every command, each of its own options, and all global options."""
    everywhere = known.grammars[START].options
    for state, found in known.grammars.items():
        words = state.split()[1:]
        for given in ([], ["prod"], ["prod", "test"]):
            yield Line([*words, *given], "")
        yield Line(words, "-")
        for option in found.options:
            if option not in everywhere or state == START:
                yield Line([*words, option], "")
                yield Line(words, f"{option}=")


def at_random(known: Automaton, count: int) -> t.Iterator[Line]:
    """Yield lines of words that are often, but not always, those of commands."""
    choose = random.Random(2017)  # the same lines in every run
    for _ in range(count):
        state = START
        words = []
        for _ in range(choose.randrange(8)):
            word = _word(known, state, choose)
            words.append(word)
            state = known.step(state, word)
        yield Line(words, _word(known, state, choose)[: choose.randrange(12)])


def _word(known: Automaton, state: str, choose: random.Random) -> str:
    """Return a word that may follow a state, or a strange one."""
    takes = known.takes(state)
    expected = takes[1:].split() if takes[:1] in ("=", ",") else []
    groups = [group for group in (expected, expected, known.options(state)) if group]
    return choose.choice(choose.choice([*groups, STRANGE]))
