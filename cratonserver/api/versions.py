# SPDX-License-Identifier: Apache-2.0
"""The version documents at ``/`` and ``/v1``, by which OpenStack finds an API."""

from __future__ import annotations

import typing as t

import falcon

from cratonserver.api import json_response
from cratonserver.api.view import Responder, View
from cratonserver.openapi.operations import Operation, operation


class Versions(View):
    """Tell which versions of the API there are: one.

    keystoneauth reads this, whether an endpoint in the catalogue ends in ``/v1``
    or not.

    :param name: what generated clients call it.
    """

    #: It is asked for before anybody logs in.
    is_open = True

    def __init__(self, name: str) -> None:
        self._name = name

    def responders(self) -> dict[str, Responder]:
        """Return the responders."""
        return {"GET": self.get}

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the versions."""
        version = {
            "id": "v1.0",
            "status": "CURRENT",
            "links": [
                {"rel": "self", "href": f"{req.prefix}/v1"},
                {"rel": "collection", "href": f"{req.prefix}/"},
                {"rel": "describedby", "href": f"{req.prefix}/v1/openapi.json"},
            ],
        }
        json_response.answer(resp, {"versions": [version]})

    def describe(self) -> dict[str, Operation]:
        """Describe itself."""
        text: dict[str, t.Any] = {"type": "string"}
        link = {"type": "object", "properties": {"rel": text, "href": text}}
        version = {
            "type": "object",
            "properties": {
                "id": text,
                "status": text,
                "links": {"type": "array", "items": link},
            },
            "required": ["id", "status", "links"],
        }
        found = {
            "type": "object",
            "properties": {"versions": {"type": "array", "items": version}},
            "required": ["versions"],
        }
        summary = "Show the versions of the API."
        return {"GET": operation(self._name, summary, answers={200: found}, is_open=True)}
