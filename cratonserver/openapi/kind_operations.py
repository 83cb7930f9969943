# SPDX-License-Identifier: Apache-2.0
"""The operations and the schemas of a kind in the OpenAPI document."""

from __future__ import annotations

import re
import typing as t

from cratonclient.fields import Field, Ref
from cratonclient.http.response import ROW_TAG, ROW_TAGS
from cratonclient.kinds import Kind
from cratonserver.db.tables import Tables
from cratonserver.openapi import json_schemas, parameter_schemas
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import Operation, operation, query, ref

_ROW_TAGS: JsonSchema = {
    "description": f"give each object its entity tag, as {ROW_TAG}",
    "type": "boolean",
    "default": False,
}
_ROW_TAG: JsonSchema = {
    "description": f"entity tag of the object, in lists that are requested with {ROW_TAGS}",
    "type": "string",
}

_OBJECT: JsonSchema = {"type": "object", "description": "JSON values by name"}


def components(tables: Tables) -> dict[str, JsonSchema]:
    """Return the schemas of all kinds, by name."""
    made: dict[str, JsonSchema] = {
        "Error": _error(),
        "Link": _exact_object(href={"type": "string"}, rel={"type": "string"}),
        "Deletion": _deletion(),
        "Value": _value(),
        "Variables": {**json_schemas.VARIABLES, "patternProperties": {"^.+": ref("Value")}},
        "VariableNames": json_schemas.VARIABLE_NAMES,
    }
    for kind in tables.kinds:
        name = kind.resource_class.__name__
        made[name] = _representation(kind)
        made[f"{name}Page"] = _page(tables, kind)
        if kind.can("create"):
            made[f"{name}Create"] = _with_values(json_schemas.for_create(kind))
        if kind.can("update"):
            made[f"{name}Update"] = _with_values(json_schemas.for_update(kind))
        for part_name, part in kind.parts.items():
            part_schema = _exact_object(**{part_name: _OBJECT})
            if part.type is not dict:
                part_schema = json_schemas.strings(part)
            made[_part_schema(part_name, part.type)] = part_schema
    return made


def _error() -> JsonSchema:
    """Return the schema of the body of an error."""
    error = _exact_object(message={"type": "string"}, status={"type": "integer"})
    objects: JsonSchema = {"type": "array", "items": {"type": "object"}}
    error["properties"] |= {
        "errors": {**objects, "description": "the refused changes of a change set"},
        "objects": {**objects, "description": "the objects that prevent undoing a change"},
    }
    return error


