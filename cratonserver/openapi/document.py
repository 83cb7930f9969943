# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document, derived from the declarations and the views.

:func:`document` visits the paths of the application, and each view describes its methods.
Requests are validated against the same schemas, so the document matches the server.
"""

from __future__ import annotations

import string
import typing as t

from cratonclient import __version__
from cratonclient.kinds import Kind
from cratonserver.db.tables import Tables
from cratonserver.openapi import kind_operations, operations
from cratonserver.openapi.operations import Operation

_INFO = {
    "title": "Craton",
    "version": "1.0",
    "summary": "The inventory of a fleet.",
    "description": (
        "Clouds contain regions, and regions contain cells. Hosts and network devices "
        "belong to a region or a cell. Each of them has variables: JSON values that "
        "everything below it inherits. HEAD works wherever GET works. OPTIONS lists the "
        "methods of a path. All other methods are refused with 405."
    ),
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    "x-generator": f"python-cratonclient {__version__}",
}


class Described(t.Protocol):
    """The interface of a view, as far as the document needs it."""

    is_open: bool

    @property
    def methods(self) -> t.Mapping[str, t.Any]:
        """The responders by HTTP method."""

    def describe(self) -> dict[str, Operation]:
        """Return the operations by HTTP method."""


def document(paths: t.Mapping[str, Described], tables: Tables) -> dict[str, t.Any]:
    """Return the OpenAPI 3.1 document of the application.

    :param paths: views by path, in the notation of Falcon.
    :param tables: the tables.
    """
    kinds = dict.fromkeys(kind for view in paths.values() if (kind := _kind(view)))
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/", "description": "the server that serves this document"}],
        "security": operations.SECURITY,
        "tags": [
            *(kind_operations.tag(kind) for kind in kinds),
            {"name": "server", "description": "The server itself."},
        ],
        "paths": {
            path.replace("{item_id:id}", "{id}").replace(":id}", "}"): _path(path, view)
            for path, view in paths.items()
            if path == "/" or not path.endswith("/")  # not the alias /v1/
        },
        "components": {
            "schemas": kind_operations.components(tables),
            **operations.shared_components(),
        },
    }


def _kind(view: Described) -> Kind | None:
    return getattr(view, "kind", None)


def _path(path: str, view: Described) -> dict[str, t.Any]:
    """Return the path item of a path: the methods of its view, HEAD and OPTIONS."""
    described = view.describe()
    made: dict[str, t.Any] = {}
    kind = _kind(view) or getattr(view, "item_kind", None)
    if kind is not None and "{item_id:id}" in path:
        made["parameters"] = [kind_operations.path_parameter(kind)]
    if found := getattr(view, "path_parameters", None):
        made["parameters"] = found
    for method in sorted(described):
        made[method.lower()] = described[method]
    if "get" in made:
        made["head"] = operations.head_operation(described["GET"])
    first = next(iter(described.values()))
    # The options of ``listHosts`` are ``optionsHosts``.
    name = first["operationId"].lstrip(string.ascii_lowercase)
    made["options"] = operations.options_operation(name, first["tags"][0], view.is_open)
    return made
