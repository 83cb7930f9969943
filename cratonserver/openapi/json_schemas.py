# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas that follow from the declarations.

What checks a request and what describes the API to its users read the same
schemas, so neither can say what the other does not (wire document, sections 4.3,
5.1 and 5.5).
"""

from __future__ import annotations

import functools
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonserver import identity

JsonSchema = dict[str, t.Any]

#: What the store keeps as an integer.
MIN_INTEGER, MAX_INTEGER = -(2**31), 2**31 - 1
#: The longest name, label and the like, in characters.
MAX_NAME = 255

#: PostgreSQL stores no NUL characters, so they are nowhere allowed.
_TEXT = {"type": "string", "pattern": r"^[^\x00]*$"}
_NAME = {**_TEXT, "maxLength": MAX_NAME}
_JSON_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
_ITEMS = {
    "string": _NAME,
    "object": {
        "type": "object",
        "properties": {"href": _TEXT, "rel": _TEXT},
    },
}

VARIABLES: JsonSchema = {
    "type": "object",
    "patternProperties": {"^.+": {}},
    "additionalProperties": False,
    "propertyNames": {"maxLength": MAX_NAME, "pattern": _TEXT["pattern"]},
}
VARIABLE_NAMES: JsonSchema = {"type": "array", "items": _TEXT}


def strings(name: str) -> JsonSchema:
    """Return the schema of a body with a list of strings, such as ``{"labels": ["web"]}``.

    :param name: key of the list.
    """
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": _NAME}},
        "required": [name],
        "additionalProperties": False,
    }


def for_create(kind: Kind) -> JsonSchema:
    """Make the schema of the body of a POST."""
    return _body(kind, "create")


def for_update(kind: Kind) -> JsonSchema:
    """Make the schema of the body of a PUT."""
    return _body(kind, "update")


@functools.cache
def _body(kind: Kind, purpose: t.Literal["create", "update"]) -> JsonSchema:
    fields = {name: field for name, field in kind.fields.items() if getattr(field, purpose)}
    creates = purpose == "create"
    properties = {}
    for name, field in fields.items():
        made = written(field)
        if creates and field.default is not None:
            made["default"] = field.default
        elif field.clear and not creates:
            made = {"description": made.pop("description"), "anyOf": [made, {"type": "null"}]}
        properties[name] = made
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name, field in fields.items() if field.required and creates],
        "additionalProperties": False,
    }


def written(field: Field[t.Any]) -> JsonSchema:
    """Return the schema of the value of a field in a request."""
    made: JsonSchema = {"type": _JSON_TYPES[field.type]}
    if field.type is dict:
        made = dict(VARIABLES)
    elif field.type is str:
        made = _text(field)
    elif field.type is int:
        made.update(minimum=MIN_INTEGER, maximum=MAX_INTEGER)
    elif field.type is list:
        made["items"] = _ITEMS[field.items]
    return {"description": field.help, **made}


def _text(field: Field[t.Any]) -> JsonSchema:
    made: JsonSchema = {**_TEXT, "maxLength": field.max_length}
    if isinstance(field, Ref):
        made["pattern"] = identity.PROJECT_ID.pattern
    if field.format == "ip":
        # The address itself is checked where its canonical form is made.
        made["anyOf"] = [{"format": "ipv4"}, {"format": "ipv6"}]
    if field.max_length > MAX_NAME:
        # A long text is limited by its bytes in UTF-8, which JSON Schema does not know.
        made["x-maxBytes"] = field.max_length
    return made


def parameter(field: Field[t.Any]) -> JsonSchema:
    """Make the schema of a parameter that is compared with a field.

    It may be longer than the field: it only finds nothing then.
    """
    made: JsonSchema = {"type": _JSON_TYPES[field.type]}
    if field.type is str:
        made = dict(_TEXT)
    elif field.type is int:
        made.update(minimum=MIN_INTEGER, maximum=MAX_INTEGER)
    return {"description": field.help, **made}


def identifier(kind: Kind, description: str) -> JsonSchema:
    """Return the schema of the id of an object, in a path or a parameter."""
    if kind.fields["id"].type is int:
        return {"description": description, "type": "integer", "maximum": MAX_INTEGER}
    pattern = identity.PROJECT_ID.pattern
    return {"description": description, "type": "string", "pattern": pattern}


def shown(field: Field[t.Any]) -> JsonSchema:
    """Return the schema of the value of a field in an answer."""
    made: JsonSchema = {"description": field.help, "type": _JSON_TYPES[field.type]}
    if field.name in ("created_at", "updated_at"):
        made["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"
    elif field.type is str and isinstance(field, Ref) and field.create:
        # The answer to a POST repeats it as it was sent (wire document, section 4.3).
        made["pattern"] = identity.PROJECT_ID.pattern
    elif field.type is str and (isinstance(field, Ref) or field.name == "id"):
        made["format"] = "uuid"
    elif field.type is list:
        made["items"] = {"type": field.items}
    types = [made["type"]]
    if field.read_as is not None:  # what was just written is shown as it was written
        types.append(_JSON_TYPES[field.read_as])
    if field.null:
        types.append("null")
    return {**made, "type": types if len(types) > 1 else types[0]}
