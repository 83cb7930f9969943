# SPDX-License-Identifier: Apache-2.0
"""Read what is not on the command line: a file, or stdin when it is asked for."""

from __future__ import annotations

import json
import sys
import typing as t

from cratonclient_osc.output import exit_status

#: A stdin that was read to its end. It is no terminal, so there is nothing more in it.
_drained: t.Any = None


def read(name: str) -> str:
    """Read a file, or stdin for ``-``.

    :raises cratonclient_osc.output.exit_status.UsageError: when it cannot be read.
    """
    try:
        if name == "-":
            return _stdin()
        with open(name, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not UTF-8"
        raise exit_status.UsageError(f"Cannot read {name!r}: {reason}.") from None


def _stdin() -> str:
    global _drained
    if sys.stdin is None:
        return ""
    if sys.stdin is _drained:
        raise exit_status.UsageError("stdin can be read only once.")
    text = sys.stdin.read()
    if not sys.stdin.isatty():
        _drained = sys.stdin
    return text


def read_object(name: str) -> dict[str, t.Any]:
    """Read an object of JSON or YAML from a file, or from stdin for ``-``.

    :raises cratonclient_osc.output.exit_status.UsageError: when it is something else.
    """
    text = read(name)
    try:
        found = json.loads(text, parse_constant=_not_json)
    except ValueError:
        found = _yaml(name, text)
    if not isinstance(found, dict):
        raise exit_status.UsageError(f'{name!r} does not hold an object, such as {{"a": 1}}.')
    return found


def _yaml(name: str, text: str) -> t.Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes dates for the texts that they are in JSON."""

    Loader.yaml_implicit_resolvers = {
        begin: [(tag, form) for tag, form in known if not tag.endswith(":timestamp")]
        for begin, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        found = yaml.load(text, Loader)  # noqa: S506  # it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        reason = " ".join(str(exc).split())
        raise exit_status.UsageError(f"{name!r} is neither JSON nor YAML: {reason}.") from None
    try:
        if json.loads(json.dumps(found, allow_nan=False)) != found:
            raise ValueError("names that are not strings; put them in quotes")
    except (ValueError, TypeError, RecursionError) as exc:
        raise exit_status.UsageError(f"{name!r} holds what JSON cannot: {exc}.") from None
    return found


def _not_json(constant: str) -> t.NoReturn:
    raise ValueError(constant)
