# SPDX-License-Identifier: Apache-2.0
"""``/healthcheck``: the health check for load balancers."""

from __future__ import annotations

import logging
import math
import threading
import time

import falcon
import sqlalchemy as sa

from cratonserver.api import json_response
from cratonserver.api.view import View
from cratonserver.db.dialect import one_line
from cratonserver.db.store import Store, StoreError
from cratonserver.openapi.operations import Operation, check

LOG = logging.getLogger(__name__)

#: Seconds for which a result is used again.
LIFETIME = 1.0
#: Seconds after which a check that has not ended means that the database does not respond.
PATIENCE = 5.0
#: Seconds after which a problem that lasts is logged again.
_REMINDER = 60.0

_SILENT = "The database does not respond"


class Health(View):
    """The view of the health check, which checks that the database can be read and written.

    Many load balancers may ask at the same time: at most one check runs, and its result is
    used for :data:`LIFETIME`.

    :param store: the store.
    """

    #: Load balancers have no credentials.
    is_open = True

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        #: The problem that the last check found, or an empty string.
        self._problem = ""
        self._checked = self._logged = -math.inf

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with 200 if the database works, else with 503. Log the reason."""
        problem = self._current()
        resp.status = status = 503 if problem else 200
        json_response.set_body(resp, {"message": problem or "OK", "status": status})

    def _current(self) -> str:
        """Return the problem of the database, or an empty string.

        While another thread checks, this returns the last result if it is not too old, so
        that a check that takes long does not occupy a thread for each load balancer.
        """
        age = time.monotonic() - self._checked
        if age < LIFETIME:
            return self._problem
        is_old = age > PATIENCE
        if not self._lock.acquire(timeout=PATIENCE if is_old else 0):
            return _SILENT if is_old else self._problem
        try:
            if time.monotonic() - self._checked >= LIFETIME:
                self._check()
            return self._problem
        finally:
            self._lock.release()

    def _check(self) -> None:
        """Check the database. Log a problem, but not every second while it lasts."""
        found, reason = self._find_problem()
        now = time.monotonic()
        if found and (found != self._problem or now - self._logged > _REMINDER):
            LOG.error("%s: %s", found, reason)
            self._logged = now
        self._problem, self._checked = found, now

    def _find_problem(self) -> tuple[str, str]:
        """Return the problem of the database for the client, and its reason for the log."""
        try:
            self._store.run_query(lambda connection: connection.execute(sa.select(1)))
        except (StoreError, sa.exc.SQLAlchemyError) as exc:
            return _SILENT, one_line(exc)
        try:
            self._store.check_writable()
        except StoreError as exc:
            return exc.message.removesuffix("."), str(exc)
        except sa.exc.SQLAlchemyError as exc:
            return "The database cannot be written", one_line(exc)
        return "", ""

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return check(
            "getHealth",
            "Check that the server works, and that its database can be read and written.",
        )
