# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: routes, authentication, errors."""

from __future__ import annotations

import logging
import typing as t
import uuid

import falcon

from cratonserver import errors, identity, parameters, views
from cratonserver.store import Store

LOG = logging.getLogger(__name__)

#: Where a caller inside the process says who it is. Nobody can set it from
#: outside: what comes from the network is below ``HTTP_``.
IDENTITY_KEY = "cratonserver.identity"

_MESSAGES = {
    404: "The requested URL was not found on the server.  If you entered the URL "
    "manually please check your spelling and try again.",
    405: "The method is not allowed for the requested URL.",
}


class IdConverter(falcon.routing.BaseConverter):
    """Take any id in a path but an empty one: ``/v1/hosts/`` is no path."""

    def convert(self, value: str) -> str | None:
        """Give the id, ``None`` to look for another path."""
        return value or None


class RequestId:
    """Mark every answer with an id under which the log has it."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Make the id; one that the client sends is not believed."""
        req.context.request_id = f"req-{uuid.uuid4()}"
        resp.set_header("x-openstack-request-id", req.context.request_id)


class LocalAuthentication:
    """Find out who makes a request by Craton's own users."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._users = store.schema.table(store.schema.kind("users"))

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put the identity into the context, or refuse the request."""
        known = req.env.get(IDENTITY_KEY)
        if known is None:
            with self._store.read() as connection:
                known = identity.authenticate(
                    connection,
                    self._users,
                    req.get_header("X-Auth-User"),
                    req.get_header("X-Auth-Token"),
                    req.get_header("X-Auth-Project"),
                )
        req.context.identity = known


def make(store: Store) -> t.Any:
    """Make the application.

    :param store: an open store.
    :returns: a WSGI application with the whole API below ``/v1``.
    """
    app: t.Any = falcon.App(
        media_type=falcon.MEDIA_JSON,
        middleware=[RequestId(), LocalAuthentication(store)],
    )
    app.req_options.strip_url_path_trailing_slash = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    app.router_options.converters["id"] = IdConverter
    app.set_error_serializer(_serialize)
    app.add_error_handler(errors.Refused, _answer_refused)
    app.add_error_handler(Exception, _answer_failure)
    for kind in store.schema.kinds:
        collection = f"/v1/{parameters.collection_path(kind)}"
        for suffix, view in views.of(store, kind):
            app.add_route(collection + suffix, view)
    return app


def _serialize(req: falcon.Request, resp: falcon.Response, exception: falcon.HTTPError) -> None:
    """Answer with an error of the framework itself in Craton's words."""
    status = exception.status_code
    if req.method not in falcon.COMBINED_METHODS:  # to Falcon that is a bad request
        status = resp.status = 405
    views.answer(resp, {"message": _MESSAGES.get(status, exception.title), "status": status})


def _answer_refused(
    req: falcon.Request, resp: falcon.Response, exception: errors.Refused, params: t.Any
) -> None:
    resp.status = exception.status
    views.answer(resp, {"message": exception.message, "status": exception.status})


def _answer_failure(
    req: falcon.Request, resp: falcon.Response, exception: Exception, params: t.Any
) -> None:
    """Answer with 500 and leave the reason to the log."""
    if isinstance(exception, falcon.HTTPError):
        raise exception
    LOG.exception("%s %s failed (%s)", req.method, req.path, req.context.request_id)
    resp.status = 500
    views.answer(resp, {"message": "An unknown exception occurred", "status": 500})
