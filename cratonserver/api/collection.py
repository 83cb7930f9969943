# SPDX-License-Identifier: Apache-2.0
"""``/v1/hosts``: list and create."""

from __future__ import annotations

import typing as t

import falcon

from cratonclient.http.response import ROW_TAG
from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import entity_tags, page_links, query_parameters, request_bodies, spool
from cratonserver.api.json_response import set_body
from cratonserver.api.representation import Representation
from cratonserver.api.view import KindView, Responder
from cratonserver.db import markers
from cratonserver.db.aliases import Row
from cratonserver.db.markers import Marker
from cratonserver.db.objects import Objects
from cratonserver.db.store import Store
from cratonserver.db.variables import Mappings
from cratonserver.openapi import headers, kind_operations
from cratonserver.openapi.operations import Operation


class Collection(KindView):
    """The view of the objects of a kind."""

    part = "collection"

    def __init__(self, store: Store, kind: Kind) -> None:
        super().__init__(store, kind)
        self._representations = {
            member.key: Representation(store.tables, member)
            for member in store.tables.members(kind)
        }

    def responders(self) -> dict[str, Responder]:
        """Return the responders for the operations that the kind has."""
        found: dict[str, Responder] = {"GET": self.list}
        if self.kind.can("create"):
            found["POST"] = self.create
        return found

    def list(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List objects."""
        if self._is_current(req, resp):
            return
        request = query_parameters.for_list(self.store.tables, self.kind, req.query_string)
        self.allow(req)
        query = request.query
        named = {n: v for n, v in query.filters.items() if n in ("id", "name")}
        compares = "where" in request.echo
        find_one = self.policy.finds_one and bool(named) and not compares
        tagged = entity_tags.are_wanted(req)
        several = request.details or query.variables or find_one or compares or tagged
        with self.reading(req, single_query=not several) as objects:
            tag = entity_tags.of_list(req, objects.connection, self.store.tables)
            if not self.notes and entity_tags.send(req, resp, tag):
                return
            if find_one:
                rows, links = _one(objects, named), []
                request = request._replace(details=False)
            else:
                page = objects.page(query)
                rows = page.rows
                links = page_links.links(
                    req.prefix + req.path,
                    request.echo,
                    query.marker,
                    None if page.previous is None else Marker(str(page.previous)),
                    markers.after(rows[-1], query.sort_keys) if rows else None,
                )
            # After the revision, so that the tag is never newer than the rows.
            tag = entity_tags.with_notes(tag, self.noted(rows))
            if self.notes and entity_tags.send(req, resp, tag):
                return
            values = None
            if request.details:
                values = objects.mapping_of(rows, resolved=query.resolved)
            tags = entity_tags.of_rows(objects, rows) if tagged else {}
        body = {"links": links, **self._envelope(req, rows, values, tags)}
        spool.set_body(resp, body, Mappings({}, {}) if values is None else values)

    def _is_current(self, req: falcon.Request, resp: falcon.Response) -> bool:
        """Respond with 304 if the client has the list already, before anything else is read.

        The tag is that of an earlier response with the same parameters, so they are valid.
        """
        if self.notes or "*" in req.get_header("If-None-Match", default="*"):
            return False
        self.allow(req)
        who = req.context.identity
        if who.revision is None or who.is_root:
            with self.store.read(single_query=True, standby=True) as connection:
                tag = entity_tags.of_list(req, connection, self.store.tables)
        else:
            tag = entity_tags.of_list_at(req, who.revision)
        return entity_tags.is_known(req, tag) and entity_tags.send(req, resp, tag)

    def create(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Create an object."""
        entity_tags.refuse_if_match(req)
        sent = request_bodies.parse(req.content_type, req.bounded_stream.read())
        values = request_bodies.for_create(self.kind, sent)
        self.allow(req)
        row, shown_once = self.change(
            req, resp, lambda objects: objects.create(values), single_statement=True
        )
        shown = self.show(req, row)
        echo = self._echo(sent, shown)
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"{req.prefix}{req.path}/{row['id']}")
        set_body(resp, {**shown, **echo, **shown_once})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        described = kind_operations.collection(self.store.tables, self.kind)
        return headers.of_collection(described)

    def _echo(self, sent: Row, shown: Row) -> Row:
        """Return the values that the response to a creation repeats as they were sent.

        Later responses contain these values as they are stored.
        """
        fields, parts = self.kind.fields, self.kind.parts
        echo = {name: v for name, v in sent.items() if fields[name].shown != "never"}
        for name, part in parts.items():
            if part.shown != "never" and part.create:
                echo.setdefault(name, part.type())
        if "variables" not in parts:
            echo.pop("variables", None)
        if "links" in echo:
            echo["links"] = [*echo["links"], *shown["links"]]
        return echo

    def _envelope(
        self,
        req: falcon.Request,
        rows: t.Sequence[Row],
        values: Mappings | None,
        tags: t.Mapping[t.Any, str],
    ) -> Row:
        """Return the rows under the key of the list; for devices, grouped by kind.

        :param values: the variables to show.
        :param tags: the entity tags to show.
        """
        groups: dict[str, t.Any] = {key: [] for key in self._representations}
        base_url = f"{req.prefix}/v1"
        for row in rows:
            key = row.get("kind", self.kind.key)
            shown = self._representations[key].of(row, base_url)
            if values is not None:
                shown["variables"] = values.get(row["id"], {})
            if tags:
                shown[ROW_TAG] = tags[row["id"]]
            groups[key].append(shown)
        if [*groups] == [self.kind.key]:
            return {self.kind.collection: groups[self.kind.key]}
        members = self.store.tables.members(self.kind)
        return {self.kind.collection: {member.path: groups[member.key] for member in members}}


def _one(objects: Objects, wanted: Row) -> t.Sequence[Row]:
    """Return the objects with an id or a name. With both, the name must exist, the id decides.

    :raises cratonserver.errors.Refused: with status 404, if there are no such objects.
    """
    found = objects.matching({"name": wanted["name"]}) if "name" in wanted else []
    if "id" in wanted and (found or "name" not in wanted):
        found = [objects.find(wanted["id"])]
    if not found:
        raise errors.not_found()
    return found
