# SPDX-License-Identifier: Apache-2.0
"""``/healthcheck``: what a load balancer asks."""

from __future__ import annotations

import logging

import falcon
import sqlalchemy as sa

from cratonserver.api import json_response
from cratonserver.api.view import Responder, View
from cratonserver.db.store import Store, StoreError
from cratonserver.openapi.operations import Operation, operation, ref

LOG = logging.getLogger(__name__)


class Health(View):
    """Tell whether this server can do its work, which is whether its database answers.

    :param store: the store.
    """

    #: A load balancer has no credentials.
    is_open = True

    def __init__(self, store: Store) -> None:
        self._store = store

    def responders(self) -> dict[str, Responder]:
        """Return the responders."""
        return {"GET": self.get}

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200, or 503 without the reason, which the log has."""
        message, status = "OK", 200
        try:
            with self._store.read(single_query=True) as connection:
                connection.execute(sa.select(1))
        except (StoreError, sa.exc.SQLAlchemyError):
            LOG.exception("The database does not answer")
            message, status = "The database does not answer", 503
        resp.status = status
        resp.set_header("Cache-Control", "no-store")
        json_response.answer(resp, {"message": message, "status": status})

    def describe(self) -> dict[str, Operation]:
        """Describe itself."""
        return {
            "GET": operation(
                "getHealth",
                "Tell whether the server can do its work.",
                answers={200: ref("Error")},
                is_open=True,
            )
        }
