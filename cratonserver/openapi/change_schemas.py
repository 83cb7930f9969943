# SPDX-License-Identifier: Apache-2.0
"""The schemas of changes: parameters of the history, and changes."""

from __future__ import annotations

import typing as t

from cratonclient import reasons
from cratonclient.kinds import Kind
from cratonserver.db import list_query
from cratonserver.openapi import json_schemas
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import query

#: A time as objects have it.
_TIME: JsonSchema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\Z",
}
#: The parameter for another project.
OF_PROJECT: dict[str, JsonSchema] = {
    "project_id": {
        "type": "string",
        "description": "project of the changes, for root users; by default the own project",
    }
}

#: The maximum number of changes in a change set.
MOST_CHANGES = 20_000
#: The number of seconds that a request for changes waits at most.
MOST_SECONDS = 60
#: The body of a request to undo a change.
UNDO: JsonSchema = {
    "type": "object",
    "properties": {
        "force": {
            "type": "boolean",
            "description": "undo it although its objects were changed since",
        },
        "dry_run": {"type": "boolean", "description": "show what would happen"},
        "unchanged_since": {
            "type": "integer",
            "minimum": 0,
            "description": "revision after which nobody may have changed what undoing changes",
        },
    },
    "additionalProperties": False,
}


def item(kinds: t.Mapping[str, Kind]) -> JsonSchema:
    """Return the schema of a change in a change set.

    :param kinds: the kinds whose objects can be changed, by collection.
    """
    created: JsonSchema = {
        "type": "object",
        "properties": {"created": {"type": "integer", "minimum": 0}},
        "required": ["created"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["create", "update", "delete"]},
            "kind": {"type": "string", "enum": sorted(kinds)},
            "id": {"anyOf": [{"type": "integer"}, {"type": "string"}, created]},
            "values": {"type": "object"},
            "unchanged_since": {
                "type": "integer",
                "minimum": 0,
                "description": "revision after which nobody may have changed the object, nor "
                "anything that is deleted with it",
            },
        },
        "additionalProperties": {"type": "object"},
        "required": ["action", "kind"],
    }


def change_set(kinds: t.Mapping[str, Kind]) -> JsonSchema:
    """Return the schema of the body that posts a change set.

    :param kinds: the kinds whose objects can be changed, by collection.
    """
    schema = envelope()
    schema["properties"]["changes"]["items"] = _described_change(kinds)
    return schema


def _described_change(kinds: t.Mapping[str, Kind]) -> JsonSchema:
    """Return the schema of a change for the OpenAPI document.

    :func:`item` is the part of it that all changes have in common. The server checks the rest
    with the kind at hand, which gives better messages.

    :param kinds: the kinds whose objects can be changed, by collection.
    """
    made = item(kinds)
    parts = _parts(kinds.values())
    made["properties"] |= parts
    made["additionalProperties"] = False
    beside_values = dict.fromkeys(("id", "unchanged_since", *parts), False)
    beside_id = dict.fromkeys(("values", *parts), False)
    made["oneOf"] = [
        _variant("create", ["values"], beside_values),
        _variant("update", ["id"], {}),
        _variant("delete", ["id"], beside_id),
    ]
    return made


def _variant(action: str, required: list[str], without: t.Mapping[str, bool]) -> JsonSchema:
    """Return what an action needs, and the members that it does not have."""
    return {"properties": {"action": {"enum": [action]}, **without}, "required": required}


def _parts(kinds: t.Iterable[Kind]) -> dict[str, JsonSchema]:
    """Return the schemas of the changes of parts by their names, such as ``variables``."""
    found: dict[str, list[JsonSchema]] = {}
    for kind in kinds:
        made = {
            name: _part({"set": json_schemas.VARIABLES, "unset": json_schemas.VARIABLE_NAMES})
            for name, part in kind.parts.items()
            if part.type is dict
        }
        made |= {
            name: _part(
                {
                    "add": json_schemas.strings(part)["properties"][name],
                    "remove": json_schemas.VARIABLE_NAMES,
                }
            )
            for name, part in kind.parts.items()
            if part.type is not dict
        }
        for name, schema in made.items():
            known = found.setdefault(name, [])
            known += [] if schema in known else [schema]
    return {
        name: schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        for name, schemas in sorted(found.items())
    }


def _part(changes: dict[str, JsonSchema]) -> JsonSchema:
    """Return the schema of the changes of a part."""
    return {"type": "object", "properties": changes, "additionalProperties": False}


def envelope() -> JsonSchema:
    """Return the schema of a change set whose changes are checked one by one."""
    return {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "maxLength": reasons.MAX_LENGTH},
            "dry_run": {"type": "boolean"},
            "changes": {"type": "array", "minItems": 1, "maxItems": MOST_CHANGES},
        },
        "required": ["changes"],
        "additionalProperties": False,
    }


