# SPDX-License-Identifier: Apache-2.0
"""Parse the bodies of requests and check them against schemas."""

from __future__ import annotations

import functools
import itertools
import typing as t

from cratonclient import formats
from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import strict_json
from cratonserver.api.schema_validation import Validator
from cratonserver.db import stored_json
from cratonserver.openapi import json_schemas

MALFORMED = "The browser (or proxy) sent a request that this server could not understand."

#: The allowed encodings of a body, by their names in ``Content-Type``. Python knows many
#: more, but some of them are very slow to decode.
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-32": "utf-32",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
}
#: The maximum number of problems in one response.
_MAX_PROBLEMS = 20


def parse(content_type: str | None, body: bytes) -> t.Any:
    """Parse a body.

    :param content_type: value of ``Content-Type``.
    :returns: the JSON value, ``None`` if the content type is not JSON.
    :raises cratonserver.errors.Refused: with status 400, for malformed JSON and for JSON
        that cannot be stored.
    """
    kind, _, options = (content_type or "").lower().partition(";")
    kind = kind.strip()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        return None
    charset = _CHARSETS.get(options.partition("charset=")[2].strip(" \"'") or "utf-8")
    try:
        if charset is None:
            raise ValueError(content_type)
        value, problems = strict_json.loads(body.decode(charset))
    except ValueError:
        raise errors.Refused(400, MALFORMED) from None
    found = list(itertools.islice(problems, _MAX_PROBLEMS))
    if found:
        raise errors.invalid(found)
    return value


def for_create(kind: Kind, value: t.Any) -> dict[str, t.Any]:
    """Check the body of a POST.

    :returns: values of the fields in the body.
    :raises cratonserver.errors.Refused: with status 400.
    """
    _for_create(kind).check(value)
    return _normal(kind.fields, value)


def for_update(kind: Kind, value: t.Any) -> dict[str, t.Any]:
    """Check the body of a PUT. A missing body and an array change nothing.

    :returns: values of the fields to change.
    :raises cratonserver.errors.Refused: with status 400.
    """
    if value is None or isinstance(value, list):
        return {}
    _for_update(kind).check(value)
    return _normal(kind.fields, value)


@functools.cache
def _for_create(kind: Kind) -> Validator:
    return Validator(json_schemas.for_create(kind))


@functools.cache
def _for_update(kind: Kind) -> Validator:
    return Validator(json_schemas.for_update(kind))


@functools.cache
def for_strings(field: Field[t.Any]) -> Validator:
    """Return the validator for :func:`strings`.

    :param field: declaration of the list.
    """
    return Validator(json_schemas.strings(field))


def strings(field: Field[t.Any], value: t.Any) -> list[str]:
    """Check the body that changes a list of strings, such as ``{"labels": ["web"]}``.

    :param field: declaration of the list. Its name is the key in the body.
    :returns: the strings.
    :raises cratonserver.errors.Refused: with status 400.
    """
    for_strings(field).check(value)
    return t.cast("list[str]", _normal({field.name: field}, value)[field.name])


def _normal(fields: t.Mapping[str, Field[t.Any]], value: dict[str, t.Any]) -> dict[str, t.Any]:
    """Convert values to the form in which they are stored.

    :raises cratonserver.errors.Refused: with status 400, for invalid addresses.
    """
    problems = formats.problems(fields, value)
    if problems:
        raise errors.invalid(problems)
    normal = dict(value)
    for name, given in value.items():
        format = fields[name].format
        if isinstance(given, dict):
            normal[name] = stored_json.Encoded(given)
        elif format is not None and isinstance(given, list):
            normal[name] = [formats.canonical(format, text) for text in given]
        elif format is not None and given is not None:
            normal[name] = formats.canonical(format, given)
    return normal
