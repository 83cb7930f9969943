# SPDX-License-Identifier: Apache-2.0
"""Validate JSON values against JSON Schemas, with the rules of this server.

Unlike JSON Schema, it refuses 2.0 as an integer, and patterns are those of Python. A schema
can limit the bytes of a text with ``x-maxBytes``.

jsonschema_rs decides whether a value is valid, a hundred times faster than jsonschema. Only
invalid values go to jsonschema, whose messages clients know from the original server.
"""

from __future__ import annotations

import functools
import itertools
import re
import typing as t

from cratonserver import errors
from cratonserver.api import strict_json
from cratonserver.openapi.json_schemas import JsonSchema

if t.TYPE_CHECKING:
    import jsonschema.protocols
    import jsonschema_rs

#: The maximum number of problems in one response.
_MAX_PROBLEMS = 20


class Validator:
    """A validator for one schema. Its libraries are imported when they are needed.

    :param schema: the schema.

    >>> Validator({"type": "integer"}).check(2)
    """

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema

    def check(self, value: t.Any) -> None:
        """Check a value.

        :raises cratonserver.errors.Refused: with status 400, listing all problems.
        """
        if self._fast.is_valid(value):
            return
        found = _verbose()(self._schema).iter_errors(value)
        problems = [_in_words(error) for error in itertools.islice(found, _MAX_PROBLEMS)]
        if problems:
            raise errors.invalid(problems)

    @functools.cached_property
    def _fast(self) -> jsonschema_rs.Validator:
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(
            _renamed(self._schema),
            keywords={"x-integer": _Integer, "x-pattern": _Pattern, "x-maxBytes": _MaxBytes},
        )


def _renamed(schema: t.Any) -> t.Any:
    """Return a schema for jsonschema_rs, with keywords of this module for its own rules."""
    if isinstance(schema, list):
        return [_renamed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _renamed(value) for name, value in schema.items()}
    if isinstance(schema.get("pattern"), str):
        found["x-pattern"] = found.pop("pattern")
    if schema.get("type") == "integer":
        found["x-integer"] = True
    return found


class _Integer:
    """The keyword that refuses 2.0 as an integer."""

    def __init__(self, _parent: t.Any, _value: t.Any, _path: t.Any) -> None:
        pass

    def validate(self, instance: t.Any) -> None:
        """Raise an exception for a number that is not an integer."""
        if isinstance(instance, float):
            raise ValueError(instance)


class _Pattern:
    """The keyword for a pattern of Python."""

    def __init__(self, _parent: t.Any, regex: str, _path: t.Any) -> None:
        self._search = re.compile(regex).search

    def validate(self, instance: t.Any) -> None:
        """Raise an exception for a text that does not match."""
        if isinstance(instance, str) and not self._search(instance):
            raise ValueError(instance)


class _MaxBytes:
    """The keyword for the maximum number of bytes of a text."""

    def __init__(self, _parent: t.Any, limit: int, _path: t.Any) -> None:
        self._limit = limit

    def validate(self, instance: t.Any) -> None:
        """Raise an exception for a text that is too long."""
        if isinstance(instance, str) and len(instance.encode()) > self._limit:
            raise ValueError(instance)


def _in_words(error: jsonschema.ValidationError) -> str:
    """Return the message of an error, after the place in the body."""
    steps = [*error.absolute_path]
    value = repr(error.instance)
    message = error.message.replace(value, strict_json.quoted(steps, value))
    return f"{strict_json.path(steps)}{message}"


@functools.cache
def _verbose() -> t.Callable[[JsonSchema], jsonschema.protocols.Validator]:
    """Return the validator class of jsonschema."""
    import jsonschema

    def pattern(validator: t.Any, regex: str, value: t.Any, schema: t.Any) -> t.Any:
        if isinstance(value, str) and not re.search(regex, value):
            what = "has a NUL character" if "\0" in value else f"does not match {regex!r}"
            yield jsonschema.ValidationError(f"{value!r} {schema.get('x-rule', what)}")

    def max_bytes(validator: t.Any, limit: int, value: t.Any, schema: t.Any) -> t.Any:
        if isinstance(value, str) and len(value) <= limit < len(value.encode()):
            yield jsonschema.ValidationError(f"{value!r} is longer than {limit} bytes")

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    extend: t.Any = jsonschema.validators.extend
    return t.cast(
        "t.Callable[[JsonSchema], jsonschema.protocols.Validator]",
        extend(
            jsonschema.Draft202012Validator,
            {"pattern": pattern, "x-maxBytes": max_bytes},
            type_checker=checker,
        ),
    )
