# SPDX-License-Identifier: Apache-2.0
"""What answers a request: one class for each shape of path.

Which kinds have which paths, and which methods those have, follows from the
declarations (wire document, section 3).
"""

from __future__ import annotations

import dataclasses
import typing as t

import falcon

from cratonclient.fields import Sub
from cratonserver import errors
from cratonserver.api import query_parameters, request_bodies
from cratonserver.api.json_response import answer
from cratonserver.db import keyset
from cratonserver.db.objects import Objects, Row
from cratonserver.db.store import Store
from cratonserver.db.tables import Kind
from cratonserver.kinds import rules
from cratonserver.openapi import json_schemas

T = t.TypeVar("T")


def of(store: Store, kind: Kind) -> t.Iterator[tuple[str, View]]:
    """Give the views of a kind, each with the end of its path."""
    operations = kind.resource_class.operations
    subresources = kind.resource_class.subresource_managers
    yield "", Collection(store, kind, {"GET": "list", "POST": "create"})
    if "get" in operations:
        methods = {"GET": "get", "PUT": "update", "DELETE": "delete"}
        yield "/{item_id:id}", Item(store, kind, methods)
    parts: dict[str, type[View]] = {"variables": Variables, "labels": Labels}
    for name in subresources:
        yield f"/{{item_id:id}}/{name}", parts[name](store, kind, {})


class View:
    """A path of a kind.

    :param store: the store.
    :param kind: the manager class of the kind.
    :param methods: the operation that each method of HTTP is; methods whose
        operation the kind does not have are taken away, so they answer 405.
    """

    #: What of a kind it is about, as :meth:`cratonserver.kinds.rules.Rules.allow` is told.
    part: t.ClassVar[str]
    #: Whether it answers whoever asks, without credentials.
    is_open = False

    def __init__(self, store: Store, kind: Kind, methods: t.Mapping[str, str]) -> None:
        self.store = store
        self.kind = kind
        self.rules = rules.of(kind)
        self.fields = kind.resource_class.fields()
        self._shown = [n for n, f in self.fields.items() if f.stored and f.shown == "always"]
        for method, operation in methods.items():
            if operation not in kind.resource_class.operations:
                setattr(self, f"on_{method.lower()}", None)

    def allow(self, req: falcon.Request) -> None:
        """Refuse what the user may not do."""
        self.rules.allow(req.context.identity, req.method, self.part)

    def reading(self, req: falcon.Request, *, once: bool = False) -> Transaction:
        """Give the objects of the kind, to read.

        :param once: whether one query is all that is asked.
        """
        return Transaction(self, req, self.store.read(once=once))

    def change(self, req: falcon.Request, work: t.Callable[[Objects], T]) -> T:
        """Change objects of the kind; all of it or nothing is kept.

        :param work: what to do. It may be begun again, when somebody else got in
            the way.
        :returns: what it returns.
        """
        who = req.context.identity
        return self.store.transact(
            lambda connection: work(Objects(self.store.schema, self.kind, who, connection))
        )

    def show(self, req: falcon.Request, row: Row) -> Row:
        """Give the representation of a row, without variables."""
        shown = {name: row[name] for name in self._shown}
        shown.update(self.rules.present(row, f"{req.prefix}/v1"))
        return shown


class Transaction:
    """A transaction, as a context in which the objects of a kind can be used."""

    def __init__(self, view: View, req: falcon.Request, connecting: t.Any) -> None:
        self._view = view
        self._req = req
        self._connecting = connecting

    def __enter__(self) -> Objects:
        connection = self._connecting.__enter__()
        view = self._view
        return Objects(view.store.schema, view.kind, self._req.context.identity, connection)

    def __exit__(self, *exc: t.Any) -> bool | None:
        return t.cast("bool | None", self._connecting.__exit__(*exc))


