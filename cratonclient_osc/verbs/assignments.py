# SPDX-License-Identifier: Apache-2.0
"""Read ``<path>=<value>``, for setting variables and for filtering by them.

The grammar of paths is in :mod:`cratonclient.paths`.
"""

from __future__ import annotations

import json
import typing as t

from cratonclient import paths
from cratonclient_osc.verbs import input_files


class Assignment(t.NamedTuple):
    """A path and its new JSON value."""

    path: paths.Path
    value: t.Any


def assignment(text: str) -> Assignment:
    """Read ``<path>=<value>``, for setting a variable.

    :param text: what was typed.
    :raises cratonclient.paths.PathError: if it is something else.

    >>> assignment('hw.cores=64'), assignment('rack=r1')
    (Assignment(path=('hw', 'cores'), value=64), Assignment(path=('rack',), value='r1'))
    """
    path, wanted = _split(text)
    return Assignment(paths.single(text, path), value(wanted))


def condition(text: str) -> str:
    """Read ``<path>=<value>`` and write it as a pair of the ``vars`` parameter.

    The path may contain ``[*]`` and ``.*``. An original server splits the parameter at
    every comma, also within a value.

    :param text: what was typed.
    :raises cratonclient.paths.PathError: if it is something else.

    >>> condition('nics[*].mac=52:54'), condition('hw.cores=64')
    ('nics[*].mac:"52:54"', 'hw.cores:64')
    """
    path, wanted = _split(text)
    if any(isinstance(step, int) and step < 0 for step in path):
        raise paths.PathError(f"{text!r}: in a filter, an index cannot be negative.")
    written = json.dumps(value(wanted), ensure_ascii=False, separators=(",", ":"))
    return f"{paths.QUERY.write(path)}:{written}"


def value(text: str) -> t.Any:
    """Read a value: JSON if it is valid JSON, else a string. ``@file`` is read from a file."""
    if text.startswith("@"):
        text = input_files.read(text[1:])
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text.removesuffix("\n")


def _split(text: str) -> tuple[paths.Path, str]:
    path, end = paths.TYPED.scan(text)
    if not path or text[end : end + 1] != "=":
        raise paths.PathError(f"{text!r} is not <path>=<value>.")
    return path, text[end + 1 :]


def _refuse_constant(constant: str) -> t.NoReturn:
    raise ValueError(constant)
