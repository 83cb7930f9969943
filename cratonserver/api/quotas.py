# SPDX-License-Identifier: Apache-2.0
"""``/v1/quotas`` and ``/v1/quotas/PROJECT``: show, set and reset the quotas of a project."""

from __future__ import annotations

import typing as t

import falcon
import sqlalchemy as sa

from cratonclient.v1 import quotas
from cratonserver import errors
from cratonserver.api import origins, query_parameters, request_bodies
from cratonserver.api.json_response import set_body
from cratonserver.api.schema_validation import Validator
from cratonserver.api.view import Responder, View, no_content
from cratonserver.db import ids, part_rows, usage
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.store import Store
from cratonserver.openapi import headers
from cratonserver.openapi.json_schemas import JsonSchema
from cratonserver.openapi.operations import Operation, operation, query

PATH = "/v1/quotas"
PROJECT_PATH = "/v1/quotas/{item_id:id}"

_USAGE: JsonSchema = {
    "description": "count how much is used",
    "type": "boolean",
    "default": False,
}


class OwnQuotas(View):
    """The view of the quotas of the user's own project.

    :param store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = usage.resources(store.tables)

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the quotas, and on request how much is used."""
        self._show(req, resp, req.context.identity.project_id)

    def _show(self, req: falcon.Request, resp: falcon.Response, project_id: str) -> None:
        counts = bool(query_parameters.read(req.query_string, {"usage": _USAGE}).get("usage"))
        with self._store.read() as connection:
            self._require_project(connection, project_id)
            limits = self._store.quotas.limits(connection, project_id)
            rows = [self._row(connection, project_id, n, counts, limits) for n in self._known]
        set_body(resp, {"project_id": project_id, "quotas": rows})

    def _row(
        self,
        connection: sa.Connection,
        project_id: str,
        name: str,
        counts: bool,
        limits: t.Mapping[str, int],
    ) -> dict[str, t.Any]:
        """Return one quota, with the number that is used if that is wanted and exists."""
        in_use = None
        if counts and self._known[name].scope == "project":
            in_use = usage.count(connection, self._store.tables, name, project_id)
        default = self._store.quotas.defaults[name]
        shown = {"resource": name, "limit": limits[name], "default": default}
        return {**shown, "in_use": in_use} if counts else shown

    def _require_project(
        self, connection: sa.Connection, project_id: str, *, lock: bool = False
    ) -> None:
        """Refuse a project that does not exist.

        :param lock: keep others from changing it until the transaction ends.
        :raises cratonserver.errors.Refused: with status 404.
        """
        projects = self._store.tables.metadata.tables["projects"]
        known = sa.select(projects.c.id).where(projects.c.id == project_id)
        if lock:
            known = known.with_for_update()
        if connection.execute(known).first() is None:
            raise errors.not_found()

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return {
            "GET": operation(
                "getQuotas",
                "Show the quotas of the own project, and on request how much is used.",
                responses={200: _schema()},
                errors={400, 404},
                parameters=[query("usage", _USAGE)],
            )
        }


class ProjectQuotas(OwnQuotas):
    """The view of the quotas of any project. Root users may see and change all of them.

    :param store: the store.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        #: The kind of the id in the path.
        self.item_kind = store.tables.kind("projects")

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"GET": self.get_one, "PUT": self.put, "DELETE": self.delete}

    def get_one(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the quotas of a project. Users see those of their own project only."""
        self._show(req, resp, self._allowed(req, item_id, own=True))

    def put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Set quotas, and keep the others."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        Validator(self._body()).check(sent)
        known = self._allowed(req, item_id)

        def work(connection: sa.Connection) -> bool:
            return self._store.quotas.set_limits(connection, known, sent)

        self._change(req, known, work)
        self._show(req, resp, known)

    def delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Reset the quotas of the project to the defaults."""
        known = self._allowed(req, item_id)

        def work(connection: sa.Connection) -> bool:
            return self._store.quotas.reset_limits(connection, known)

        self._change(req, known, work)
        no_content(resp)

    def _change(
        self, req: falcon.Request, project_id: str, work: t.Callable[[sa.Connection], bool]
    ) -> None:
        """Change the quotas of a project, which is a change of the project.

        :param work: function that makes the change. It returns False if there is nothing to do.
        """
        tables = self._store.tables

        def change(transaction: Transaction) -> None:
            connection = transaction.connection
            transaction.begin(project_id)
            self._require_project(connection, project_id, lock=True)
            if work(connection):
                part_rows.touch(connection, tables, self.item_kind, project_id)

        self._store.transact(origins.of(req), change)
        self._store.quotas.forget(project_id)

    def _allowed(self, req: falcon.Request, project_id: str, *, own: bool = False) -> str:
        """Return the id of a project in canonical form, if the user may use its quotas.

        Others cannot find out which projects exist.

        :param own: users may see those of their own project.
        :raises cratonserver.errors.Refused: with status 403 or 404.
        """
        who = req.context.identity
        try:
            known = str(ids.parse(self.item_kind, project_id))
        except errors.Refused:
            known = ""
        if not (who.is_root or (own and known == who.project_id)):
            raise errors.missing_role("root")
        if not known:
            raise errors.not_found()
        return known

    def _body(self) -> JsonSchema:
        limit = {"type": "integer", "minimum": quotas.UNLIMITED, "maximum": 2**62}
        return {
            "type": "object",
            "properties": {
                name: {**limit, "description": one.help} for name, one in self._known.items()
            },
            "additionalProperties": False,
            "minProperties": 1,
        }

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        described = {
            "GET": operation(
                "getProjectQuotas",
                "Show the quotas of a project, and on request how much is used. Only root "
                "users see those of other projects.",
                responses={200: _schema()},
                errors={400, 404},
                parameters=[query("usage", _USAGE)],
            ),
            "PUT": operation(
                "setProjectQuotas",
                "Set quotas of a project, and keep the others. -1 means no limit.",
                responses={200: _schema()},
                errors={400, 404},
                body={"schema": self._body(), "example": {"hosts": 1000}},
            ),
            "DELETE": operation(
                "resetProjectQuotas",
                "Reset the quotas of a project to the defaults.",
                responses={204: None},
                errors={404},
            ),
        }
        for method in ("PUT", "DELETE"):
            headers.changing(described[method])
        return described


def _schema() -> JsonSchema:
    row = {
        "type": "object",
        "properties": {
            "resource": {"type": "string"},
            "limit": {"type": "integer"},
            "default": {"type": "integer"},
            "in_use": {"type": ["integer", "null"]},
        },
        "required": ["resource", "limit", "default"],
    }
    return {
        "type": "object",
        "properties": {
            "project_id": {"type": "string"},
            "quotas": {"type": "array", "items": row},
        },
        "required": ["project_id", "quotas"],
    }
