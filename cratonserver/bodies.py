# SPDX-License-Identifier: Apache-2.0
"""Check the bodies of requests against schemas made from the declarations.

jsonschema is what the original server used as well, so its messages are the
ones that clients know (wire document, sections 5.1 and 11.1).
"""

from __future__ import annotations

import functools
import ipaddress
import json
import math
import typing as t

from cratonclient.fields import Field
from cratonserver import errors
from cratonserver.tables import Kind

if t.TYPE_CHECKING:
    import jsonschema.protocols

MALFORMED = "The browser (or proxy) sent a request that this server could not understand."

_JSON_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
_NAMED_VALUES = {
    "type": "object",
    "patternProperties": {"^.+": {}},
    "additionalProperties": False,
    "propertyNames": {"maxLength": 255},
}
LABELS: dict[str, t.Any] = {
    "type": "object",
    "properties": {"labels": {"type": "array", "items": {"type": "string", "maxLength": 255}}},
    "required": ["labels"],
    "additionalProperties": False,
}
VARIABLES: dict[str, t.Any] = _NAMED_VALUES
VARIABLE_NAMES: dict[str, t.Any] = {"type": "array", "items": {"type": "string"}}


def parse(content_type: str | None, body: bytes) -> t.Any:
    """Read a body.

    :returns: the JSON value; ``None`` for a body that does not claim to be one.
    :raises cratonserver.errors.Refused: with status 400 for malformed JSON.
    """
    kind, _, options = (content_type or "").lower().partition(";")
    kind = kind.strip()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        return None
    charset = options.partition("charset=")[2].strip(" \"'") or "utf-8"
    try:
        text = body.decode(charset)
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\u" in text:  # half a surrogate pair is not a character
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, LookupError, RecursionError):
        raise errors.Refused(400, MALFORMED) from None


def _refuse_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits} is too large")
    return value


def for_create(kind: Kind, value: t.Any) -> dict[str, t.Any]:
    """Check the body of a POST.

    :returns: the fields that it gives.
    :raises cratonserver.errors.Refused: with status 400.
    """
    fields = {n: f for n, f in kind.resource_class.fields().items() if f.create}
    check(_schema(kind.resource_class, "create"), value)
    return _normal(fields, value)


def for_update(kind: Kind, value: t.Any) -> dict[str, t.Any]:
    """Check the body of a PUT; nothing and an array change nothing.

    :returns: the fields that it changes.
    :raises cratonserver.errors.Refused: with status 400.
    """
    if value is None or isinstance(value, list):
        return {}
    fields = {n: f for n, f in kind.resource_class.fields().items() if f.update}
    check(_schema(kind.resource_class, "update"), value)
    return _normal(fields, value)


def check(schema: dict[str, t.Any], value: t.Any) -> None:
    """Check a value against a JSON Schema.

    :raises cratonserver.errors.Refused: with status 400, all problems at once.
    """
    problems = [error.message for error in _validator()(schema).iter_errors(value)]
    if problems:
        raise errors.invalid(problems)


@functools.cache
def _validator() -> t.Callable[[dict[str, t.Any]], jsonschema.protocols.Validator]:
    """Make the class of validators; 2.0 is a number, not an integer."""
    import jsonschema

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return t.cast(
        "t.Callable[[dict[str, t.Any]], jsonschema.protocols.Validator]",
        jsonschema.validators.extend(  # type: ignore[no-untyped-call]
            jsonschema.Draft202012Validator, type_checker=checker
        ),
    )


def _schema(resource: t.Any, purpose: t.Literal["create", "update"]) -> dict[str, t.Any]:
    """Make the JSON Schema of a body."""
    fields = {
        name: field for name, field in resource.fields().items() if getattr(field, purpose)
    }
    return {
        "type": "object",
        "properties": {n: _property(n, f, purpose) for n, f in fields.items()},
        "required": [n for n, f in fields.items() if f.required and purpose == "create"],
        "additionalProperties": False,
    }


def _property(name: str, field: Field[t.Any], purpose: str) -> dict[str, t.Any]:
    if name == "variables":
        return VARIABLES
    made: dict[str, t.Any] = {"type": _JSON_TYPES[field.type]}
    if field.type is str:
        made["maxLength"] = field.max_length
    elif field.type is int:
        made.update(minimum=-(2**31), maximum=2**31 - 1)
    elif field.type is list:
        made["items"] = {"type": field.items}
    if field.clear and purpose == "update":
        return {"anyOf": [made, {"type": "null"}]}
    return made


def _normal(fields: t.Mapping[str, Field[t.Any]], value: dict[str, t.Any]) -> dict[str, t.Any]:
    """Bring values into the form in which they are stored."""
    normal, problems = dict(value), []
    for name, given in value.items():
        if fields[name].format == "ip":
            try:
                normal[name] = _canonical(given)
            except ValueError:
                problems.append(f"{name}: {given!r} is not an IPv4 or IPv6 address")
    if problems:
        raise errors.invalid(problems)
    return normal


def _canonical(address: str) -> str:
    """Give the canonical form of an IP address.

    :raises ValueError: when it is none, or has a zone, which means nothing
        outside the machine that named it.
    """
    if "%" in address:
        raise ValueError(address)
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        # Python 3.13 writes these with dots, the versions before it and the
        # original server without.
        high, low = divmod(int(parsed.ipv4_mapped), 2**16)
        return f"::ffff:{high:x}:{low:x}"
    return str(parsed)
