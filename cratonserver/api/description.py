# SPDX-License-Identifier: Apache-2.0
"""``/v1/openapi.json`` and ``/v1/docs``: what the server says of itself.

What makes them is imported when somebody asks, since a fleet in a file is opened
by programs that never do.
"""

from __future__ import annotations

import functools
import json
import typing as t

import falcon

from cratonserver.openapi.operations import Operation, operation


class Document:
    """``/v1/openapi.json``.

    :param paths: all views of the application by path. They are read when the
        document is asked for, so that it can be among them.
    """

    #: It holds no secrets, and the tools that read it have no credentials yet.
    is_open = True

    def __init__(self, paths: t.Mapping[str, t.Any]) -> None:
        self._paths = paths

    @functools.cached_property
    def _text(self) -> str:
        from cratonserver.openapi import document

        return json.dumps(document.document(self._paths), indent=1)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the document."""
        resp.content_type = falcon.MEDIA_JSON
        resp.text = self._text

    on_head = on_get

    def describe(self) -> dict[str, t.Any]:
        """Describe itself."""
        return {
            "GET": operation(
                "getDescription",
                "Show this document.",
                answers={200: {"type": "object", "required": ["openapi", "paths"]}},
                is_open=True,
            )
        }


class Docs:
    """``/v1/docs``.

    :param paths: all views of the application by path, read when the page is
        asked for.
    """

    #: It tells nothing that the document does not.
    is_open = True

    def __init__(self, paths: t.Mapping[str, t.Any]) -> None:
        self._paths = paths

    @functools.cached_property
    def _page(self) -> str:
        from cratonserver.openapi import document, page

        return page.page(document.document(self._paths))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the page."""
        from cratonserver.openapi import page

        resp.set_header("Content-Security-Policy", page.policy())
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.content_type = "text/html; charset=utf-8"
        resp.text = self._page

    on_head = on_get

    def describe(self) -> dict[str, Operation]:
        """Describe itself."""
        made = operation(
            "getDocs", "Show the API to people.", answers={200: None}, is_open=True
        )
        made["responses"]["200"]["content"] = {"text/html": {"schema": {"type": "string"}}}
        return {"GET": made}
