# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: routes, authentication, errors."""

from __future__ import annotations

import logging
import typing as t

import falcon

from cratonserver import errors
from cratonserver.api import (
    ansible_inventory,
    description,
    health,
    json_response,
    query_parameters,
    user_key,
    versions,
    views,
)
from cratonserver.auth import local
from cratonserver.config.settings import Settings
from cratonserver.db.store import Store, StoreError
from cratonserver.serving import gateway, proxies, size_limits

if t.TYPE_CHECKING:
    from oslo_config import cfg

LOG = logging.getLogger(__name__)

_METHODS = ("DELETE", "GET", "HEAD", "POST", "PUT")
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


class Methods:
    """Tell the methods of a path, as the framework does not: all of them, always."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Refuse methods that a path does not have, and answer OPTIONS.

        To Falcon, those that nobody ever heard of are bad requests, and OPTIONS is
        no method that it would name in an answer to OPTIONS (RFC 9110, 10.2.1).
        """
        if resource is None:
            return
        known = [m for m in _METHODS if callable(getattr(resource, f"on_{m.lower()}", None))]
        if req.method == "OPTIONS":
            resp.set_headers({"Allow": ", ".join([*known, "OPTIONS"]), "Content-Length": "0"})
            resp.complete = True
        elif req.method not in known:
            raise falcon.HTTPMethodNotAllowed([*known, "OPTIONS"])


def make(
    store: Store,
    settings: Settings = Settings(),  # noqa: B008, it is frozen
    parsed: cfg.ConfigOpts | None = None,
) -> t.Any:
    """Make the application.

    :param store: an open store.
    :param settings: what is not left as it is.
    :param parsed: oslo.config's view of the configuration, for keystonemiddleware.
    :returns: a WSGI application with the whole API below ``/v1``.
    """
    paths = routes(store, settings)
    open_paths = frozenset(p for p, view in paths.items() if getattr(view, "is_open", False))
    app: t.Any = falcon.App(
        media_type=falcon.MEDIA_JSON,
        middleware=[
            _authentication(store, settings, open_paths),
            Methods(),
            local.ReadersOnlyRead(),
        ],
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
    layers = app
    if settings.auth == "keystone":
        from cratonserver.auth import keystone

        layers = keystone.Checked(app, parsed, open_paths)
    layers = size_limits.Limited(layers, settings.limits)
    return gateway.Gateway(
        proxies.behind(layers, settings.proxies), access_log=settings.log.access_log
    )


def _authentication(store: Store, settings: Settings, open_paths: frozenset[str]) -> t.Any:
    if settings.auth == "keystone":
        from cratonserver.auth import keystone

        return keystone.KeystoneAuthentication(store, settings.roles, open_paths)
    return local.LocalAuthentication(store, open_paths)


def routes(store: Store, settings: Settings = Settings()) -> dict[str, t.Any]:  # noqa: B008
    """Give the view of each path.

    Those that belong to no kind say whether they are ``is_open``: answer whoever
    asks, without credentials. They ``describe`` themselves for the OpenAPI document.
    """
    paths: dict[str, t.Any] = {}
    for kind in store.schema.kinds:
        collection = f"/v1/{query_parameters.collection_path(kind)}"
        paths.update({collection + suffix: view for suffix, view in views.of(store, kind)})
    paths[user_key.PATH] = user_key.Key(store)
    paths[ansible_inventory.PATH] = ansible_inventory.Inventory(store)
    paths["/"] = versions.Versions("getVersions")
    # An endpoint in a catalogue may end with a slash, and keystoneauth asks there.
    paths["/v1"] = paths["/v1/"] = versions.Versions("getVersion1")
    paths["/v1/openapi.json"] = description.Document(paths)
    paths["/v1/docs"] = description.Docs(paths)
    paths[health.PATH] = health.Health(store)
    return paths


def _serialize(req: falcon.Request, resp: falcon.Response, exception: falcon.HTTPError) -> None:
    """Answer with an error of the framework itself in Craton's words."""
    status = exception.status_code
    json_response.answer(
        resp, {"message": _MESSAGES.get(status, exception.title), "status": status}
    )


def _answer_refused(
    req: falcon.Request, resp: falcon.Response, exception: errors.Refused, params: t.Any
) -> None:
    if isinstance(exception, StoreError):  # the operator's line is not for clients
        LOG.error("%s", exception, extra=gateway.marked(req.env))
    resp.status = exception.status
    resp.set_headers(exception.headers)
    json_response.answer(resp, {"message": exception.message, "status": exception.status})


def _answer_failure(
    req: falcon.Request, resp: falcon.Response, exception: Exception, params: t.Any
) -> None:
    """Answer with 500 and leave the reason to the log."""
    if isinstance(exception, falcon.HTTPError):
        raise exception
    LOG.exception("%s failed", req.method, extra=gateway.marked(req.env))
    resp.status = 500
    json_response.answer(resp, {"message": errors.UNKNOWN, "status": 500})
