# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: the API as the declarations make it, for tools to read.

:func:`document` goes through the paths of the application and describes each
method that is answered there. What a method takes and gives comes from what
checks it (:mod:`cratonserver.openapi.json_schemas`,
:mod:`cratonserver.api.query_parameters`), so the
document cannot promise anything else.
"""

from __future__ import annotations

import string
import typing as t

from cratonclient import __version__
from cratonserver.api import views
from cratonserver.openapi import kind_operations, operations

_INFO = {
    "title": "Craton",
    "version": "1.0",
    "summary": "The inventory of a fleet.",
    "description": (
        "Clouds hold regions, regions hold cells; hosts and network devices live in a "
        "region or a cell. Each of them carries variables: JSON values that what is below "
        "it inherits. HEAD works wherever GET does, and OPTIONS tells the methods of a path. "
        "A method that a path does not have is answered with 405."
    ),
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    "x-generator": f"python-cratonclient {__version__}",
}


def document(paths: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Describe an application.

    :param paths: its views by path, as Falcon writes paths.
    :returns: an OpenAPI 3.1 document.
    """
    of_kinds = [view for view in paths.values() if isinstance(view, views.View)]
    kinds = dict.fromkeys(view.kind for view in of_kinds)
    shared = operations.shared()
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/", "description": "where this document comes from"}],
        "security": operations.SECURITY,
        "tags": [
            *(kind_operations.tag(kind) for kind in kinds),
            {"name": "server", "description": "What the server says of itself."},
        ],
        "paths": {
            path.replace("{item_id:id}", "{id}"): _path(path, view)
            for path, view in paths.items()
            if path == "/" or not path.endswith("/")  # the same, spelled differently
        },
        "components": {
            "schemas": kind_operations.components(of_kinds[0].store.schema),
            **shared,
        },
    }


def _path(path: str, view: t.Any) -> dict[str, t.Any]:
    """Describe a path: the methods that its view has, HEAD and OPTIONS."""
    described = kind_operations.operations(view)
    made: dict[str, t.Any] = {}
    if "{item_id:id}" in path:
        made["parameters"] = [kind_operations.path_parameter(view.kind)]
    for method in sorted(described):
        if callable(getattr(view, f"on_{method.lower()}", None)):
            made[method.lower()] = described[method]
    if "get" in made:
        made["head"] = operations.without_body(described["GET"])
    first = next(iter(described.values()))
    name = first["operationId"].lstrip(string.ascii_lowercase)
    is_open = getattr(view, "is_open", False)
    made["options"] = operations.methods(name, first["tags"][0], is_open)
    return made
