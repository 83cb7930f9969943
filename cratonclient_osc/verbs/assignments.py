# SPDX-License-Identifier: Apache-2.0
"""Parse ``<path>=<value>``: an assignment to a variable, or a condition on one.

The grammar of paths is in :mod:`cratonclient.paths`, and the rule for the types of values
in :mod:`cratonclient.typed_values`.
"""

from __future__ import annotations

import re
import typing as t

from cratonclient import conditions, paths, typed_values
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import input_files

if t.TYPE_CHECKING:
    from cratonclient.comparisons import Comparison

#: The rule for values, as part of the help of an option.
HELP = (
    'true, false, null, whole numbers, {...}, [...] and "..." are JSON, all else is text; '
    "<path>:=<JSON> requires JSON"
)


class Assignment(t.NamedTuple):
    """A path into the variables, and its new JSON value."""

    path: paths.Path
    value: t.Any


def parse_assignment(text: str) -> Assignment:
    """Parse ``<path>=<value>`` or ``<path>:=<JSON>`` as an assignment to a variable.

    :param text: the argument as typed.
    :raises cratonclient.paths.PathError: if the text has another form.

    >>> parse_assignment('hw.cores=64'), parse_assignment('rack=r1')
    (Assignment(path=('hw', 'cores'), value=64), Assignment(path=('rack',), value='r1'))
    >>> parse_assignment('version=5.10'), parse_assignment('load:=5.10')
    (Assignment(path=('version',), value='5.10'), Assignment(path=('load',), value=5.1))
    """
    path, value = _parse(text)
    return Assignment(paths.single(text, path), value)


def parse_condition(text: str) -> tuple[paths.Path, str]:
    r"""Parse ``<path>=<value>`` as a condition. Return its path and its text in a query.

    The path may contain the wildcards ``[*]`` and ``.*``.

    :param text: the argument as typed.
    :raises cratonclient.paths.PathError: if the text has another form.

    >>> parse_condition('nics[*].mac=52:54')
    (('nics', Every.ELEMENT, 'mac'), 'nics[*].mac:"52:54"')
    """
    path, value = _parse(text)
    try:
        return path, conditions.text_of_one(path, value)
    except paths.PathError as exc:
        raise paths.PathError(f"{text!r}: {exc}") from None


def parse_filter(text: str) -> tuple[paths.Path, str] | Comparison:
    """Parse a condition on a variable, or another comparison.

    :param text: the argument as typed: ``rack=r1``, ``os.kernel<5.10``, ``rack`` or ``!rack``.
    :returns: a condition as :func:`parse_condition` returns it, or the comparison.
    :raises cratonclient.paths.PathError: if the text has another form.

    >>> parse_filter('rack=r1')
    (('rack',), 'rack:"r1"')
    >>> parse_filter('os.kernel<5.10').operator
    '<'
    """
    from cratonclient import comparisons

    try:
        found = comparisons.parse_variable(text)
    except paths.PathError:
        signs = comparisons.operator_in(f"{comparisons.VARIABLES}.{text}")
        if signs in ("=", "") and not text.lstrip().startswith("!"):
            return parse_condition(text)  # explains what is wrong
        raise
    if found.operator == "=":
        return parse_condition(text)
    if str(found.value).startswith("@") and '"' not in text and found.operator != "~":
        raise paths.PathError(
            f"{text!r}: @ reads a file only with =. For text that begins with @, write "
            '"@...", with quotes.'
        )
    return found


def _read(name: str) -> str:
    """Return the contents of a file, or say how to write a text that begins with ``@``."""
    try:
        return input_files.read(name)
    except exit_status.UsageError as exc:
        hint = "" if name == "-" else ' For text that begins with @, write "@...", with quotes.'
        raise exit_status.UsageError(f"{exc}{hint}") from None


def _parse(text: str) -> tuple[paths.Path, t.Any]:
    """Parse the path and the value of an assignment or a condition.

    ``@file`` reads the value from a file, and ``@-`` from standard input.
    """
    path, end = paths.TYPED.scan(text)
    operator = re.compile(":?=").match(text, end)
    if not path or not operator:
        raise paths.PathError(f"{text!r} must have the form <path>=<value>, or <path>:=<JSON>.")
    given = text[operator.end() :]
    parse = typed_values.parse
    if given.startswith("@"):
        given = _read(given[1:])
        parse = typed_values.parse_contents
    if operator[0] == ":=":
        parse = typed_values.parse_json
    try:
        return path, parse(given)
    except ValueError as exc:
        instead = 'a JSON string: "..."' if operator[0] == "=" else "= in place of :="
        hint = f" For text, write {instead}."
        raise paths.PathError(
            f"The value of {text[:end]} is not valid JSON: {input_files.reason_of(exc)}.{hint}"
        ) from None
