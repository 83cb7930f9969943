# SPDX-License-Identifier: Apache-2.0
"""``/v1/openapi.json`` and ``/v1/docs``: the OpenAPI document and its HTML page.

The first request imports the modules that build them. Programs that open a fleet in a file
never make such a request, and start faster without these modules.
"""

from __future__ import annotations

import functools
import json
import typing as t

import falcon

from cratonserver.api.view import View
from cratonserver.db.tables import Tables
from cratonserver.openapi.operations import Operation, operation


class _Description(View):
    """A view that shows the OpenAPI document in some format.

    :param paths: all views of the application by path. The first request reads them, so
        this view can be added to the mapping later.
    :param tables: the tables.
    """

    #: The document contains no secrets, and tools read it before they have credentials.
    is_open = True

    def __init__(self, paths: t.Mapping[str, View], tables: Tables) -> None:
        self._paths = paths
        self._tables = tables

    def _document(self) -> dict[str, t.Any]:
        from cratonserver.openapi import document

        return document.document(self._paths, self._tables)


class Document(_Description):
    """The view of ``/v1/openapi.json``."""

    @functools.cached_property
    def _text(self) -> str:
        return json.dumps(self._document(), indent=1)

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the document."""
        resp.content_type = falcon.MEDIA_JSON
        resp.text = self._text

    def describe(self) -> dict[str, t.Any]:
        """Return the operations of the OpenAPI document."""
        return {
            "GET": operation(
                "getDescription",
                "Show this document.",
                responses={200: {"type": "object", "required": ["openapi", "paths"]}},
                is_open=True,
            )
        }


class Docs(_Description):
    """The view of ``/v1/docs``."""

    @functools.cached_property
    def _page(self) -> str:
        from cratonserver.openapi import page

        return page.page(self._document())

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the page."""
        from cratonserver.openapi import page

        resp.set_header("Content-Security-Policy", page.content_security_policy())
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.content_type = "text/html; charset=utf-8"
        resp.text = self._page

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        made = operation(
            "getDocs", "Show this document as HTML.", responses={200: None}, is_open=True
        )
        made["responses"]["200"]["content"] = {"text/html": {"schema": {"type": "string"}}}
        return {"GET": made}
