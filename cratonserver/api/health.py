# SPDX-License-Identifier: Apache-2.0
"""``/healthcheck``: the health check for load balancers."""

from __future__ import annotations

import logging

import falcon
import sqlalchemy as sa

from cratonserver.api import json_response
from cratonserver.api.view import View
from cratonserver.db.store import Store, StoreError
from cratonserver.openapi.operations import Operation, operation, ref

LOG = logging.getLogger(__name__)


class Health(View):
    """The view of the health check, which sends a query to the database.

    :param store: the store.
    """

    #: Load balancers have no credentials.
    is_open = True

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with 200 if the database responds, else with 503. Log the reason."""
        message, status = "OK", 200
        try:
            with self._store.read(single_query=True) as connection:
                connection.execute(sa.select(1))
        except (StoreError, sa.exc.SQLAlchemyError):
            LOG.exception("The database does not respond")
            message, status = "The database does not respond", 503
        resp.status = status
        resp.set_header("Cache-Control", "no-store")
        json_response.set_body(resp, {"message": message, "status": status})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return {
            "GET": operation(
                "getHealth",
                "Check that the server and its database work.",
                responses={200: ref("Error")},
                is_open=True,
            )
        }
