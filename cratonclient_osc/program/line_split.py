# SPDX-License-Identifier: Apache-2.0
"""Split lines of the interactive session into words, as a POSIX shell does.

Quotes, backslashes and comments mean the same as in a shell, and so do ``> FILE``,
``>> FILE`` and ``| COMMAND``. Other unquoted shell operators, such as ``;`` and ``<``, are
refused, because the session does not implement them. An unquoted ``?`` at the beginning or at
the end of a command asks for help.
"""

from __future__ import annotations

import os
import re
import shlex
import typing as t

from cratonclient_osc.output import exit_status

#: A quoted part of a word: an escaped character, or a string in quotes.
_QUOTED = r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\""""
#: The text before a comment. A ``#`` inside a word does not start a comment.
_BEFORE_COMMENT = re.compile(rf"(?:{_QUOTED}|[^#]|(?<=\S)#)*", re.DOTALL)
#: A line with its end. A newline in quotes or after a backslash does not end it.
_LINE = re.compile(rf"""(?:{_QUOTED}|(?<!\S)\#[^\n]*|(?<=\S)\#|[^'"\\#\n])*\n""", re.DOTALL)
#: A question mark at the beginning or at the end of a command: it asks for help.
_ASKS = re.compile(r"^\s*(?:openstack\s+)?(?:craton\s+)?\?|(?:^|\s)\?\s*$")
_OPERATOR = re.compile(r"(?:(?<!\S)\d+)?>>?[&|]?|\|[|&]?|[&;<]|^\s*!")
_WORD = rf"""(?:{_QUOTED}|[^\s'"\\])*"""
#: Group 1: complete words. Group 2: the last word, which may lack its closing quote. The
#: pattern is unambiguous, so it does not backtrack exponentially. It avoids possessive
#: quantifiers because the first releases of Python 3.11 match them wrongly.
_UNFINISHED = re.compile(
    rf"""((?:{_WORD}\s)*)({_WORD}(?:'[^']*|"(?:\\.|[^"\\])*\\?|\\)?)""", re.DOTALL
)


class Output(t.NamedTuple):
    """Where the output of a line goes.

    :param operator: ``'>'``, ``'>>'`` or ``'|'``.
    :param target: the path of the file, or the command of the shell.
    """

    operator: str
    target: str


class Line(t.NamedTuple):
    """A complete line.

    :param words: the words of the command, without quotes.
    :param output: where its output goes; ``None`` for standard output.
    """

    words: list[str]
    output: Output | None = None


def parse(line: str) -> Line:
    """Split a complete line into the words of its command and the target of its output.

    :raises cratonclient_osc.output.exit_status.UsageError: if the line has an unclosed
        quote, or an unquoted shell operator that the session does not implement.

    >>> parse("host list > 'my hosts'")
    Line(words=['host', 'list'], output=Output(operator='>', target='my hosts'))
    >>> parse("host list ?").words
    ['help', 'host', 'list']
    """
    line = _without_comment(line)
    found = _operator(line)
    if not found:
        return Line(_command(line))
    before, after = line[: found.start()], line[found.end() :]
    if found[0] in (">", ">>", "|") and not before.strip():
        raise exit_status.UsageError(f"A command is missing before {found[0]!r}.")
    if found[0] == "|":
        if not after.strip():
            raise exit_status.UsageError("A command is missing after '|'.")
        return Line(_command(before), Output("|", after.strip()))
    if found[0] not in (">", ">>"):
        raise _unsupported(found[0])
    gap, target = re.findall(r"^(\s*)([^\s|&;<>]*)", _masked(after))[0]
    begin, end = len(gap), len(gap + target)
    words = _command(f"{before} {after[end:]}")
    return Line(words, Output(found[0], _file(after[begin:end])))


def _command(text: str) -> list[str]:
    """Split a command into words. If a ``?`` asks for help, return the words of ``help``."""
    words = split(text)
    if not _ASKS.search(_masked(text)):
        return words
    words = command_words(words)
    topic = (words[0].removeprefix("?"), *words[1:])
    return ["help", *(word for word in topic if word not in ("?", ""))]


def command_words(words: list[str]) -> list[str]:
    """Return the words of a command without the name of the program before them.

    Examples and messages name the program, and users paste them into a session.

    >>> command_words(["craton", "host", "list"])
    ['host', 'list']
    """
    if words[:2] == ["openstack", "craton"]:
        return words[2:]
    return words[1:] if words[:1] == ["craton"] else words


def split(line: str) -> list[str]:
    """Split a complete line without operators into words, and remove quotes and comments.

    :raises cratonclient_osc.output.exit_status.UsageError: if the line has an unclosed
        quote or an unquoted shell operator.

    >>> split("cloud create 'a b'  # the second")
    ['cloud', 'create', 'a b']
    """
    line = _without_comment(line)
    found = _operator(line)
    if found:
        raise _unsupported(found[0])
    return _words(line)


def lines(text: str) -> tuple[list[str], str]:
    """Split a text into lines. A newline in quotes or after a backslash ends no line.

    :returns: the complete lines that are not empty, and the text after the last one.

    >>> lines("cloud list\\ncloud set a --note 'b\\nc'\\nhost")
    (['cloud list', "cloud set a --note 'b\\nc'"], 'host')
    """
    found, end = [], 0
    while match := _LINE.match(text, end):
        found.append(match[0].removesuffix("\n"))
        end = match.end()
    return [line for line in found if line.strip()], text[end:]


def is_complete(text: str) -> bool:
    """Return True if a newline after the text would end its last line."""
    return not lines(f"{text}\n")[1]


def _without_comment(line: str) -> str:
    """Remove the comment at the end of a line."""
    found = _BEFORE_COMMENT.match(line)
    return found[0] if found else line


def _masked(line: str) -> str:
    """Return a line of the same length without the characters that are quoted."""
    return re.sub(_QUOTED, lambda found: "_" * len(found[0]), line, flags=re.DOTALL)


def _operator(line: str) -> re.Match[str] | None:
    """Return the first unquoted shell operator of a line."""
    return _OPERATOR.search(_masked(line))


def _unsupported(operator: str) -> exit_status.UsageError:
    return exit_status.UsageError(
        f"Shell operator {operator.strip()!r} is not supported here. Quote it if it "
        "is part of a word."
    )


def _words(line: str) -> list[str]:
    """Split a line without operators into words."""
    try:
        return shlex.split(re.sub(_QUOTED, _continued, line, flags=re.DOTALL))
    except ValueError as exc:
        raise exit_status.UsageError(f"Cannot split the line into words: {exc}.") from None


def _continued(quoted: re.Match[str]) -> str:
    """Remove line continuations, that is, newlines after a backslash."""
    text = quoted[0]
    if text.startswith("'"):
        return text
    return re.sub(
        r"\\(.)", lambda found: found[0] if found[1] != "\n" else "", text, flags=re.S
    )


def _file(text: str) -> str:
    """Return the path of a file that the output goes to.

    A ``~`` at the beginning is the home folder, as in a shell.

    :raises cratonclient_osc.output.exit_status.UsageError: if it is missing, or if a shell
        would replace a part of it.
    """
    if re.search(r"[$`*?\[]", _masked(text)) or "$" in re.sub(r"\\.|'[^']*'", "", text):
        raise exit_status.UsageError(
            f"{text}: the session does not replace variables and patterns in the names of "
            "files. Write the whole name, or put it in single quotes."
        )
    path = "".join(_words(text))
    if not path:
        raise exit_status.UsageError("The name of a file is missing after '>'.")
    return os.path.expanduser(path) if text.startswith("~") else path


class Unfinished(t.NamedTuple):
    """An incomplete line: the text before the cursor.

    :param words: the complete words.
    :param last: the word at the cursor, without quotes; empty after a blank.
    :param typed: the word at the cursor as typed, with quotes.
    """

    words: list[str]
    last: str
    typed: str


def unfinished(text: str) -> Unfinished | None:
    """Split the text before the cursor into words.

    :returns: the words; ``None`` if the complete words are invalid, as for :func:`split`.

    >>> unfinished('cloud show "a b')
    Unfinished(words=['cloud', 'show'], last='a b', typed='"a b')
    """
    found = _UNFINISHED.fullmatch(text)
    if not found:
        return None
    before, typed = found.groups()
    try:
        words = split(before)
    except exit_status.UsageError:
        return None
    for end in ("", "'", '"'):
        try:
            last = shlex.split(typed.removesuffix("\\") + end)
        except ValueError:
            continue
        return Unfinished(words, last[0] if last else "", typed)
    return None
