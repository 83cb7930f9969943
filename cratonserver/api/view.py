# SPDX-License-Identifier: Apache-2.0
"""The base classes of views. A view is an object for a path, with its HTTP methods."""

from __future__ import annotations

import contextlib
import functools
import typing as t

import falcon
import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import deadlines
from cratonserver.api import entity_tags, origins
from cratonserver.api.representation import Representation
from cratonserver.db.aliases import Row
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.objects import Objects
from cratonserver.db.store import Store
from cratonserver.identity import Identity
from cratonserver.openapi.operations import Operation

T = t.TypeVar("T")
#: A function that handles a request: ``responder(req, resp, **path_parameters)``.
Responder = t.Callable[..., None]


class View:
    """A path of the API, with a responder for each HTTP method."""

    #: True if the path needs no credentials.
    is_open = False
    #: The responder for GET, in a view that does not override :meth:`responders`.
    get: Responder

    @functools.cached_property
    def methods(self) -> dict[str, Responder]:
        """The responders by HTTP method. HEAD has the responder of GET."""
        found = self.responders()
        return {**found, "HEAD": found["GET"]} if "GET" in found else found

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method, without HEAD. By default, only GET."""
        return {"GET": self.get}

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document, by HTTP method."""
        raise NotImplementedError


class KindView(View):
    """The view of a path of a kind.

    :param store: the store.
    :param kind: the kind.
    """

    #: The argument ``part`` of :meth:`cratonserver.db.policy.Policy.allow`.
    part = ""
    #: HTTP method whose permission the view requires; ``None`` for that of the request.
    allowed_as: str | None = None

    def __init__(self, store: Store, kind: Kind) -> None:
        self.store = store
        self.kind = kind
        self.policy = store.tables.policy(kind)
        #: True if users with a read-only role may change their own objects.
        self.readers_change_own = self.policy.readers_change_own
        self.representation = Representation(store.tables, kind)
        #: The fields whose values the server notes without a change in the log.
        self.notes = sorted(store.tables.storage(kind).unlogged & kind.fields.keys())

    def allow(self, req: falcon.Request) -> None:
        """Refuse a request that the user may not make.

        :raises cratonserver.errors.Refused: with status 403.
        """
        self.policy.allow(req.context.identity, self.allowed_as or req.method, self.part)

    @contextlib.contextmanager
    def reading(
        self, req: falcon.Request, *, single_query: bool = False
    ) -> t.Iterator[Objects]:
        """Open a transaction that reads the objects of the kind.

        :param single_query: the caller runs one query only, which needs no transaction.
        """
        standby = req.method == "GET"
        with self.store.read(single_query=single_query, standby=standby) as connection:
            yield self._objects(req.context.identity, connection)

    def change(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        work: t.Callable[[Objects], T],
        *,
        single_statement: bool = False,
    ) -> T:
        """Change an object of the kind in a transaction, and set the entity tag.

        :param work: function that makes the changes. It is called again if another
            transaction interferes.
        :param single_statement: the work writes in one statement if the database can.
        :returns: the result of the work.
        """
        who = req.context.identity
        expected = None if self.part == "collection" else entity_tags.expected(req)
        last: list[Objects] = []

        def change(transaction: Transaction) -> T:
            objects = self._objects(who, transaction.connection, transaction)
            objects.expected = expected
            last[:] = [objects]
            return work(objects)

        alone = single_statement and expected is None
        result = self.store.transact(origins.of(req), change, single_statement=alone)
        deadlines.lift()
        revision = last[0].transaction.revision
        if revision is None:
            revision = last[0].unchanged
        if revision is not None:
            resp.set_header("ETag", f'"{revision}"')
        return result

    def _objects(
        self, who: Identity, connection: sa.Connection, transaction: Transaction | None = None
    ) -> Objects:
        store = self.store
        return Objects(store.tables, self.kind, who, connection, store.quotas, transaction)

    def is_not_modified(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        objects: Objects,
        row: Row,
        resolved: bool = False,
    ) -> bool:
        """Set the entity tag of an object, and return True if the client has this state.

        :param objects: the objects, in the transaction that reads the object.
        :param row: the object.
        :param resolved: the response has inherited variables.
        """
        where = objects.connection, self.store.tables, self.kind
        inherits = resolved and bool(self.kind.inherits)
        tag = entity_tags.of_object(*where, row["id"], objects.project_of(row), inherits)
        return entity_tags.send(req, resp, entity_tags.with_notes(tag, self.noted([row])))

    def noted(self, rows: t.Sequence[Row]) -> list[t.Any]:
        """Return the values of rows that the server notes without a change in the log."""
        return [row[name] for row in rows for name in self.notes]

    def show(self, req: falcon.Request, row: Row) -> Row:
        """Return the representation of a row, without its parts."""
        return self.representation.of(row, f"{req.prefix}/v1")


def no_content(resp: falcon.Response) -> None:
    """Set the status 204."""
    resp.status = falcon.HTTP_204
