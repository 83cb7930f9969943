# SPDX-License-Identifier: Apache-2.0
"""``/v1/lookups``: find many objects by their names and ids, in one request."""

from __future__ import annotations

import falcon

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import query_parameters, request_bodies, spool
from cratonserver.api.representation import Representation
from cratonserver.api.schema_validation import Validator
from cratonserver.api.view import Responder, View
from cratonserver.db import ids, lookups
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.objects import Objects
from cratonserver.db.store import Store
from cratonserver.openapi import lookup_schemas
from cratonserver.openapi.operations import Operation, operation

PATH = "/v1/lookups"


class Lookups(View):
    """The view that finds objects by their names and ids.

    :param store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kinds = {
            kind.collection: kind
            for kind in store.tables.kinds
            if kind.can("create") and kind.resource_class.in_change_sets
        }
        self._body = Validator(lookup_schemas.wanted(self._kinds))
        self._representations = {
            kind: Representation(store.tables, kind) for kind in self._kinds.values()
        }

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"POST": self.post}

    def post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Find objects. The revisions are read first, so they are not too new."""
        query_parameters.read(req.query_string, {})
        wanted = request_bodies.parse(req.content_type, req.bounded_stream.read())
        self._body.check(wanted)
        kind, who, store = self._kinds[wanted["kind"]], req.context.identity, self._store
        store.tables.policy(kind).allow(who, "GET", "collection")
        with store.read() as connection:
            own = reading.last_revision(connection, store.tables, who.project_id)
            objects = Objects(store.tables, kind, who, connection, store.quotas, None)
            rows = _find(objects, wanted)
            revisions = {who.project_id: own}
            for project_id in {objects.project_of(row) for row in rows} - {who.project_id}:
                last = reading.last_revision(connection, store.tables, project_id)
                revisions[project_id] = last
            shown = self._shown(req, objects, rows, wanted.get("variables"))
        spool.set_result(resp, {"objects": shown, "revisions": revisions})

    def _shown(
        self, req: falcon.Request, objects: Objects, rows: list[Row], variables: str | None
    ) -> list[Row]:
        """Return objects as lists show them, with their variables if they are wanted."""
        shown = [
            self._representations[objects.kind].of(row, f"{req.prefix}/v1") for row in rows
        ]
        if variables is not None and objects.kind.has_variables:
            values = objects.mapping_of(rows, resolved=variables == "resolved")
            for one in shown:
                one["variables"] = values.get(one["id"], {})
        return shown

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return {
            "POST": operation(
                "lookUpObjects",
                "Find objects of a kind by their names and ids. This changes nothing.",
                responses={200: lookup_schemas.found()},
                errors={400, 404},
                body={
                    "schema": lookup_schemas.wanted(self._kinds),
                    "example": lookup_schemas.EXAMPLE,
                },
            )
        }


def _find(objects: Objects, wanted: Row) -> list[Row]:
    """Return the rows with one of the names or ids.

    :raises cratonserver.errors.Refused: with status 400, if there are too many.
    """
    kind: Kind = objects.kind
    limit = lookup_schemas.MOST_FOUND
    by_id = {ids.parse(kind, str(one)) for one in wanted.get("ids", ())}
    name = kind.resource_class.NAME_ATTR
    found = {row["id"]: row for row in lookups.find(objects, "id", by_id, limit)}
    for row in lookups.find(objects, name, {*wanted.get("names", ())}, limit + 1):
        found[row["id"]] = row
    if len(found) > limit:
        raise errors.Refused(
            400, f"More than {limit} {kind.plural} have one of these names. Send fewer names."
        )
    return list(found.values())
