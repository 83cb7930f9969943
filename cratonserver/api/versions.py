# SPDX-License-Identifier: Apache-2.0
"""The version documents at ``/`` and ``/v1``, for the version discovery of OpenStack."""

from __future__ import annotations

import typing as t

import falcon

from cratonserver.api import json_response
from cratonserver.api.view import View
from cratonserver.openapi.operations import Operation, operation

#: What this server can do beyond the API of 2017. Clients ask once instead of guessing.
FEATURES = (
    *("changes", "change_sets", "comparisons", "entity_tags", "follow", "lookups", "moving"),
    "undo",
    "webhooks",
)


class Versions(View):
    """The view of a version document, which lists the only version of the API.

    keystoneauth requests the document at the endpoint of the catalog, with or without
    ``/v1`` at its end.

    :param name: ``operationId`` of the GET operation.
    """

    #: Clients discover the version before they authenticate.
    is_open = True

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the versions."""
        version = {
            "id": "v1.0",
            "status": "CURRENT",
            "features": [*FEATURES],
            "links": [
                {"rel": "self", "href": f"{req.prefix}/v1"},
                {"rel": "collection", "href": f"{req.prefix}/"},
                {"rel": "describedby", "href": f"{req.prefix}/v1/openapi.json"},
            ],
        }
        json_response.set_body(resp, {"versions": [version]})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        text: dict[str, t.Any] = {"type": "string"}
        link = {"type": "object", "properties": {"rel": text, "href": text}}
        version = {
            "type": "object",
            "properties": {
                "id": text,
                "status": text,
                "features": {
                    "type": "array",
                    "items": {**text, "enum": [*FEATURES]},
                    "description": "what the server can do beyond the API of 2017",
                },
                "links": {"type": "array", "items": link},
            },
            "required": ["id", "status", "links"],
        }
        found = {
            "type": "object",
            "properties": {"versions": {"type": "array", "items": version}},
            "required": ["versions"],
        }
        summary = "List the versions of the API."
        return {"GET": operation(self._name, summary, responses={200: found}, is_open=True)}
