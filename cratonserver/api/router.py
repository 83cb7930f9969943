# SPDX-License-Identifier: Apache-2.0
"""Let Falcon find the responders of views, and know all methods of a path."""

from __future__ import annotations

import typing as t

import falcon
from falcon.routing import CompiledRouter

from cratonserver.api.view import View


class IdConverter(falcon.routing.BaseConverter):
    """Match any id in a path but an empty one: ``/v1/hosts/`` is not a path."""

    def convert(self, value: str) -> str | None:
        """Return the id, ``None`` if the path does not match."""
        return value or None


class Router(CompiledRouter):
    """A router that takes the responders of a view from its :attr:`View.methods`."""

    def __init__(self) -> None:
        super().__init__()
        self.options.converters["id"] = IdConverter

    def map_http_methods(self, resource: t.Any, **kwargs: t.Any) -> t.Any:
        """Return the responders of a view by HTTP method."""
        return dict(t.cast("View", resource).methods)


class Methods:
    """Answer OPTIONS, and refuse methods that a path does not have.

    Falcon itself answers unknown methods with 400, and does not list OPTIONS in the
    answer to OPTIONS (RFC 9110, 10.2.1).
    """

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Answer or refuse a request, once its view is known."""
        if resource is None:
            return
        known = sorted(resource.methods)
        if req.method == "OPTIONS":
            resp.set_headers({"Allow": ", ".join([*known, "OPTIONS"]), "Content-Length": "0"})
            resp.complete = True
        elif req.method not in known:
            raise falcon.HTTPMethodNotAllowed([*known, "OPTIONS"])
