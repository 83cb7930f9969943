# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: routes, authentication, errors."""

from __future__ import annotations

import logging
import typing as t

import falcon

from cratonserver import authentication, errors, health, parameters, requestid, views
from cratonserver.settings import Settings
from cratonserver.store import Store, StoreError

LOG = logging.getLogger(__name__)

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


def make(store: Store, settings: Settings = Settings()) -> t.Any:  # noqa: B008, it is frozen
    """Make the application.

    :param store: an open store.
    :param settings: what is not left as it is.
    :returns: a WSGI application with the whole API below ``/v1``.
    """
    paths = _extras(store, settings)
    open_paths = frozenset(path for path, view in paths.items() if view.is_open)
    for kind in store.schema.kinds:
        collection = f"/v1/{parameters.collection_path(kind)}"
        paths.update({collection + suffix: view for suffix, view in views.of(store, kind)})
    app: t.Any = falcon.App(
        media_type=falcon.MEDIA_JSON,
        middleware=[authentication.LocalAuthentication(store, open_paths)],
    )
    app.req_options.strip_url_path_trailing_slash = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    app.router_options.converters["id"] = IdConverter
    app.set_error_serializer(_serialize)
    app.add_error_handler(errors.Refused, _answer_refused)
    app.add_error_handler(Exception, _answer_failure)
    for path, view in paths.items():
        app.add_route(path, view)
    return requestid.RequestIds(app)


def _extras(store: Store, settings: Settings) -> dict[str, t.Any]:
    """Give the views beside those of the kinds, by path.

    Each says whether it ``is_open``: answers whoever asks, without credentials.
    """
    return {"/healthcheck": health.Health(store)}


def _serialize(req: falcon.Request, resp: falcon.Response, exception: falcon.HTTPError) -> None:
    """Answer with an error of the framework itself in Craton's words."""
    status = exception.status_code
    if req.method not in falcon.COMBINED_METHODS:  # to Falcon that is a bad request
        status = resp.status = 405
    views.answer(resp, {"message": _MESSAGES.get(status, exception.title), "status": status})


def _answer_refused(
    req: falcon.Request, resp: falcon.Response, exception: errors.Refused, params: t.Any
) -> None:
    if isinstance(exception, StoreError):  # the operator's line is not for clients
        LOG.error("%s (%s)", exception, req.env[requestid.KEY])
    resp.status = exception.status
    views.answer(resp, {"message": exception.message, "status": exception.status})


def _answer_failure(
    req: falcon.Request, resp: falcon.Response, exception: Exception, params: t.Any
) -> None:
    """Answer with 500 and leave the reason to the log."""
    if isinstance(exception, falcon.HTTPError):
        raise exception
    LOG.exception("%s %s failed (%s)", req.method, req.path, req.env[requestid.KEY])
    resp.status = 500
    views.answer(resp, {"message": "An unknown exception occurred", "status": 500})
