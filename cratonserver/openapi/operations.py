# SPDX-License-Identifier: Apache-2.0
"""What an OpenAPI document is made of: operations, answers, errors.

A view that belongs to no kind describes itself with these, in a method
``describe`` that gives an operation for each method of HTTP.
"""

from __future__ import annotations

import typing as t

from cratonserver.openapi.json_schemas import JsonSchema

Operation = dict[str, t.Any]
#: How a user says who it is: Craton's own way, or Keystone's.
SECURITY: list[dict[str, list[str]]] = [
    {"user": [], "key": [], "project": []},
    {"keystone": []},
]

_REFUSALS = {
    400: ("Invalid", "The request does not fit. The message names every problem."),
    401: ("Unauthenticated", "The credentials are missing or wrong."),
    403: ("Forbidden", "The user has not the role that this needs."),
    404: ("NotFound", "There is no such object, or none that the user may see."),
    408: ("TooSlow", "The request did not arrive in time."),
    409: ("Conflict", "The name is taken, or the object is in use."),
    411: ("NoLength", "The server needs to know the length of the body."),
    413: ("BodyTooLarge", "The body is larger than the server takes."),
    414: ("URLTooLong", "The URL is longer than the server takes."),
    431: ("HeadersTooLong", "The headers are longer than the server takes."),
    500: ("Failed", "The server failed. Its log tells why, under the id of the request."),
    501: ("UnknownCoding", "The only Transfer-Encoding that is known is chunked."),
    503: ("Unavailable", "The server cannot do it now. It may be tried again."),
}
#: What any request may be answered with: those that do not get to their view (see
#: :mod:`cratonserver.serving.size_limits` and :mod:`~cratonserver.serving.server`), and
#: those that fail.
ANYWHERE = frozenset({408, 411, 413, 414, 431, 500, 501, 503})


def ref(name: str) -> JsonSchema:
    """Refer to a schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
    operation_id: str,
    summary: str,
    *,
    answers: t.Mapping[int, JsonSchema | None],
    refusals: t.Iterable[int] = (),
    parameters: t.Sequence[JsonSchema] = (),
    body: JsonSchema | None = None,
    tag: str = "server",
    is_open: bool = False,
) -> Operation:
    """Make an operation.

    :param operation_id: what generated clients call it, such as ``listHosts``.
    :param summary: what it does, as a short sentence.
    :param answers: the schema of the body by status, ``None`` for no body.
    :param refusals: the statuses of errors, beside those that occur everywhere.
    :param parameters: of the path and the query.
    :param body: the schema of the body that it needs.
    :param tag: what it belongs to.
    :param is_open: whether it needs no credentials.
    """
    responses = {str(status): answer(schema) for status, schema in answers.items()}
    if 201 in answers:
        responses["201"]["headers"]["Location"] = {
            "description": "URL of the new object",
            "schema": {"type": "string"},
        }
    roles = () if is_open else (401, 403)
    for status in sorted({*ANYWHERE, *roles, *refusals}):
        responses[str(status)] = {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"}
    made: Operation = {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": responses,
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": body}}
    return {**made, "security": []} if is_open else made


def answer(schema: JsonSchema | None, description: str = "Done.") -> dict[str, t.Any]:
    """Make an answer with a body, or with none."""
    made: dict[str, t.Any] = {
        "description": description,
        "headers": {"x-openstack-request-id": {"$ref": "#/components/headers/RequestId"}},
    }
    if schema is not None:
        made["content"] = {"application/json": {"schema": schema}}
    return made


def query(name: str, schema: JsonSchema) -> dict[str, t.Any]:
    """Make a parameter of the query string."""
    bare = {key: value for key, value in schema.items() if key != "description"}
    made = {
        "name": name,
        "in": "query",
        "description": schema["description"],
        "schema": bare,
    }
    if schema["type"] == "array":
        made.update(style="form", explode=False)
    return made


def without_body(described: Operation) -> Operation:
    """Make HEAD of GET."""
    responses = {}
    for status, found in described["responses"].items():
        names = {f"#/components/responses/{name}": text for name, text in _REFUSALS.values()}
        text = names.get(found.get("$ref", ""), "Done.")
        responses[status] = answer(None, text)
    name = described["operationId"]
    return {
        **described,
        "operationId": f"head{name[0].upper()}{name[1:]}",
        "summary": f"{described['summary'].removesuffix('.')}, without the body.",
        "responses": responses,
    }


def methods(name: str, tag: str, is_open: bool) -> Operation:
    """Make OPTIONS, which every path has."""
    made = operation(
        f"options{name}",
        "Tell the methods of this path.",
        answers={200: None},
        tag=tag,
        is_open=is_open,
    )
    made["responses"].pop("403", None)
    made["responses"]["200"]["headers"]["Allow"] = {
        "description": "the methods, separated by commas",
        "schema": {"type": "string"},
    }
    return made


def shared() -> dict[str, t.Any]:
    """Make the components that all operations share."""
    return {
        "responses": {name: answer(ref("Error"), text) for name, text in _REFUSALS.values()},
        "headers": {
            "RequestId": {
                "description": "under which the log of the server has the request",
                "schema": {"type": "string"},
            }
        },
        "securitySchemes": {
            "user": _header("X-Auth-User", "name of a user of Craton itself"),
            "key": _header("X-Auth-Token", "API key of that user"),
            "project": _header("X-Auth-Project", "UUID of the project of that user"),
            "keystone": _header("X-Auth-Token", "token of Keystone, on servers that use it"),
        },
    }


def _header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}
