# SPDX-License-Identifier: Apache-2.0
"""Parse ``<path>=<value>``: an assignment to a variable, or a condition on one.

The grammar of paths is in :mod:`cratonclient.paths`.
"""

from __future__ import annotations

import json
import typing as t

from cratonclient import paths
from cratonclient_osc.verbs import input_files


class Assignment(t.NamedTuple):
    """A path into the variables, and its new JSON value."""

    path: paths.Path
    value: t.Any


def parse_assignment(text: str) -> Assignment:
    """Parse ``<path>=<value>`` as an assignment to a variable.

    :param text: the argument as typed.
    :raises cratonclient.paths.PathError: if the text has another form.

    >>> parse_assignment('hw.cores=64'), parse_assignment('rack=r1')
    (Assignment(path=('hw', 'cores'), value=64), Assignment(path=('rack',), value='r1'))
    """
    path, value = _split(text)
    return Assignment(paths.single(text, path), parse_value(value))


def parse_condition(text: str) -> str:
    """Parse ``<path>=<value>`` as a condition, and return it in the form of the query ``vars``.

    The path may contain the wildcards ``[*]`` and ``.*``. The original server splits
    ``vars`` at every comma, even at a comma inside a value.

    :param text: the argument as typed.
    :raises cratonclient.paths.PathError: if the text has another form.

    >>> parse_condition('nics[*].mac=52:54'), parse_condition('hw.cores=64')
    ('nics[*].mac:"52:54"', 'hw.cores:64')
    """
    path, value = _split(text)
    if any(isinstance(step, int) and step < 0 for step in path):
        raise paths.PathError(
            f"{text!r}: a filter accepts no negative index. Use 0 or more, or [*]."
        )
    written = json.dumps(parse_value(value), ensure_ascii=False, separators=(",", ":"))
    return f"{paths.QUERY.write(path)}:{written}"


def parse_value(text: str) -> t.Any:
    """Parse a value: valid JSON is JSON, and any other text is a string.

    ``@file`` reads the value from a file, and ``@-`` from standard input.
    """
    if text.startswith("@"):
        text = input_files.read(text[1:])
    try:
        return input_files.parse_json(text)
    except ValueError:
        return text.removesuffix("\n")


def _split(text: str) -> tuple[paths.Path, str]:
    path, end = paths.TYPED.scan(text)
    if not path or text[end : end + 1] != "=":
        raise paths.PathError(f"{text!r} must have the form <path>=<value>.")
    return path, text[end + 1 :]
