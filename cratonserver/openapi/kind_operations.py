# SPDX-License-Identifier: Apache-2.0
"""What the OpenAPI document says of the kinds: their schemas and operations."""

from __future__ import annotations

import functools
import re
import typing as t

from cratonclient import v1
from cratonclient.fields import Field, Ref, Sub
from cratonserver.api import query_parameters, views
from cratonserver.db import tables as declared
from cratonserver.openapi import json_schemas
from cratonserver.openapi.json_schemas import Schema
from cratonserver.openapi.operations import Operation, operation, query, ref

Kind = declared.Kind

_OBJECT: Schema = {"type": "object", "description": "JSON values by name"}


def components(schema: declared.Schema) -> dict[str, Schema]:
    """Make the schemas of all kinds, by name."""
    made: dict[str, Schema] = {
        "Error": _closed(message={"type": "string"}, status={"type": "integer"}),
        "Link": _closed(href={"type": "string"}, rel={"type": "string"}),
        "Value": _value(),
        "Variables": {**json_schemas.VARIABLES, "patternProperties": {"^.+": ref("Value")}},
        "VariableNames": json_schemas.VARIABLE_NAMES,
        "Labels": json_schemas.LABELS,
        "OwnVariables": _closed(variables=_OBJECT),
    }
    for kind in schema.kinds:
        name = kind.resource_class.__name__
        operations = kind.resource_class.operations
        made[name] = _representation(kind)
        made[f"{name}Page"] = _page(schema, kind)
        if "create" in operations:
            made[f"{name}Create"] = _with_values(json_schemas.for_create(kind))
        if "update" in operations:
            made[f"{name}Update"] = _with_values(json_schemas.for_update(kind))
    return made


