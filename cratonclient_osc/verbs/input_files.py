# SPDX-License-Identifier: Apache-2.0
"""Read and parse the input of a command, from a file or from standard input."""

from __future__ import annotations

import json
import sys
import typing as t

from cratonclient_osc.output import exit_status

#: The standard input that was read to its end. A terminal can be read again.
_consumed: t.Any = None


def read(name: str) -> str:
    """Return the contents of a file.

    :param name: path of the file, or ``-`` for standard input.
    :raises cratonclient_osc.output.exit_status.UsageError: if the file cannot be read.
    """
    try:
        if name == "-":
            return _stdin()
        with open(name, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not encoded in UTF-8"
        raise exit_status.UsageError(f"Cannot read {name!r}: {reason}.") from None


def _stdin() -> str:
    global _consumed
    if sys.stdin is None:
        return ""
    if sys.stdin is _consumed:
        raise exit_status.UsageError(
            "Standard input can be read only once: use - or @- only once."
        )
    text = sys.stdin.read()
    if not sys.stdin.isatty():
        _consumed = sys.stdin
    return text


def read_object(name: str) -> dict[str, t.Any]:
    """Return the JSON or YAML object in a file.

    :param name: path of the file, or ``-`` for standard input.
    :raises cratonclient_osc.output.exit_status.UsageError: if the file cannot be read or
        contains anything but an object.
    """
    text = read(name)
    try:
        found = parse_json(text)
    except ValueError:
        found = _yaml(name, text)
    if not isinstance(found, dict):
        raise exit_status.UsageError(f'{name!r} must contain an object, such as {{"a": 1}}.')
    return found


def parse_json(text: str) -> t.Any:
    """Return the value of a JSON text.

    :raises ValueError: if the text is not valid JSON, is nested too deeply, or contains
        ``NaN`` or ``Infinity``, which Python would accept.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc


def _yaml(name: str, text: str) -> t.Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """A safe loader that reads a date as a string, because JSON has no dates."""

    Loader.yaml_implicit_resolvers = {
        begin: [(tag, form) for tag, form in known if not tag.endswith(":timestamp")]
        for begin, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        found = yaml.load(text, Loader)  # noqa: S506  # a subclass of SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        reason = " ".join(str(exc).split())
        raise exit_status.UsageError(
            f"{name!r} is neither valid JSON nor valid YAML: {reason}."
        ) from None
    try:
        if json.loads(json.dumps(found, allow_nan=False)) != found:
            raise ValueError("a name is not a string; put it in quotes")
    except (ValueError, TypeError, RecursionError) as exc:
        raise exit_status.UsageError(f"{name!r} cannot be converted to JSON: {exc}.") from None
    return found


def _refuse_constant(constant: str) -> t.NoReturn:
    raise ValueError(constant)