def _exact_object(**properties: JsonSchema) -> JsonSchema:
    """Return the schema of an object with exactly these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _value() -> JsonSchema:
    """Return the schema of a JSON value. It cannot express the maximum depth."""
    text = json_schemas.VARIABLE_NAMES["items"]
    return {
        "description": "any JSON value",
        "anyOf": [
            text,
            {"type": ["number", "boolean", "null"]},
            {"type": "array", "items": ref("Value")},
            {
                "type": "object",
                "propertyNames": text,
                "additionalProperties": ref("Value"),
            },
        ],
    }


def _deletion() -> JsonSchema:
    """Return the schema of the effects of a deletion."""
    holder = _exact_object(
        collection={"type": "string"},
        id={"type": ["integer", "string"]},
        name={"type": "string"},
        field={"type": "string", "description": "the field that refers to the object"},
    )
    return _exact_object(
        deletes={
            "type": "object",
            "description": "number of other objects that are deleted, by collection",
            "additionalProperties": {"type": "integer", "minimum": 1},
        },
        blocked_by={
            "type": "array",
            "description": "some of the objects that prevent the deletion",
            "items": holder,
        },
    )


def _with_values(body: JsonSchema) -> JsonSchema:
    """Return the schema of a body, with the schema of the values of variables added."""
    if "variables" not in body["properties"]:
        return body
    text = body["properties"]["variables"]["description"]
    values = {"description": text, **ref("Variables")}
    return {**body, "properties": {**body["properties"], "variables": values}}


def _representation(kind: Kind) -> JsonSchema:
    known = {name: field for name, field in kind.fields.items() if field.shown != "never"}
    fields = {name: json_schemas.in_response(field) for name, field in known.items()}
    return {
        "type": "object",
        "description": _summary(kind),
        "properties": {**fields, ROW_TAG: _ROW_TAG},
        "required": [name for name, field in known.items() if field.shown == "always"],
        "additionalProperties": False,
    }


def _page(tables: Tables, kind: Kind) -> JsonSchema:
    members = tables.members(kind)
    if members == [kind]:
        items = _array(kind)
    else:
        items = _exact_object(**{member.path: _array(member) for member in members})
    links: JsonSchema = {"type": "array", "items": ref("Link")}
    return _exact_object(links=links, **{kind.collection: items})


def _array(kind: Kind) -> JsonSchema:
    return {"type": "array", "items": ref(kind.resource_class.__name__)}


def _part_schema(name: str, part_type: type) -> str:
    """Return the name of the schema of a part, such as ``OwnVariables`` or ``Labels``."""
    camel = _camel(name.replace("_", " "))
    return f"Own{camel}" if part_type is dict else camel


def collection(tables: Tables, kind: Kind) -> dict[str, Operation]:
    """Return the operations of the collection of a kind, by HTTP method."""
    resource = kind.resource_class
    described = {
        "GET": operation(
            f"list{_camel(kind.plural)}",
            f"List {kind.plural}.",
            responses={200: ref(f"{resource.__name__}Page")},
            errors={400, 404} if tables.policy(kind).finds_one else {400},
            parameters=[
                *(
                    query(name, schema)
                    for name, schema in parameter_schemas.of_list(tables, kind).items()
                ),
                {**query(ROW_TAGS, _ROW_TAGS), "in": "header"},
            ],
            tag=kind.plural,
        )
    }
    if kind.can("create"):
        described["POST"] = _creation(kind)
    return described


def _creation(kind: Kind) -> Operation:
    name = kind.resource_class.__name__
    refers = any(isinstance(field, Ref) and field.create for field in kind.fields.values())
    made = ref(name)
    required = [n for n, part in kind.parts.items() if part.shown != "never" and part.create]
    if required:
        made = {"allOf": [made], "required": required}
    return operation(
        f"create{name}",
        f"Create {_one(kind)}.",
        responses={201: made},
        errors={400, 404, 409} if refers else {400, 409},
        body={"schema": ref(f"{name}Create"), "example": _example(kind)},
        tag=kind.plural,
    )


def item(kind: Kind) -> dict[str, Operation]:
    """Return the operations of one object, by HTTP method."""
    name, tag = kind.resource_class.__name__, kind.plural
    found = ref(name)
    details = [n for n, field in kind.fields.items() if field.shown == "details"]
    if details:
        found = {"allOf": [found], "required": details}
    allowed = parameter_schemas.of_item(resolvable=bool(kind.inherits))
    usual = [n for n, f in kind.fields.items() if f.update and not f.feature]
    changes = {
        "schema": ref(f"{name}Update"),
        "example": {n: v for n, v in _example(kind).items() if n in usual},
    }
    described = {
        "GET": operation(
            f"get{name}",
            f"Show {_one(kind)}.",
            responses={200: found},
            errors={400, 404},
            parameters=[query(n, schema) for n, schema in allowed.items()],
            tag=tag,
        ),
        "PUT": operation(
            f"update{name}",
            f"Update {_one(kind)}. Omitted fields keep their values.",
            responses={200: ref(name)},
            errors={400, 404, 409},
            body=changes,
            tag=tag,
        ),
        "DELETE": operation(
            f"delete{name}",
            f"Delete {_one(kind)} and everything that belongs to it. Deleting {_one(kind)} "
            "that does not exist also returns 204.",
            responses={204: None},
            errors={409},
            tag=tag,
        ),
    }
    needs: dict[str, t.Literal["get", "update", "delete"]] = {
        "GET": "get",
        "PUT": "update",
        "DELETE": "delete",
    }
    return {method: made for method, made in described.items() if kind.can(needs[method])}


def deletion(kind: Kind) -> dict[str, Operation]:
    """Return the operations of the effects of a deletion, by HTTP method."""
    name = kind.resource_class.__name__
    made = operation(
        f"get{name}Deletion",
        f"Show the effects of deleting {_one(kind)}. This changes nothing.",
        responses={200: ref("Deletion")},
        errors={400, 404, 409},
        tag=kind.plural,
    )
    return {"GET": made}


def mapping_part(kind: Kind, part: str, resolvable: bool) -> dict[str, Operation]:
    """Return the operations of a mapping part, such as variables, by HTTP method.

    :param part: name of the part.
    :param resolvable: the part can include inherited values.
    """
    allowed = parameter_schemas.of_item(resolvable=resolvable)
    return _part(
        kind,
        part,
        shown=ref(_part_schema(part, dict)),
        parameters=[query(name, schema) for name, schema in allowed.items()],
        put=(
            f"Set {part}, and keep the other {part}.",
            "Variables",
            {"rack": "r1", "disks": [1, 2]},
        ),
        delete=(f"Delete {part} by name.", "VariableNames", ["rack"]),
    )


def list_part(kind: Kind, part: str) -> dict[str, Operation]:
    """Return the operations of a list part, such as labels, by HTTP method.

    :param part: name of the part.
    """
    example, name = {part: ["web"]}, _part_schema(part, list)
    return _part(
        kind,
        part,
        shown=ref(name),
        parameters=[],
        put=(f"Add {part}, and keep the other {part}.", name, example),
        delete=(f"Remove {part}.", name, example),
    )


def _part(
    kind: Kind,
    part: str,
    *,
    shown: JsonSchema,
    parameters: list[JsonSchema],
    put: tuple[str, str, t.Any],
    delete: tuple[str, str, t.Any],
) -> dict[str, Operation]:
    """Return the operations of a part.

    :param put: summary, name of the schema of the body, and an example.
    :param delete: the same for DELETE.
    """
    name = f"{kind.resource_class.__name__}{_camel(part.replace('_', ' '))}"

    def changing(verb: str, change: tuple[str, str, t.Any], responses: t.Any) -> Operation:
        summary, schema, example = change
        return operation(
            f"{verb}{name}",
            summary,
            responses=responses,
            errors={400, 404},
            body={"schema": ref(schema), "example": example},
            tag=kind.plural,
        )

    return {
        "GET": operation(
            f"get{name}",
            f"Show the {part.replace('_', ' ')} of {_one(kind)}.",
            responses={200: shown},
            errors={400, 404},
            parameters=parameters,
            tag=kind.plural,
        ),
        "PUT": changing("set", put, {200: shown}),
        "DELETE": changing("delete", delete, {204: None}),
    }


def tag(kind: Kind) -> dict[str, str]:
    """Return the tag of the operations of a kind."""
    return {"name": kind.plural, "description": _summary(kind)}


def path_parameter(kind: Kind) -> dict[str, t.Any]:
    """Return the path parameter for the id of an object."""
    made = query("id", json_schemas.identifier(kind, f"id of {_one(kind)}"))
    return {**made, "in": "path", "required": True}


def _example(kind: Kind) -> dict[str, t.Any]:
    """Return an example of a body, with the required fields."""
    fields = kind.fields.items()
    return {name: _example_of(kind, field) for name, field in fields if field.required}


def _example_of(kind: Kind, field: Field[t.Any]) -> t.Any:
    named = re.search(r"such as (\S+)$", field.help)
    if named:
        return named[1]
    if isinstance(field, Ref):
        return 1 if field.type is int else "00000000-0000-0000-0000-000000000001"
    if field.format == "ip":
        return "192.0.2.1"
    return 1 if field.type is int else f"my-{kind.hyphenated}"


def _one(kind: Kind) -> str:
    return f"a {kind.noun}"


def _summary(kind: Kind) -> str:
    """Return the first line of the docstring of a resource class."""
    return (kind.resource_class.__doc__ or "").strip().partition("\n")[0]


def _camel(text: str) -> str:
    return text.title().replace(" ", "")
