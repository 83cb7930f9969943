# SPDX-License-Identifier: Apache-2.0
"""The Falcon application: its paths and its error responses."""

from __future__ import annotations

import logging
import typing as t

import falcon

from cratonserver import errors, wsgi_keys
from cratonserver.api import (
    ansible_inventory,
    changes,
    description,
    health,
    identity,
    json_response,
    liveness,
    lookups,
    quotas,
    undo,
    user_key,
    versions,
    webhook_test,
)
from cratonserver.api.collection import Collection
from cratonserver.api.deletion import Deletion
from cratonserver.api.item import Item
from cratonserver.api.parts import ListPart, MappingPart
from cratonserver.api.router import Router
from cratonserver.api.view import View
from cratonserver.db.store import Store, StoreError

LOG = logging.getLogger(__name__)

_MESSAGES = {
    404: "The requested URL was not found on the server.  If you entered the URL "
    "manually please check your spelling and try again.",
    405: "The method is not allowed for the requested URL.",
}


def paths(store: Store) -> dict[str, View]:
    """Return the views by path.

    :param store: the store.
    """
    found: dict[str, View] = {}
    for kind in store.tables.kinds:
        collection = f"/v1/{kind.path}"
        item = f"{collection}/{{item_id:id}}"
        found[collection] = Collection(store, kind)
        if kind.can("get"):
            found[item] = Item(store, kind)
        if kind.can("delete"):
            found[f"{item}/deletion"] = Deletion(store, kind)
        for name, part in kind.parts.items():
            view = MappingPart if part.type is dict else ListPart
            found[f"{item}/{name.replace('_', '-')}"] = view(store, kind, name)
    found[user_key.PATH] = user_key.Key(store)
    found[webhook_test.PATH] = webhook_test.Test(store)
    found[ansible_inventory.PATH] = ansible_inventory.Inventory(store)
    found[changes.PATH] = changes.Changes(store)
    found[changes.ITEM_PATH] = changes.Change(store)
    found[undo.PATH] = undo.Undo(store)
    found[lookups.PATH] = lookups.Lookups(store)
    found[identity.PATH] = identity.OwnIdentity()
    found[quotas.PATH] = quotas.OwnQuotas(store)
    found[quotas.PROJECT_PATH] = quotas.ProjectQuotas(store)
    found["/"] = versions.Versions("getVersions")
    # keystoneauth requests the endpoint of the catalog, which may end with a slash.
    found["/v1"] = found["/v1/"] = versions.Versions("getVersion1")
    found["/v1/openapi.json"] = description.Document(found, store.tables)
    found["/v1/docs"] = description.Docs(found, store.tables)
    found[wsgi_keys.HEALTHCHECK_PATH] = health.Health(store)
    found[wsgi_keys.LIVENESS_PATH] = liveness.Liveness()
    return found


def open_paths(views: t.Mapping[str, View]) -> frozenset[str]:
    """Return the paths that need no credentials."""
    return frozenset(path for path, view in views.items() if view.is_open)


def application(views: t.Mapping[str, View], middleware: t.Sequence[t.Any]) -> t.Any:
    """Return the Falcon application.

    :param views: views by path.
    :param middleware: Falcon middleware, in the order in which it handles a request.
    :returns: a WSGI application with the whole API below ``/v1``.
    """
    app: t.Any = falcon.App(
        media_type=falcon.MEDIA_JSON,
        middleware=[*middleware],
        router=Router(),
    )
    app.req_options.strip_url_path_trailing_slash = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    app.set_error_serializer(_serialize)
    app.add_error_handler(errors.Refused, _respond_refused)
    app.add_error_handler(Exception, _respond_failed)
    for path, view in views.items():
        app.add_route(path, view)
    return app


def _serialize(req: falcon.Request, resp: falcon.Response, exception: falcon.HTTPError) -> None:
    """Write the response for an error of Falcon in the format of Craton."""
    status = exception.status_code
    json_response.set_body(
        resp, {"message": _MESSAGES.get(status, exception.title), "status": status}
    )


def _respond_refused(
    req: falcon.Request, resp: falcon.Response, exception: errors.Refused, params: t.Any
) -> None:
    if isinstance(exception, StoreError):  # the reason is for the operator only
        LOG.error("%s", exception, extra=wsgi_keys.log_fields(req.env))
    req.env[wsgi_keys.REFUSAL] = exception
    resp.status = exception.status
    resp.set_headers(exception.headers)
    body = {"message": exception.message, "status": exception.status}
    json_response.set_body(resp, {**body, **exception.members})


def _respond_failed(
    req: falcon.Request, resp: falcon.Response, exception: Exception, params: t.Any
) -> None:
    """Log the traceback and respond with 500."""
    if isinstance(exception, falcon.HTTPError):
        raise exception
    LOG.exception("%s failed", req.method, extra=wsgi_keys.log_fields(req.env))
    resp.status = 500
    json_response.set_body(resp, {"message": errors.UNKNOWN, "status": 500})