def _closed(**properties: Schema) -> Schema:
    """Make the schema of an object that has these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _value() -> Schema:
    """Make the schema of a JSON value; the depth is what it cannot say."""
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


def _with_values(body: Schema) -> Schema:
    """Say in the schema of a body what the values of variables are."""
    if "variables" not in body["properties"]:
        return body
    text = body["properties"]["variables"]["description"]
    values = {"description": text, **ref("Variables")}
    return {**body, "properties": {**body["properties"], "variables": values}}


def _representation(kind: Kind) -> Schema:
    fields = kind.resource_class.fields()
    known = {name: field for name, field in fields.items() if field.shown != "never"}
    return {
        "type": "object",
        "description": (kind.resource_class.__doc__ or "").partition("\n")[0],
        "properties": {name: json_schemas.shown(field) for name, field in known.items()},
        "required": [name for name, field in known.items() if field.shown == "always"],
        "additionalProperties": False,
    }


def _page(schema: declared.Schema, kind: Kind) -> Schema:
    members = schema.members(kind)
    if members == [kind]:
        items = _array(kind)
    else:
        items = _closed(**{f"{m.key.replace('_', '-')}s": _array(m) for m in members})
    links: Schema = {"type": "array", "items": ref("Link")}
    return _closed(links=links, **{v1.collection_of(kind): items})


def _array(kind: Kind) -> Schema:
    return {"type": "array", "items": ref(kind.resource_class.__name__)}


@functools.singledispatch
def operations(view: t.Any) -> dict[str, Operation]:
    """Describe what a view answers, by method of HTTP."""
    described: dict[str, Operation] = view.describe()
    return described


@operations.register
def _collection(view: views.Collection) -> dict[str, Operation]:
    kind, resource, many = view.kind, view.kind.resource_class, _plural(view.kind)
    allowed = query_parameters.of_list(view.store.schema, kind)
    fields = resource.fields().values()
    refers = any(isinstance(field, Ref) and field.create for field in fields)
    made = ref(resource.__name__)
    if isinstance(resource.fields().get("variables"), Sub):
        made = {"allOf": [made], "required": ["variables"]}
    return {
        "GET": operation(
            f"list{_camel(many)}",
            f"List {many}.",
            answers={200: ref(f"{resource.__name__}Page")},
            refusals={400, 404} if view.rules.finds_one else {400},
            parameters=[query(name, schema) for name, schema in allowed.items()],
            tag=many,
        ),
        "POST": operation(
            f"create{resource.__name__}",
            f"Create {_one(kind)}.",
            answers={201: made},
            refusals={400, 404, 409} if refers else {400, 409},
            body={
                "schema": ref(f"{resource.__name__}Create"),
                "example": _example(kind),
            },
            tag=many,
        ),
    }


@operations.register
def _item(view: views.Item) -> dict[str, Operation]:
    resource, name = view.kind.resource_class, view.kind.resource_class.__name__
    fields = resource.fields()
    found = ref(name)
    if "variables" in fields:
        found = {"allOf": [found], "required": ["variables"]}
    allowed = query_parameters.of_one(resolvable=bool(resource.inherits))
    tag = _plural(view.kind)
    changes = {
        "schema": ref(f"{name}Update"),
        "example": {n: v for n, v in _example(view.kind).items() if fields[n].update},
    }
    return {
        "GET": operation(
            f"get{name}",
            f"Show {_one(view.kind)}.",
            answers={200: found},
            refusals={400, 404},
            parameters=[query(n, schema) for n, schema in allowed.items()],
            tag=tag,
        ),
        "PUT": operation(
            f"update{name}",
            f"Change {_one(view.kind)}: what is sent, and nothing else.",
            answers={200: ref(name)},
            refusals={400, 404, 409},
            body=changes,
            tag=tag,
        ),
        "DELETE": operation(
            f"delete{name}",
            f"Delete {_one(view.kind)} and what lives in it; that there is none is no error.",
            answers={204: None},
            refusals={409},
            tag=tag,
        ),
    }


@operations.register
def _variables(view: views.Variables) -> dict[str, Operation]:
    allowed = query_parameters.of_one(resolvable=view.rules.variables_path_resolves)
    return _part(
        view,
        "Variables",
        shown=ref("OwnVariables"),
        parameters=[query(name, schema) for name, schema in allowed.items()],
        put=("Set variables; the others stay.", "Variables", {"rack": "r1", "disks": [1, 2]}),
        delete=("Delete variables by name.", "VariableNames", ["rack"]),
    )


@operations.register
def _labels(view: views.Labels) -> dict[str, Operation]:
    example = {"labels": ["web"]}
    return _part(
        view,
        "Labels",
        shown=ref("Labels"),
        parameters=[],
        put=("Add labels; the others stay.", "Labels", example),
        delete=("Take labels away.", "Labels", example),
    )


def _part(
    view: views.View,
    part: str,
    *,
    shown: Schema,
    parameters: list[Schema],
    put: tuple[str, str, t.Any],
    delete: tuple[str, str, t.Any],
) -> dict[str, Operation]:
    """Describe a part of an object that has a path of its own."""
    name = f"{view.kind.resource_class.__name__}{part}"
    tag = _plural(view.kind)

    def changing(verb: str, change: tuple[str, str, t.Any], answer: t.Any) -> Operation:
        summary, schema, example = change
        return operation(
            f"{verb}{name}",
            summary,
            answers=answer,
            refusals={400, 404},
            body={"schema": ref(schema), "example": example},
            tag=tag,
        )

    return {
        "GET": operation(
            f"get{name}",
            f"Show the {part.lower()} of {_one(view.kind)}.",
            answers={200: shown},
            refusals={400, 404},
            parameters=parameters,
            tag=tag,
        ),
        "PUT": changing("set", put, {200: shown}),
        "DELETE": changing("delete", delete, {204: None}),
    }


def tag(kind: Kind) -> dict[str, str]:
    """Make the tag that the operations of a kind have."""
    text = (kind.resource_class.__doc__ or "").strip()
    return {"name": _plural(kind), "description": text.partition("\n")[0]}


def path_parameter(kind: Kind) -> dict[str, t.Any]:
    """Make the parameter that a path has for an id."""
    made = query("id", json_schemas.identifier(kind.resource_class, f"id of {_one(kind)}"))
    return {**made, "in": "path", "required": True}


def _example(kind: Kind) -> dict[str, t.Any]:
    """Make an example of a body, with what is required."""
    fields = kind.resource_class.fields().items()
    return {name: _example_of(kind, field) for name, field in fields if field.required}


def _example_of(kind: Kind, field: Field[t.Any]) -> t.Any:
    named = re.search(r"such as (\S+)$", field.help)
    if named:
        return named[1]
    if isinstance(field, Ref):
        return 1 if field.type is int else "00000000-0000-0000-0000-000000000001"
    if field.format == "ip":
        return "192.0.2.1"
    return 1 if field.type is int else f"my-{kind.key.replace('_', '-')}"


def _plural(kind: Kind) -> str:
    return v1.collection_of(kind).replace("_", " ")


def _one(kind: Kind) -> str:
    return f"a {kind.key.replace('_', ' ')}"


def _camel(text: str) -> str:
    return text.title().replace(" ", "")
