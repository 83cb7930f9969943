# SPDX-License-Identifier: Apache-2.0
"""Routing: find the responders of views, and handle OPTIONS and unknown methods."""

from __future__ import annotations

import typing as t

import falcon
from falcon.routing import CompiledRouter

from cratonserver.api.view import View


class IdConverter(falcon.routing.BaseConverter):
    """A converter for ids in paths. It refuses an empty id, so ``/v1/hosts/`` is unknown."""

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


def templates(views: t.Mapping[str, View]) -> t.Callable[[str], str | None]:
    """Return a function that finds the template of a path, such as ``/v1/hosts/{item_id}``.

    :param views: views by path.
    :returns: function that returns ``None`` for a path that no view has.
    """
    router = Router()
    for path, view in views.items():
        router.add_route(path, view)

    def find(path: str) -> str | None:
        found = router.find(path)
        return str(found[3]).replace(":id}", "}") if found else None

    return find


class AllowedMethods:
    """Falcon middleware that responds to OPTIONS and refuses methods that a path lacks.

    Falcon itself responds to unknown methods with 400, and omits OPTIONS from the header
    ``Allow`` (RFC 9110, 10.2.1).
    """

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: t.Any, params: t.Any
    ) -> None:
        """Respond to OPTIONS.

        :raises falcon.HTTPMethodNotAllowed: for methods that the path lacks.
        """
        if resource is None:
            return
        known = sorted(resource.methods)
        if req.method == "OPTIONS":
            resp.set_headers({"Allow": ", ".join([*known, "OPTIONS"]), "Content-Length": "0"})
            resp.complete = True
        elif req.method not in known:
            raise falcon.HTTPMethodNotAllowed([*known, "OPTIONS"])