class Collection(View):
    """``/v1/hosts``: list and create."""

    part = "collection"

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List."""
        query = query_parameters.for_list(self.store.schema, self.kind, req.query_string)
        self.allow(req)
        once = not (query.details or query.vars or self.rules.finds_one)
        with self.reading(req, once=once) as objects:
            wanted = {n: v for n, v in query.filters.items() if n in ("id", "name")}
            if self.rules.finds_one and wanted:
                rows, links = self._one(objects, wanted), []
                query = dataclasses.replace(query, details=False)
            else:
                page = objects.page(query)
                rows = page.rows
                links = keyset.links(
                    req.prefix + req.path,
                    query.echo,
                    query.marker,
                    page.previous,
                    rows[-1]["id"] if rows else None,
                )
            answer(resp, {"links": links, **self._envelope(req, objects, rows, query)})

    on_head = on_get

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Create."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        values = request_bodies.for_create(self.kind, sent)
        self.allow(req)
        row, created = self.change(req, lambda objects: objects.create(values))
        # What was sent is repeated as it was sent; the next answer has it as
        # it is stored (wire document, sections 4.3 and 5.4).
        echo = {n: v for n, v in sent.items() if self.fields[n].shown != "never"}
        if isinstance(self.fields.get("variables"), Sub):
            echo.setdefault("variables", {})
        else:
            echo.pop("variables", None)
        shown = self.show(req, row)
        if "links" in echo:
            echo["links"] = [*echo["links"], *shown["links"]]
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"{req.prefix}{req.path}/{row['id']}")
        answer(resp, {**shown, **echo, **created})

    @staticmethod
    def _one(objects: Objects, wanted: dict[str, t.Any]) -> list[Row]:
        """Find by id or name; with both, the name must exist and the id decides."""
        found = objects.matching({"name": wanted["name"]}) if "name" in wanted else []
        if "id" in wanted and (found or "name" not in wanted):
            found = [objects.find(wanted["id"])]
        if not found:
            raise errors.not_found()
        return found

    def _envelope(
        self,
        req: falcon.Request,
        objects: Objects,
        rows: list[Row],
        query: query_parameters.ListQuery,
    ) -> Row:
        values = objects.variables_of(rows, query.resolved) if query.details else None
        members = {
            member.key: Collection(self.store, member, {})
            for member in self.store.schema.members(self.kind)
        }
        groups: dict[str, list[Row]] = {key: [] for key in members}
        for row in rows:
            key = row.get("kind", self.kind.key)
            shown = members[key].show(req, row)
            if values is not None:
                shown["variables"] = values.get(row["id"], {})
            groups[key].append(shown)
        name = f"{self.kind.key}s"
        if list(groups) == [self.kind.key]:
            return {name: groups[self.kind.key]}
        return {name: {f"{key.replace('_', '-')}s": found for key, found in groups.items()}}


class Item(View):
    """``/v1/hosts/1``: show, change and delete."""

    part = "item"

    def on_get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show, with variables where the kind has them."""
        inherits = bool(self.kind.resource_class.inherits)
        resolved = query_parameters.for_one(req.query_string, resolvable=inherits)
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(self.rules.item_id(item_id))
            shown = self.show(req, row)
            if "variables" in self.fields:
                found = objects.variables_of([row], resolved)
                shown["variables"] = found.get(row["id"], {})
        answer(resp, shown)

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Change what was sent, and nothing else."""
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        values = request_bodies.for_update(self.kind, sent)
        self.allow(req)
        known = self.rules.item_id(item_id)
        row = self.change(req, lambda objects: objects.update(known, values))
        echo = sent if values else {}
        answer(resp, {**self.show(req, row), **echo})

    def on_delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Delete; it does not matter whether there was anything."""
        self.allow(req)
        try:
            known = self.rules.item_id(item_id)
        except errors.Refused:
            pass
        else:
            self.change(req, lambda objects: objects.delete(known))
        _no_content(resp)


class Variables(View):
    """``/v1/hosts/1/variables``."""

    part = "variables"

    def on_get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the variables."""
        resolves = self.rules.variables_path_resolves
        resolved = query_parameters.for_one(req.query_string, resolvable=resolves)
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(self.rules.item_id(item_id))
            found = objects.variables_of([row], resolved)
        answer(resp, {"variables": found.get(row["id"], {})})

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Set variables; the others stay."""
        values = request_bodies.parse(req.content_type, req.bounded_stream.read())
        request_bodies.check(json_schemas.VARIABLES, values)
        self.allow(req)
        known = self.rules.item_id(item_id)
        found = self.change(req, lambda objects: objects.put_variables(known, values))
        answer(resp, {"variables": found})

    def on_delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Delete variables by name."""
        names = request_bodies.parse(req.content_type, req.bounded_stream.read())
        request_bodies.check(json_schemas.VARIABLE_NAMES, names)
        self.allow(req)
        known = self.rules.item_id(item_id)
        self.change(req, lambda objects: objects.remove_variables(known, names))
        _no_content(resp)


class Labels(View):
    """``/v1/hosts/1/labels``."""

    part = "labels"

    def on_get(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Show the labels."""
        query_parameters.for_one(req.query_string, resolvable=False)
        self.allow(req)
        with self.reading(req) as objects:
            row = objects.find(self.rules.item_id(item_id))
            answer(resp, {"labels": objects.labels(row["id"])})

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Add labels."""
        labels = self._labels(req)
        self.allow(req)
        known = self.rules.item_id(item_id)
        found = self.change(req, lambda objects: objects.add_labels(known, labels))
        answer(resp, {"labels": found})

    def on_delete(self, req: falcon.Request, resp: falcon.Response, item_id: str) -> None:
        """Take labels away."""
        labels = self._labels(req)
        self.allow(req)
        known = self.rules.item_id(item_id)
        self.change(req, lambda objects: objects.remove_labels(known, labels))
        _no_content(resp)

    @staticmethod
    def _labels(req: falcon.Request) -> list[str]:
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        request_bodies.check(json_schemas.LABELS, sent)
        return t.cast("list[str]", sent["labels"])


def _no_content(resp: falcon.Response) -> None:
    resp.status = falcon.HTTP_204
