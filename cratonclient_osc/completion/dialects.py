# SPDX-License-Identifier: Apache-2.0
"""Functions for shells: a few statements, and their spelling in sh and fish.

A function has a state and any number of words as parameters. It returns one text. The
same statements make the functions of bash, zsh and fish, so that their logic stands in
one place: in ``lookups``.
"""

from __future__ import annotations

import dataclasses
import typing as t

#: The variables of a function: the state, the current word, and the command of the state.
STATE, WORD, COMMAND = "state", "word", "command"
#: Variables for texts: the options of all commands, and the words by which a state grows.
EVERYWHERE, GROWING = "everywhere", "growing"


@dataclasses.dataclass(frozen=True)
class Answer:
    """Set the answer of the function. A later answer replaces an earlier one.

    :param text: the answer. It may contain variables, such as ``$state``.
    """

    text: str


@dataclasses.dataclass(frozen=True)
class AnswerParent:
    """Set the answer to the state without its last word."""


@dataclasses.dataclass(frozen=True)
class Assign:
    """Assign a text to a variable.

    :param name: :data:`EVERYWHERE` or :data:`GROWING`.
    """

    name: str
    text: str


@dataclasses.dataclass(frozen=True)
class Switch:
    """Run the body of the first case with a pattern that matches a variable.

    :param subject: :data:`STATE`, :data:`WORD` or :data:`COMMAND`.
    :param cases: patterns with a body. A ``*`` in a pattern matches anything.
    """

    subject: str
    cases: list[Case]


@dataclasses.dataclass(frozen=True)
class IfAmong:
    """Run a body if the current word is one of the words in a variable."""

    name: str
    body: Body


@dataclasses.dataclass(frozen=True)
class EachWord:
    """Run a body for each word. The answer becomes the state before the next word."""

    body: Body


Statement = Answer | AnswerParent | Assign | Switch | IfAmong | EachWord
Body = list[Statement]
Case = tuple[list[str], Body]


def sh_function(name: str, body: Body) -> str:
    """Return a function for bash and zsh, which sets ``REPLY`` to its answer."""
    head = f"local state=$1 word {EVERYWHERE} {GROWING} command=${{1%% [_-]*}}"
    return "\n".join([f"{name}() {{", *_indented([head, *_sh_lines(body)]), "}\n"])


def _sh_lines(body: Body) -> t.Iterator[str]:
    """Yield the lines of a body for bash and zsh."""
    for statement in body:
        if isinstance(statement, Switch):
            yield f"case ${statement.subject} in"
            for case in statement.cases:
                yield from _sh_case(case)
            yield "esac"
        elif isinstance(statement, EachWord):
            # bash copies a function before each call. One call for all words is faster.
            ending = "state=$REPLY command=${REPLY%% [_-]*}"
            yield 'for word in "${@:2}"; do'
            yield from _indented([*_sh_lines(statement.body), ending])
            yield "done"
        elif isinstance(statement, Assign):
            yield f"{statement.name}='{statement.text}'"
        elif isinstance(statement, IfAmong):
            # No word of the variable is empty or contains spaces, but a typed word may.
            among = f'" ${statement.name} " = *" $word "*'
            yield f"if [[ -n $word && $word != *' '* && {among} ]]; then"
            yield from _indented(_sh_lines(statement.body))
            yield "fi"
        elif isinstance(statement, AnswerParent):
            yield "REPLY=${state% *}"
        else:
            yield f'REPLY="{statement.text}"'


def _sh_case(case: Case) -> list[str]:
    """Return the lines of a case of a switch for bash and zsh."""
    patterns, body = case
    head = f"{'|'.join(map(_sh_pattern, patterns))})"
    lines = [*_sh_lines(body)]
    if len(lines) <= 1:
        return [" ".join([head, *lines, ";;"])]
    return [head, *_indented(lines), "    ;;"]


def _sh_pattern(pattern: str) -> str:
    """Return a pattern with quotes where it needs them, but not around its stars.

    >>> _sh_pattern("craton host *"), _sh_pattern("--var")
    ("'craton host '*", '--var')
    """
    pieces = pattern.split("*")
    return "*".join(f"'{piece}'" if " " in piece else piece for piece in pieces)


#: The command of a state.
_FISH_COMMAND = "(string replace -r ' [_-].*' '' -- $state)"


def fish_function(name: str, body: Body) -> str:
    """Return a function for fish, which prints its answer."""
    lines = [
        f"set -l command {_FISH_COMMAND}",
        *(f"set -l {name}" for name in (EVERYWHERE, GROWING, "answer")),
        *_fish_lines(body),
        "echo $answer",
    ]
    head = f"function _{name} --argument-names state"
    return "\n".join([head, *_indented(lines), "end\n"])


def _fish_lines(body: Body) -> t.Iterator[str]:
    """Yield the lines of a body for fish."""
    for statement in body:
        if isinstance(statement, Switch):
            yield f"switch ${statement.subject}"
            for case in statement.cases:
                yield from _fish_case(case)
            yield "end"
        elif isinstance(statement, EachWord):
            ending = ["set state $answer", f"set command {_FISH_COMMAND}"]
            yield "for word in $argv[2..-1]"
            yield from _indented([*_fish_lines(statement.body), *ending])
            yield "end"
        elif isinstance(statement, Assign):
            yield f"set {statement.name} '{statement.text}'"
        elif isinstance(statement, IfAmong):
            words = f"(string split --no-empty ' ' -- ${statement.name})"
            yield f"if contains -- $word {words}"
            yield from _indented(_fish_lines(statement.body))
            yield "end"
        elif isinstance(statement, AnswerParent):
            yield "set answer (string replace -r ' [^ ]*$' '' -- $state)"
        else:
            yield f'set answer "{statement.text}"'


def _fish_case(case: Case) -> list[str]:
    """Return the lines of a case of a switch for fish."""
    patterns, body = case
    head = f"case {' '.join(map(_fish_pattern, patterns))}"
    lines = [*_fish_lines(body)]
    return ["; ".join([head, *lines])] if len(lines) <= 1 else [head, *_indented(lines)]


def _fish_pattern(pattern: str) -> str:
    """Return a pattern with quotes where it needs them."""
    # Outside quotes fish would look for files that match.
    return f"'{pattern}'" if " " in pattern or "*" in pattern else pattern


def _indented(lines: t.Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
