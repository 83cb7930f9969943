# SPDX-License-Identifier: Apache-2.0
"""``/v1/identity``: the user who makes the request, the project and the role."""

from __future__ import annotations

import falcon

from cratonserver.api.json_response import set_body
from cratonserver.api.view import View
from cratonserver.identity import Identity
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import Operation, operation

PATH = "/v1/identity"

_ROLES = ("root", "admin", "member", "reader")
_FIELDS: JsonSchema = {
    "user": {"type": "string"},
    "user_id": {"type": ["integer", "null"]},
    "project_id": {"type": "string"},
    "role": {"type": "string", "enum": [*_ROLES]},
}


class OwnIdentity(View):
    """The view of the identity of a request. It reads nothing."""

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the identity."""
        who: Identity = req.context.identity
        shown = {"user": who.username, "user_id": who.user_id, "project_id": who.project_id}
        set_body(resp, {**shown, "role": role_of(who)})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        schema = {"type": "object", "properties": _FIELDS, "required": [*_FIELDS]}
        return {
            "GET": operation(
                "getIdentity",
                "Show the user who makes the request, the project and the role.",
                responses={200: schema},
                errors=set(),
            )
        }


def role_of(who: Identity) -> str:
    """Return the name of the highest role of a user.

    >>> role_of(Identity("p", can_write=False))
    'reader'
    """
    if not who.can_write:
        return "reader"
    return "root" if who.is_root else "admin" if who.is_admin else "member"