def parameters(kinds: t.Mapping[str, Kind]) -> dict[str, JsonSchema]:
    """Return the schemas of the parameters of the history, by name."""
    text = {"type": "string"}
    return {
        "limit": {
            "type": "integer",
            "minimum": list_query.MIN_LIMIT,
            "maximum": list_query.MAX_LIMIT,
            "description": "number of changes",
        },
        "marker": {
            "type": "integer",
            "minimum": 0,
            "maximum": 2**62,
            "description": "revision of the last change of the previous page",
        },
        "sort_dir": {
            **text,
            "enum": ["asc", "desc"],
            "description": "desc for the newest first, which is the default",
        },
        "kind": {
            **text,
            "enum": sorted(kinds),
            "description": "only changes of objects of this kind",
        },
        "id": {**text, "description": "only changes of the object with this id"},
        "name": {
            **text,
            "description": "only changes of objects of the kind that have this name, or had it "
            "before they were renamed or deleted",
        },
        "username": {**text, "description": "only changes by this user"},
        "since": {**_TIME, "description": "only changes at this time (UTC) or later"},
        "until": {**_TIME, "description": "only changes at this time (UTC) or earlier"},
        "reason": {**text, "description": "only changes with this text in their reason"},
        "after": {
            "type": "integer",
            "minimum": 0,
            "maximum": 2**62,
            "description": "only changes after this revision, the oldest first; not with "
            "sort_dir=desc and not with marker",
        },
        "wait": {
            "type": "integer",
            "minimum": 0,
            "maximum": MOST_SECONDS,
            "description": "seconds to wait for a change after the revision. Any change of the "
            "project ends the wait: with filters, a response ends earlier, with no changes, if "
            "it does not match. Continue after its last_revision",
        },
        **OF_PROJECT,
    }


def described(kinds: t.Mapping[str, Kind]) -> list[JsonSchema]:
    """Return the parameters of the history for the OpenAPI document."""
    return [query(name, schema) for name, schema in parameters(kinds).items()]


#: The parameter in the paths of a change.
REVISION: JsonSchema = {
    "name": "revision",
    "in": "path",
    "required": True,
    "description": "revision of the change",
    "schema": {"type": "integer", "minimum": 1},
}


def described_item() -> list[JsonSchema]:
    """Return the parameters of one change for the OpenAPI document."""
    return [query(name, schema) for name, schema in OF_PROJECT.items()]


def page() -> JsonSchema:
    """Return the schema of a page of the history."""
    counts: JsonSchema = {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {
                name: {"type": "integer"} for name in ("created", "updated", "deleted")
            },
        },
    }
    return {
        "type": "object",
        "properties": {
            "changes": {"type": "array", "items": _change(counts=counts)},
            "last_revision": {
                "type": "integer",
                "description": "revision of the last change of the project",
            },
            "links": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["changes", "last_revision", "links"],
    }


#: A change set.
EXAMPLE = {
    "reason": "rack r7 is replaced",
    "changes": [
        {
            "action": "update",
            "kind": "hosts",
            "id": 12,
            "variables": {"set": {"rack": "r8"}, "unset": ["slot"]},
        },
        {"action": "delete", "kind": "hosts", "id": 13},
    ],
}


def posted() -> JsonSchema:
    """Return the schema of the response to a change set."""
    return {
        "type": "object",
        "properties": {
            "revision": {"type": ["integer", "null"]},
            "created": {
                "type": "object",
                "description": "ids of the created objects, by position in the change set",
            },
            "dry_run": {"type": "boolean"},
            "objects": _objects(),
        },
        "required": ["revision", "created"],
    }


def undone() -> JsonSchema:
    """Return the schema of a change that undoes another one."""
    number: JsonSchema = {"type": "integer"}
    return {
        "type": "object",
        "properties": {
            "revision": number,
            "undoes": number,
            "dry_run": {"type": "boolean"},
            "objects": _objects(),
            "missing": {
                "type": "array",
                "items": {"type": "object"},
                "description": "objects of the undone change that do not exist any more, the "
                "first 100",
            },
        },
        "required": ["revision", "undoes", "objects", "missing"],
    }


def change() -> JsonSchema:
    """Return the schema of one change."""
    undone_by: JsonSchema = {
        "type": ["integer", "null"],
        "description": "revision of the last change that undoes it",
    }
    return _change(undone_by=undone_by, objects=_objects())


def _objects() -> JsonSchema:
    values: JsonSchema = {"type": ["object", "null"]}
    one: JsonSchema = {
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "id": {"type": ["integer", "string"]},
            "name": {"type": ["string", "null"]},
            "action": {"type": "string", "enum": ["created", "updated", "deleted"]},
            "before": values,
            "after": values,
        },
        "required": ["kind", "id", "action", "before", "after"],
    }
    return {"type": "array", "items": one}


def _change(**more: JsonSchema) -> JsonSchema:
    text: JsonSchema = {"type": ["string", "null"]}
    number: JsonSchema = {"type": ["integer", "null"]}
    properties = {
        "revision": {"type": "integer"},
        "project_id": {"type": "string"},
        "created_at": {"type": "string"},
        "username": {"type": "string"},
        "user_id": number,
        "key_name": text,
        "role": {"type": "string"},
        "address": text,
        "request_id": text,
        "reason": text,
        "undoes": number,
        **more,
    }
    return {"type": "object", "properties": properties, "required": sorted(properties)}
