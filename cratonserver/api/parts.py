# SPDX-License-Identifier: Apache-2.0
"""``/v1/hosts/1/variables`` and ``/v1/hosts/1/labels``: parts with a path of their own."""

from __future__ import annotations

import typing as t

import falcon

from cratonclient.kinds import Kind
from cratonserver.api import query_parameters, request_bodies, spool
from cratonserver.api.json_response import set_body
from cratonserver.api.schema_validation import Validator
from cratonserver.api.view import KindView, Responder, no_content
from cratonserver.db import ids
from cratonserver.db.store import Store
from cratonserver.openapi import headers, json_schemas, kind_operations
from cratonserver.openapi.operations import Operation

_VARIABLES = Validator(json_schemas.VARIABLES)
_NAMES = Validator(json_schemas.VARIABLE_NAMES)


class Part(KindView):
    """The view of a part of an object.

    :param store: the store.
    :param kind: the kind.
    :param name: name of the part, which is its key in bodies.
    """

    def __init__(self, store: Store, kind: Kind, name: str) -> None:
        super().__init__(store, kind)
        self.part = name

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"GET": self.get, "PUT": self.put, "DELETE": self.delete}

    def get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the part."""
        raise NotImplementedError

    def put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Add to the part."""
        raise NotImplementedError

    def delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Remove from the part."""
        raise NotImplementedError


class MappingPart(Part):
    """The view of a mapping of names to JSON values, such as variables."""

    def get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the values."""
        resolved = query_parameters.for_item(req.query_string, resolvable=self._resolvable)
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(ids.parse(self.kind, item_id))
            if self.is_not_modified(req, resp, objects, row, resolved):
                return
            found = objects.mapping_of([row], resolved=resolved, part=self.part)
        spool.set_body(resp, {self.part: found.get(row["id"], {})}, found)

    def put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Set values, and keep the other values."""
        values = request_bodies.parse(req.content_type, req.bounded_stream.read())
        _VARIABLES.check(values)
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        found = self.change(
            req,
            resp,
            lambda obj: obj.put_mapping(known, values, self.part),
            single_statement=True,
        )
        spool.set_result(resp, {self.part: found})

    def delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Delete values by name."""
        names = request_bodies.parse(req.content_type, req.bounded_stream.read())
        _NAMES.check(names)
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        self.change(req, resp, lambda obj: obj.remove_from_mapping(known, names, self.part))
        no_content(resp)

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        described = kind_operations.mapping_part(self.kind, self.part, self._resolvable)
        return headers.of_object(described)

    @property
    def _resolvable(self) -> bool:
        return self.part == "variables" and self.policy.variables_path_resolves


class ListPart(Part):
    """The view of a set of strings, such as labels."""

    def get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the strings, sorted."""
        query_parameters.for_item(req.query_string, resolvable=False)
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(ids.parse(self.kind, item_id))
            if self.is_not_modified(req, resp, objects, row):
                return
            set_body(resp, {self.part: objects.labels(row["id"], self.part)})

    def put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Add strings."""
        given = request_bodies.strings(self.kind.parts[self.part], self._parse(req))
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        found = self.change(
            req,
            resp,
            lambda obj: obj.add_labels(known, given, self.part),
            single_statement=True,
        )
        set_body(resp, {self.part: found})

    def delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Remove strings. They need no format, so that every stored string can be removed."""
        sent = self._parse(req)
        request_bodies.for_strings(self.kind.parts[self.part]).check(sent)
        given: list[str] = sent[self.part]
        self.allow(req)
        known = ids.parse(self.kind, item_id)
        self.change(req, resp, lambda obj: obj.remove_labels(known, given, self.part))
        no_content(resp)

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        described = kind_operations.list_part(self.kind, self.part)
        return headers.of_object(described)

    @staticmethod
    def _parse(req: falcon.Request) -> t.Any:
        return request_bodies.parse(req.content_type, req.bounded_stream.read())
