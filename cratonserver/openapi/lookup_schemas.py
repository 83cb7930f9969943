# SPDX-License-Identifier: Apache-2.0
"""The schemas of lookups: many objects by their names and ids, in one request."""

from __future__ import annotations

import typing as t

from cratonserver.openapi.json_schemas import JsonSchema

#: The maximum number of names and ids in a request.
MOST_WANTED = 5000
#: The maximum number of objects in a response.
MOST_FOUND = 20_000

#: The names of two hosts.
EXAMPLE = {"kind": "hosts", "names": ["web-1", "web-2"]}


def wanted(kinds: t.Collection[str]) -> JsonSchema:
    """Return the schema of the body of a lookup.

    :param kinds: the collections whose objects can be looked up.
    """

    def several(items: JsonSchema) -> JsonSchema:
        return {"type": "array", "items": items, "maxItems": MOST_WANTED}

    return {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": sorted(kinds)},
            "names": several({"type": "string", "maxLength": 255}),
            "ids": several({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
            "variables": {
                "type": "string",
                "enum": ["own", "resolved"],
                "description": "add the own variables, or those with the inherited ones",
            },
        },
        "required": ["kind"],
        "additionalProperties": False,
    }


def found() -> JsonSchema:
    """Return the schema of the response to a lookup."""
    return {
        "type": "object",
        "properties": {
            "objects": {
                "type": "array",
                "items": {"type": "object"},
                "description": "the objects with one of the names or ids, as in lists",
            },
            "revisions": {
                "type": "object",
                "description": "revision of the last change of each project of the objects",
                "additionalProperties": {"type": "integer"},
            },
        },
        "required": ["objects", "revisions"],
    }
