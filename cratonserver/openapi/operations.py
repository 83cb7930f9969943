# SPDX-License-Identifier: Apache-2.0
"""The building blocks of the OpenAPI document: operations, responses and errors.

Views that belong to no kind use them in their method ``describe``, which returns the
operations by HTTP method.
"""

from __future__ import annotations

import typing as t

from cratonserver.openapi import headers
from cratonserver.openapi.json_schemas import JsonSchema

Operation = dict[str, t.Any]
#: Key of the schema of a parameter that is repeated for each element.
REPEATED = "x-repeated"
#: The alternatives for authentication: an API key of Craton, or a token of Keystone.
SECURITY: list[dict[str, list[str]]] = [
    {"user": [], "key": [], "project": []},
    {"keystone": []},
]

#: The names and descriptions of error responses, by status.
_ERRORS = {
    400: ("Invalid", "The request is invalid. The message lists the problems."),
    401: ("Unauthenticated", "The credentials are missing or wrong."),
    403: ("Forbidden", "The user lacks the role that this operation requires."),
    404: ("NotFound", "The object does not exist, or is not visible to the user."),
    408: ("TooSlow", "The request did not arrive in time."),
    409: ("Conflict", "The name is taken, or the object is in use."),
    410: ("Pruned", "The change is not in the history any more."),
    411: ("NoLength", "The server cannot read a chunked body. Send Content-Length instead."),
    412: ("Changed", "The object was changed since the client read it."),
    413: ("BodyTooLarge", "The body is larger than the limit of the server."),
    414: ("URLTooLong", "The URL is longer than the limit of the server."),
    429: ("TooMany", "The user or the client address has too many requests. Try again."),
    431: ("HeadersTooLong", "The headers are longer than the limit of the server."),
    500: ("Failed", "An unexpected error occurred. The log of the server has the details."),
    501: ("UnknownCoding", "The server supports no Transfer-Encoding other than chunked."),
    503: ("Unavailable", "The service is temporarily unavailable. Try again."),
    504: ("TooLong", "The request takes too long. Ask for less at once, or try again."),
}
#: The error statuses of all operations. Most come from the layers around the views, see
#: :mod:`cratonserver.serving.size_limits` and :mod:`cratonserver.serving.server`.
ANYWHERE = frozenset({408, 411, 413, 414, 429, 431, 500, 501, 503, 504})


def ref(name: str) -> JsonSchema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
    operation_id: str,
    summary: str,
    *,
    responses: t.Mapping[int, JsonSchema | None],
    errors: t.Iterable[int] = (),
    parameters: t.Sequence[JsonSchema] = (),
    body: JsonSchema | None = None,
    tag: str = "server",
    is_open: bool = False,
) -> Operation:
    """Return an operation.

    :param operation_id: name of the operation in generated clients, such as ``listHosts``.
    :param summary: description, as one or more short sentences.
    :param responses: schemas of the bodies of responses, by status. ``None`` for no body.
    :param errors: error statuses, in addition to those of all operations.
    :param parameters: parameters of the query.
    :param body: media type object of the request body: its schema and an example.
    :param tag: tag of the operation, which is the plural of a kind, or ``server``.
    :param is_open: the operation needs no credentials.
    """
    made_responses = {str(status): response(schema) for status, schema in responses.items()}
    if 201 in responses:
        made_responses["201"]["headers"]["Location"] = {
            "description": "URL of the new object",
            "schema": {"type": "string"},
        }
    roles = () if is_open else (401, 403)
    for status in sorted({*ANYWHERE, *roles, *errors}):
        made_responses[str(status)] = {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}
    made: Operation = {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": made_responses,
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": body}}
    return {**made, "security": []} if is_open else made


def check(operation_id: str, summary: str) -> dict[str, Operation]:
    """Return the operations of a health check, which needs no credentials."""
    return {
        "GET": operation(operation_id, summary, responses={200: ref("Error")}, is_open=True)
    }


def response(schema: JsonSchema | None, description: str = "Success.") -> dict[str, t.Any]:
    """Return a response, without a body if the schema is ``None``."""
    made: dict[str, t.Any] = {
        "description": description,
        "headers": {"x-openstack-request-id": {"$ref": "#/components/headers/RequestId"}},
    }
    if schema is not None:
        made["content"] = {"application/json": {"schema": schema}}
    return made


def query(name: str, schema: JsonSchema) -> dict[str, t.Any]:
    """Return a parameter of the query string."""
    hidden = ("description", REPEATED)
    bare = {key: value for key, value in schema.items() if key not in hidden}
    made = {
        "name": name,
        "in": "query",
        "description": schema["description"],
        "schema": bare,
    }
    if schema["type"] == "array":
        made.update(style="form", explode=schema.get(REPEATED, False))
    return made


def head_operation(described: Operation) -> Operation:
    """Return the HEAD operation for a GET operation."""
    responses = {}
    for status, found in described["responses"].items():
        names = {f"#/components/responses/{name}": text for name, text in _ERRORS.values()}
        text = names.get(found.get("$ref", ""), "Success.")
        responses[status] = response(None, text)
    name = described["operationId"]
    return {
        **described,
        "operationId": f"head{name[0].upper()}{name[1:]}",
        "summary": f"{described['summary'].removesuffix('.')} (headers only).",
        "responses": responses,
    }


def options_operation(name: str, tag: str, is_open: bool) -> Operation:
    """Return the OPTIONS operation of a path."""
    made = operation(
        f"options{name}",
        "List the methods of this path.",
        responses={200: None},
        tag=tag,
        is_open=is_open,
    )
    made["responses"].pop("403", None)
    made["responses"]["200"]["headers"]["Allow"] = {
        "description": "the methods, separated by commas",
        "schema": {"type": "string"},
    }
    return made


def shared_components() -> dict[str, t.Any]:
    """Return the components that all operations share."""
    return {
        "responses": {name: response(ref("Error"), text) for name, text in _ERRORS.values()},
        "headers": {
            "RequestId": {
                "description": "id of the request in the log of the server",
                "schema": {"type": "string"},
            }
        },
        "parameters": headers.PARAMETERS,
        "securitySchemes": {
            "user": _header("X-Auth-User", "name of a Craton user"),
            "key": _header("X-Auth-Token", "API key of the user"),
            "project": _header("X-Auth-Project", "UUID of the project of the user"),
            "keystone": _header("X-Auth-Token", "Keystone token, on servers that use Keystone"),
        },
    }


def _header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}
