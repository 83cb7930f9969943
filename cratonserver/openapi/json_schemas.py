# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of fields and bodies, derived from the declarations.

The validation of requests and the OpenAPI document use the same schemas, so they always
agree.
"""

from __future__ import annotations

import functools
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient.kinds import Kind
from cratonserver import identity

JsonSchema = dict[str, t.Any]

#: The range of integers that the database can store.
MIN_INTEGER, MAX_INTEGER = -(2**31), 2**31 - 1
#: The maximum length of names and labels, in characters.
MAX_NAME = 255

#: PostgreSQL cannot store NUL characters, so no text may contain them.
_TEXT = {"type": "string", "pattern": r"^[^\x00]*$"}
_NAME = {**_TEXT, "maxLength": MAX_NAME}
_JSON_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
#: The pattern of an id in a path or a parameter, by the type of the id. JSON Schema applies
#: it to strings only; the server applies it to the text of a number, too.
_SPELLING_OF_IDS = {
    int: {"pattern": r"^(0|[1-9][0-9]*)\Z"},
    str: {"pattern": identity.PRINTED_PROJECT_ID.pattern},
}
_ITEMS: dict[str, JsonSchema] = {
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


def strings(field: Field[t.Any]) -> JsonSchema:
    """Return the schema of a body with a list of strings, such as ``{"labels": ["web"]}``.

    :param field: declaration of the list. Its name is the key in the body.
    """
    items = {**_NAME, **_format(field)}
    return {
        "type": "object",
        "properties": {field.name: {"type": "array", "items": items}},
        "required": [field.name],
        "additionalProperties": False,
    }


def for_create(kind: Kind) -> JsonSchema:
    """Return the schema of the body of a POST."""
    return _body(kind, "create")


def for_update(kind: Kind) -> JsonSchema:
    """Return the schema of the body of a PUT."""
    return _body(kind, "update")


@functools.cache
def _body(kind: Kind, purpose: t.Literal["create", "update"]) -> JsonSchema:
    fields = {name: field for name, field in kind.fields.items() if getattr(field, purpose)}
    creates = purpose == "create"
    properties = {}
    for name, field in fields.items():
        made = in_request(field)
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


def in_request(field: Field[t.Any]) -> JsonSchema:
    """Return the schema of the value of a field in a request."""
    made: JsonSchema = {"type": _JSON_TYPES[field.type]}
    if field.type is dict:
        made = dict(VARIABLES)
    elif field.type is str:
        made = _text(field)
    elif field.type is int:
        made.update(minimum=MIN_INTEGER, maximum=MAX_INTEGER)
    elif field.type is list:
        made["items"] = {**_ITEMS[field.items], **_format(field)}
    return {"description": field.help, **made}


def _text(field: Field[t.Any]) -> JsonSchema:
    made: JsonSchema = {**_TEXT, "maxLength": field.max_length}
    if isinstance(field, Ref):
        made["pattern"] = identity.PROJECT_ID.pattern
    if field.pattern:
        made.update({"pattern": field.pattern.regex, "x-rule": field.pattern.rule})
    if field.choices:
        made["enum"] = [*field.choices]
    made.update(_format(field))
    if field.max_length > MAX_NAME:
        # The limit of a long text is in bytes of UTF-8, which JSON Schema cannot express.
        made["x-maxBytes"] = field.max_length
    return made


def _format(field: Field[t.Any]) -> JsonSchema:
    """Return the format of a text, for the document: formats.py checks it.

    JSON Schema has no formats for address ranges, netmasks, and dates without a time.
    """
    if field.format == "ip":
        return {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
    return {} if field.format is None else {"format": field.format}


def parameter(field: Field[t.Any], compared: Field[t.Any]) -> JsonSchema:
    """Return the schema of a parameter of a list.

    It has no maximum length and no format: a value that the field cannot have matches
    nothing, except a value that an earlier version stored.

    :param field: declaration of the parameter.
    :param compared: field that the parameter is compared with.
    """
    made: JsonSchema = {"type": _JSON_TYPES[field.type]}
    if field.type is str:
        made = dict(_TEXT)
    elif field.type is int:
        made.update(minimum=MIN_INTEGER, maximum=MAX_INTEGER)
    if isinstance(field, Ref) or field.name == "id":
        made.update(_SPELLING_OF_IDS[field.type])
    spelling = ", in any spelling" if compared.format else ""
    return {"description": f"{field.help}{spelling}", **made}


def identifier(kind: Kind, description: str) -> JsonSchema:
    """Return the schema of the id of an object, in a path or a parameter."""
    id_type = kind.fields["id"].type
    made: JsonSchema = {"type": _JSON_TYPES[id_type]}
    if id_type is int:
        made.update(maximum=MAX_INTEGER)
    return {"description": description, **made, **_SPELLING_OF_IDS[id_type]}


def in_response(field: Field[t.Any]) -> JsonSchema:
    """Return the schema of the value of a field in a response."""
    made: JsonSchema = {"description": field.help, "type": _JSON_TYPES[field.type]}
    if field.name.endswith("_at") and not field.create:
        made["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"
    elif field.type is str and isinstance(field, Ref) and field.create:
        # The response to a POST repeats the value as it was sent, in any spelling.
        made["pattern"] = identity.PROJECT_ID.pattern
    elif field.type is str and (isinstance(field, Ref) or field.name == "id"):
        made["format"] = "uuid"
    elif field.type is list:
        made["items"] = {"type": field.items}
    types = [made["type"]]
    if field.read_as is not None:  # the response to a write repeats the value as it was sent
        types.append(_JSON_TYPES[field.read_as])
    if field.null:
        types.append("null")
    return {**made, "type": types if len(types) > 1 else types[0]}
