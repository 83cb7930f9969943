# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: the API as the declarations define it, for programs to read.

:func:`document` goes through the paths of the application; each view describes its
methods. Requests are checked against the same schemas, so the document cannot differ
from the server.
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
        "Clouds hold regions, regions hold cells; hosts and network devices live in a "
        "region or a cell. Each of them carries variables: JSON values that what is below "
        "it inherits. HEAD works wherever GET does, and OPTIONS tells the methods of a path. "
        "A method that a path does not have is answered with 405."
    ),
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    "x-generator": f"python-cratonclient {__version__}",
}


class Described(t.Protocol):
    """A view of the application."""

    is_open: bool

    @property
    def methods(self) -> t.Mapping[str, t.Any]:
        """The responders by HTTP method."""

    def describe(self) -> dict[str, Operation]:
        """Return the operations by HTTP method."""


def document(paths: t.Mapping[str, Described], tables: Tables) -> dict[str, t.Any]:
    """Return the OpenAPI 3.1 document of an application.

    :param paths: views by path, in the notation of Falcon.
    :param tables: the tables.
    """
    kinds = dict.fromkeys(kind for view in paths.values() if (kind := _kind(view)))
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/", "description": "the server of this document"}],
        "security": operations.SECURITY,
        "tags": [
            *(kind_operations.tag(kind) for kind in kinds),
            {"name": "server", "description": "The server itself."},
        ],
        "paths": {
            path.replace("{item_id:id}", "{id}"): _path(path, view)
            for path, view in paths.items()
            if path == "/" or not path.endswith("/")  # the same path, spelled differently
        },
        "components": {
            "schemas": kind_operations.components(tables),
            **operations.shared(),
        },
    }


def _kind(view: Described) -> Kind | None:
    return getattr(view, "kind", None)


def _path(path: str, view: Described) -> dict[str, t.Any]:
    """Describe a path: the methods of its view, HEAD and OPTIONS."""
    described = view.describe()
    made: dict[str, t.Any] = {}
    kind = _kind(view)
    if kind is not None and "{item_id:id}" in path:
        made["parameters"] = [kind_operations.path_parameter(kind)]
    for method in sorted(described):
        made[method.lower()] = described[method]
    if "get" in made:
        made["head"] = operations.without_body(described["GET"])
    first = next(iter(described.values()))
    name = first["operationId"].lstrip(string.ascii_lowercase)
    made["options"] = operations.methods(name, first["tags"][0], view.is_open)
    return made
