# SPDX-License-Identifier: Apache-2.0
"""Headers in the OpenAPI document: entity tags, conditions and reasons."""

from __future__ import annotations

import typing as t

from cratonclient import reasons
from cratonserver.openapi.json_schemas import JsonSchema

_TAG: JsonSchema = {
    "description": "entity tag: which state of an object or a list the response shows",
    "schema": {"type": "string"},
}


def _parameter(name: str, description: str, example: str) -> JsonSchema:
    schema = {"type": "string", "example": example}
    return {"name": name, "in": "header", "description": description, "schema": schema}


#: The headers of requests, by their names among the components of the document.
PARAMETERS: dict[str, JsonSchema] = {
    "IfMatch": _parameter(
        "If-Match",
        "entity tag of the object that the change builds on; 412 if somebody has changed it",
        '"7"',
    ),
    "IfNoneMatch": _parameter(
        "If-None-Match",
        "entity tag of the state that the client has; 304 if it is still the present one",
        '"7"',
    ),
    "Reason": _parameter(
        reasons.HEADER,
        "why the change is made, as percent-encoded UTF-8; the history shows it",
        "rack%20r7%20is%20replaced",
    ),
}


def reading(operation: dict[str, t.Any]) -> dict[str, t.Any]:
    """Add the headers of a request that shows an object or a list.

    :param operation: the operation, changed in place.
    """
    _add_tag(operation)
    _add_parameter(operation, "IfNoneMatch")
    operation["responses"]["304"] = {"description": "The client has the present state."}
    _add_tag(operation, "304")
    return operation


def changing(operation: dict[str, t.Any], *, tagged: bool = False) -> dict[str, t.Any]:
    """Add the headers of a request that changes something.

    :param operation: the operation, changed in place.
    :param tagged: it changes an object that has an entity tag already.
    """
    if tagged:
        _add_parameter(operation, "IfMatch")
        operation["responses"]["412"] = {"$ref": "#/components/responses/Changed"}
        # A deletion of an object that does not exist succeeds, but not with a condition.
        operation["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
    _add_parameter(operation, "Reason")
    operation["responses"].setdefault("400", {"$ref": "#/components/responses/Invalid"})
    return operation


def of_object(operations: dict[str, t.Any]) -> dict[str, t.Any]:
    """Add the headers of the requests for one object, or for a part of one.

    :param operations: the operations by HTTP method, changed in place.
    """
    for method, operation in operations.items():
        if method == "GET":
            reading(operation)
        else:
            changing(operation, tagged=True)
            _add_tag(operation)
    return operations


def of_collection(operations: dict[str, t.Any]) -> dict[str, t.Any]:
    """Add the headers of the requests for a collection.

    :param operations: the operations by HTTP method, changed in place.
    """
    for method, operation in operations.items():
        if method == "GET":
            reading(operation)
        else:
            _add_tag(changing(operation))
    return operations


def _add_parameter(operation: dict[str, t.Any], name: str) -> None:
    operation["parameters"].append({"$ref": f"#/components/parameters/{name}"})


def _add_tag(operation: dict[str, t.Any], *statuses: str) -> None:
    """Add the entity tag to responses.

    :param statuses: their statuses, by default those of successes.
    """
    responses = operation["responses"]
    for status in statuses or [s for s in responses if s.startswith("2")]:
        responses[status].setdefault("headers", {})["ETag"] = _TAG
