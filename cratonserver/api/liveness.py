# SPDX-License-Identifier: Apache-2.0
"""``/livez``: the liveness check for process supervisors, which does not use the database."""

from __future__ import annotations

import falcon

from cratonserver.api import json_response
from cratonserver.api.view import View
from cratonserver.openapi.operations import Operation, check


class Liveness(View):
    """The view of the liveness check.

    It responds while the process processes requests. A supervisor that restarted the server
    whenever the database fails would make matters worse.
    """

    #: Supervisors have no credentials.
    is_open = True

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with 200."""
        json_response.set_body(resp, {"message": "OK", "status": 200})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return check(
            "getLiveness",
            "Check that the server processes requests, whether its database works or not.",
        )
