# SPDX-License-Identifier: Apache-2.0
"""Read what is not on the command line: a file, or stdin when it is asked for."""

from __future__ import annotations

import json
import sys
import typing as t

from cratonclient_osc import status


def read(name: str) -> str:
    """Read a file, or stdin for ``-``.

    :raises cratonclient_osc.status.UsageError: when it cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.read() if sys.stdin else ""
        with open(name, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not UTF-8"
        raise status.UsageError(f"Cannot read {name!r}: {reason}.") from None


def read_object(name: str) -> dict[str, t.Any]:
    """Read an object of JSON or YAML from a file, or from stdin for ``-``.

    :raises cratonclient_osc.status.UsageError: when it is something else.
    """
    text = read(name)
    try:
        found = json.loads(text, parse_constant=_not_json)
    except ValueError:
        found = _yaml(name, text)
    if not isinstance(found, dict):
        raise status.UsageError(f'{name!r} does not hold an object, such as {{"a": 1}}.')
    return found


def _yaml(name: str, text: str) -> t.Any:
    import yaml

    try:
        found = yaml.safe_load(text)
        if json.loads(json.dumps(found, allow_nan=False)) != found:
            raise ValueError("names that are not strings; put them in quotes")
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as exc:
        reason = " ".join(str(exc).split())
        raise status.UsageError(f"{name!r} is neither JSON nor YAML: {reason}.") from None
    return found


def _not_json(constant: str) -> t.NoReturn:
    raise ValueError(constant)
