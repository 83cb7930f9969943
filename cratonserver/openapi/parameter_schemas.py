# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of query parameters."""

from __future__ import annotations

import typing as t

from cratonclient.fields import Field
from cratonclient.kinds import Kind
from cratonserver.db import list_query
from cratonserver.db.tables import Tables
from cratonserver.openapi import json_schemas
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import REPEATED


def _flag(description: str, default: bool) -> JsonSchema:
    return {"description": description, "type": "boolean", "default": default}


_RESOLVED = _flag("include inherited variables", True)
_VARS: JsonSchema = {
    "description": "conditions on variables: comma-separated PATH:VALUE pairs, VALUE as JSON",
    "type": "string",
    "example": 'disks[*].size:"2T",rack:"r1"',
}
#: The comparisons of a list. Each is a parameter of its own.
_WHERE: JsonSchema = {
    "description": "comparisons of fields and variables, all of which must hold: a field, or "
    "vars. and a path, an operator (= != < <= > >= ~), and a value; without an operator, there "
    "is a value, and with ! in front, there is none",
    "type": "array",
    "items": {"type": "string"},
    "maxItems": 16,
    "example": ["vars.os.kernel<5.10"],
    REPEATED: True,
}
_NAME_PREFIX: JsonSchema = {
    "description": "beginning of the names; no character is a wildcard",
    "type": "string",
    "example": "web-",
}
_LIMIT: JsonSchema = {
    "description": "maximum number of objects on a page",
    "type": "integer",
    "minimum": list_query.MIN_LIMIT,
    "maximum": list_query.MAX_LIMIT,
    "default": list_query.DEFAULT_LIMIT,
}
_MARKER_VALUES: JsonSchema = {
    "description": "values that the marker is sorted by, from a link: a page can be found "
    "with them even if the marker was deleted",
    "type": "string",
    "example": '["2026-01-31T12:00:00.000000"]',
}
_SORT_DIR: JsonSchema = {
    "description": "direction to sort in",
    "type": "string",
    "enum": ["asc", "desc"],
    "default": "asc",
}


def of_list(tables: Tables, kind: Kind) -> dict[str, JsonSchema]:
    """Return the schemas of the parameters of a list, by name."""
    allowed = {
        name: json_schemas.parameter(field, list_query.compared(kind, name))
        for name, field in filters(kind).items()
    }
    allowed.update(
        limit=_LIMIT,
        marker=json_schemas.identifier(kind, "id of the last object of the previous page"),
        marker_values=_MARKER_VALUES,
        sort_keys=_sort_keys(kind),
        sort_dir=_SORT_DIR,
    )
    if _is_sorted_by_name(tables, kind):
        allowed["name_prefix"] = _NAME_PREFIX
    if tables.has_variables(kind) and _has_details(tables, kind):
        allowed["details"] = _flag("include the variables of each object", False)
    allowed["where"] = _WHERE
    if "variables" in kind.parts:
        allowed["vars"] = _VARS
    if kind.inherits:
        allowed["resolved-values"] = _RESOLVED
    ignored = tables.policy(kind).ignored_parameters
    return {**allowed, **dict.fromkeys(ignored, _flag("accepted, but without effect", False))}


def of_item(*, resolvable: bool) -> dict[str, JsonSchema]:
    """Return the schemas of the parameters of a request for one object, by name.

    :param resolvable: the variables can include inherited variables.
    """
    return {"resolved-values": _RESOLVED} if resolvable else {}


def filters(kind: Kind) -> dict[str, Field[t.Any]]:
    """Return the filters of a list: the fields to compare with, by name."""
    resource = kind.resource_class
    return {**{name: kind.fields[name] for name in resource.filters}, **resource.parameters}


def _sort_keys(kind: Kind) -> JsonSchema:
    return {
        "description": "fields to sort by, in order",
        "type": "array",
        "items": {"type": "string", "enum": list_query.sortable(kind)},
        "minItems": 1,
        "default": list(list_query.DEFAULT_SORT),
    }


def _is_sorted_by_name(tables: Tables, kind: Kind) -> bool:
    """Return True if an index has the names of a kind. No index has those of several kinds."""
    has_names = kind.resource_class.NAME_ATTR in list_query.sortable(kind)
    return has_names and tables.members(kind) == [kind]


def _has_details(tables: Tables, kind: Kind) -> bool:
    """Return True if all kinds in a list have a path for variables, so it can show them."""
    return all("variables" in member.parts for member in tables.members(kind))
