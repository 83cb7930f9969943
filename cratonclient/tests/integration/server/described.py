# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of an application, with its references resolved."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base

Part = dict[str, t.Any]


class Operation(t.NamedTuple):
    """An operation of the document.

    :param method: HTTP method.
    :param path: path, such as ``/v1/hosts/{id}``.
    :param described: its description.
    """

    method: str
    path: str
    described: Part


class Document:
    """The document, as clients read it.

    :param application: WSGI application.
    """

    def __init__(self, application: t.Any) -> None:
        self.whole: Part = base.Caller(application, {}).get("/openapi.json").json

    def operations(self) -> t.Iterator[Operation]:
        """Generate all operations."""
        for path, item in self.whole["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield Operation(method.upper(), path, item[method])

    def parameters(self, operation: Operation, where: str) -> set[str]:
        """Return the names of the parameters of an operation.

        :param where: ``path``, ``query`` or ``header``.
        """
        of_path = self.whole["paths"][operation.path].get("parameters", [])
        known = map(self.resolved, [*of_path, *operation.described["parameters"]])
        return {one["name"] for one in known if one["in"] == where}

    def members(self, operation: Operation) -> set[str]:
        """Return the members of the body of an operation, of lists as ``changes[].kind``.

        Nothing, if it has no body, or one whose members have any names, such as variables.
        """
        if "requestBody" not in operation.described:
            return set()
        return {*self._members(self.body(operation), "")}

    def body(self, operation: Operation) -> Part:
        """Return the schema of the body of an operation."""
        media: Part = operation.described["requestBody"]["content"]
        return self.resolved(media["application/json"]["schema"])

    def resolved(self, part: Part) -> Part:
        """Return a part of the document, or that to which it refers."""
        if "$ref" not in part:
            return part
        found = self.whole
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def _members(self, schema: Part, prefix: str) -> t.Iterator[str]:
        for name, one in self.resolved(schema).get("properties", {}).items():
            yield prefix + name
            if "items" in self.resolved(one):
                yield from self._members(one["items"], f"{prefix}{name}[].")


def members_of(body: t.Any, prefix: str = "") -> t.Iterator[str]:
    """Generate the members of a body, as :meth:`Document.members` names them."""
    for name, value in body.items() if isinstance(body, dict) else ():
        yield prefix + name
        for one in value if isinstance(value, list) else ():
            yield from members_of(one, f"{prefix}{name}[].")
