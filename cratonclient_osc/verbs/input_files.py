# SPDX-License-Identifier: Apache-2.0
"""Read and parse the input of a command, from a file or from standard input."""

from __future__ import annotations

import json
import sys
import typing as t

from cratonclient import typed_values
from cratonclient_osc.output import exit_status

#: The standard input that was read to its end. A terminal can be read again.
_consumed: t.Any = None


def read(name: str) -> str:
    """Return the contents of a file in UTF-8, without a byte order mark.

    Line ends stay as they are: ``\\n`` or ``\\r\\n``.

    :param name: path of the file, or ``-`` for standard input.
    :raises cratonclient_osc.output.exit_status.UsageError: if the file cannot be read.
    """
    try:
        if name == "-":
            return _stdin()
        with open(name, encoding="utf-8-sig", newline="") as file:
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
    # The text layer of standard input would convert line ends.
    binary = getattr(sys.stdin, "buffer", None)
    text = binary.read().decode() if binary else sys.stdin.read()
    if not sys.stdin.isatty():
        _consumed = sys.stdin
    return t.cast("str", text).removeprefix("\ufeff")


def read_object(name: str) -> dict[str, t.Any]:
    """Return the JSON or YAML object in a file.

    :param name: path of the file, or ``-`` for standard input.
    :raises cratonclient_osc.output.exit_status.UsageError: if the file cannot be read,
        contains anything but an object, or contains a value that variables cannot have.
    """
    text = read(name)
    try:
        found = typed_values.parse_json(text)
    except typed_values.Refused as exc:
        raise exit_status.UsageError(f"{name!r} cannot be used: {exc}.") from None
    except json.JSONDecodeError as exc:
        from cratonclient_osc.verbs import yaml_files

        try:
            found = yaml_files.parse(text)
        except yaml_files.InvalidYaml as invalid:
            # Every JSON text is YAML, but the messages about JSON are better for JSON.
            is_json = text.lstrip()[:1] in ("{", "[") and invalid.is_syntax
            reason = reason_of(exc) if is_json else str(invalid)
            raise exit_status.UsageError(
                f"{name!r} is neither valid JSON nor valid YAML: {reason}."
                if invalid.is_syntax
                else f"{name!r} cannot be used: {reason}."
            ) from None
    if not isinstance(found, dict):
        raise exit_status.UsageError(f'{name!r} must contain an object, such as {{"a": 1}}.')
    return found


def reason_of(error: ValueError) -> str:
    """Return the reason why a JSON text is refused, as the end of a message."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return str(error)
