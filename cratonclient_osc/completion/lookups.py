# SPDX-License-Identifier: Apache-2.0
"""The automaton as functions for shells, which look up a state.

===============================  ========================================
``_craton_step STATE WORD...``   the state after some words
``_craton_takes STATE``          values that may follow, but not options
``_craton_options STATE``        options that may follow
===============================  ========================================

The functions are small, because options of all commands are written once, and where
most commands have the same answer, only the exceptions are listed. An excerpt::

    _craton_takes() {
        REPLY=""
        case $state in
        *' -'*)                        # an option waits for its value
            REPLY="*"
            case $state in
            *' --cloud')
                REPLY="@clouds"
                case $command in
                'craton network interface list'|...) REPLY="*" ;;
                esac
                ;;
            ...
        'craton host show'|'craton host set'|...) REPLY="@hosts" ;;
"""

from __future__ import annotations

import collections
import typing as t

from cratonclient_osc.completion.automaton import ARGUMENT, Automaton
from cratonclient_osc.completion.dialects import (
    COMMAND,
    EVERYWHERE,
    GROWING,
    STATE,
    WORD,
    Answer,
    AnswerParent,
    Assign,
    Body,
    Case,
    EachWord,
    IfAmong,
    Switch,
)
from cratonclient_osc.completion.grammar import ANYTHING, NOTHING, Grammar

#: Grammars by command, as in ``Automaton.grammars``.
Grammars = dict[str, Grammar]

#: The states in which an option waits for its value.
_WAITING = "* -*"
#: The step for words that stay in the state.
_LONGER: Body = [Answer("$state $word")]


def functions(automaton: Automaton) -> dict[str, Body]:
    """Return the functions for an automaton, by name."""
    grammars = automaton.grammars
    return {
        "_craton_step": _step(grammars),
        "_craton_takes": _takes(grammars),
        "_craton_options": _options(grammars),
    }


def _step(grammars: Grammars) -> Body:
    """Return the function that finds the state after some words."""
    words = {state: tuple(sorted(found.words)) for state, found in grammars.items()}
    everywhere, own = _shared(
        {
            command: [option for option, takes in found.options.items() if takes]
            for command, found in grammars.items()
        }
    )
    option: Body = [Answer("$state"), Switch(COMMAND, _cases(own, _growing))]
    step: Body = [
        Assign(GROWING, ""),
        Answer(f"$state {ARGUMENT}"),
        Switch(STATE, _cases(words, _growing)),
        Switch(WORD, [(["-"], []), (everywhere, _LONGER), (["-*"], option)]),
        IfAmong(GROWING, _LONGER),
        # After an option with a value, even a word such as "--region" is the value.
        Switch(STATE, [([_WAITING], [AnswerParent()])]),
    ]
    return [Answer("$state"), EachWord(step)]


def _growing(words: tuple[str, ...]) -> Body:
    """Return the statement that sets the words by which a state grows."""
    return [Assign(GROWING, " ".join(words))] if words else []


def _takes(grammars: Grammars) -> Body:
    """Return the function that finds the values that may follow a state."""
    waiting: list[Case] = []
    for options, table in _by_option(grammars):
        usual = collections.Counter(table.values()).most_common(1)[0][0]
        cases = _cases({c: takes for c, takes in table.items() if takes != usual}, _answer)
        body: Body = [Answer(usual), *([Switch(COMMAND, cases)] if cases else [])]
        if body != [Answer(ANYTHING)]:
            waiting.append(([f"* {option}" for option in options], body))
    arguments = {
        pattern: takes
        for state, found in grammars.items()
        for pattern, takes in _arguments(state, found)
        if takes != NOTHING
    }
    value: Body = [Answer(ANYTHING), Switch(STATE, waiting)]
    return [
        Answer(NOTHING),
        Switch(STATE, [([_WAITING], value), *_cases(arguments, _answer)]),
    ]


def _by_option(grammars: Grammars) -> list[tuple[list[str], dict[str, str]]]:
    """Return groups of options that take the same values, with the values by command."""
    tables: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for command, grammar in grammars.items():
        for option, takes in grammar.options.items():
            if takes != NOTHING:
                tables[option][command] = takes
    found: list[tuple[list[str], dict[str, str]]] = []
    for option, table in sorted(tables.items(), key=lambda item: -len(item[1])):
        for others, known in found:
            # A smaller table fits into a larger one: no step leads to an option that a
            # command does not have, so its answer does not matter there.
            if table.items() <= known.items():
                others.append(option)
                break
        else:
            found.append(([option], table))
    return found


def _arguments(state: str, grammar: Grammar) -> t.Iterator[tuple[str, str]]:
    """Yield patterns for the states of a command, with the values of the next argument."""
    for count, takes in enumerate(grammar.arguments):
        yield state + f" {ARGUMENT}" * count, takes
    if grammar.repeats:
        yield state + f" {ARGUMENT}" * len(grammar.arguments) + "*", grammar.arguments[-1]


def _options(grammars: Grammars) -> Body:
    """Return the function that finds the options that may follow a state."""
    everywhere, own = _shared({command: [*g.options] for command, g in grammars.items()})
    texts = {c: " ".join([*options, f"${EVERYWHERE}"]) for c, options in own.items() if options}
    return [
        Assign(EVERYWHERE, " ".join(everywhere)),
        Answer(f"${EVERYWHERE}"),
        Switch(COMMAND, _cases(texts, _answer)),
        Switch(STATE, [([_WAITING], [Answer("")])]),
    ]


def _shared(table: dict[str, list[str]]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return the items that all rows have in common, and the other items of each row."""
    common = set.intersection(*map(set, table.values()))
    first = next(iter(table.values()))
    own = {name: tuple(one for one in row if one not in common) for name, row in table.items()}
    return [one for one in first if one in common], own


Value = t.TypeVar("Value", bound=t.Hashable)


def _cases(table: dict[str, Value], body: t.Callable[[Value], Body]) -> list[Case]:
    """Return the cases of a switch, one for each value of a table.

    :param table: values by pattern.
    :param body: function that returns the statements for a value.
    """
    patterns: dict[Value, list[str]] = {}
    for pattern, value in table.items():
        patterns.setdefault(value, []).append(pattern)
    cases = ((found, body(value)) for value, found in patterns.items())
    return [case for case in cases if case[1]]


def _answer(text: str) -> Body:
    return [Answer(text)]
