# SPDX-License-Identifier: Apache-2.0
"""``/v1/changes``: the history of a project."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

import falcon
import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors, wsgi_keys
from cratonserver.api import (
    change_set_bodies,
    entity_tags,
    origins,
    page_links,
    query_parameters,
    request_bodies,
    spool,
)
from cratonserver.api.json_response import set_body
from cratonserver.api.posting import Posting
from cratonserver.api.view import Responder, View
from cratonserver.db import ids, list_query
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import pages, reading
from cratonserver.db.change_log.followers import Follower
from cratonserver.db.markers import Marker
from cratonserver.db.store import Store
from cratonserver.identity import Identity, canonical_project_id
from cratonserver.openapi import change_schemas, headers
from cratonserver.openapi.operations import Operation, operation

PATH = "/v1/changes"
ITEM_PATH = "/v1/changes/{revision:id}"

#: The values of a change that the API shows.
_SHOWN = (
    *("revision", "project_id", "created_at", "username", "user_id", "key_name", "role"),
    *("address", "request_id", "reason", "undoes"),
)


class ChangesView(View):
    """The base class of the views of changes.

    :param store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kinds = {kind.collection: kind for kind in store.tables.kinds}
        #: Projects and users have rules of their own, and keys have secrets.
        self._changeable = {
            kind.collection: kind
            for kind in store.tables.kinds
            if kind.can("create") and not store.tables.policy(kind).needs_transaction
        }

    def _hidden(self, who: Identity) -> tuple[str, ...]:
        """Return the keys of the kinds whose objects a user does not see, or not all."""
        found = []
        for kind in self._store.tables.kinds:
            policy = self._store.tables.policy(kind)
            try:
                policy.allow(who, "GET", "item")
            except errors.Refused:
                found.append(kind.key)
            else:
                if policy.required(who):
                    found.append(kind.key)
        return tuple(found)

    @staticmethod
    def _project(who: Identity, wanted: str | None) -> str:
        """Return the project whose changes a user asks for.

        :raises cratonserver.errors.Refused: with status 400 or 403.
        """
        if wanted is None:
            return who.project_id
        try:
            found = canonical_project_id(wanted)
        except ValueError:
            raise errors.invalid([f"project_id: {wanted!r} is not a UUID"]) from None
        if found != who.project_id and not who.is_root:
            raise errors.missing_role("root")
        return found

    def _find(self, connection: sa.Connection, project_id: str, revision: str) -> Row:
        """Return a change.

        :raises cratonserver.errors.Refused: with status 404, or with 410 if it was pruned.
        """
        tables = self._store.tables
        number = int(revision) if len(revision) < 19 and ids.INTEGER.fullmatch(revision) else 0
        found = reading.find(connection, tables, project_id, number) if number else None
        if found is not None:
            return found
        self._check_kept(connection, project_id, number)
        raise errors.not_found()

    def _check_sight(
        self, connection: sa.Connection, hidden: t.Collection[str], change_id: int
    ) -> list[Kind]:
        """Return the kinds of the objects of a change.

        :param hidden: keys of the kinds that the user does not see.
        :raises cratonserver.errors.Refused: with status 404, if the user sees none of them.
        """
        kinds = reading.kinds(connection, self._store.tables, change_id)
        if hidden and all(kind.key in hidden for kind in kinds):
            raise errors.not_found()
        return kinds

    def _check_kept(self, connection: sa.Connection, project_id: str, revision: int) -> None:
        """Refuse a revision that was removed from the history.

        :raises cratonserver.errors.Refused: with status 410.
        """
        pruned = reading.last_pruned(connection, self._store.tables, project_id)
        if 0 < revision <= pruned:
            raise errors.Refused(
                410,
                f"Revision {revision} was removed from the history, which begins with "
                f"revision {pruned + 1}.",
            )


class Changes(ChangesView):
    """The view of the changes of a project."""

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List changes, the newest first."""
        values = query_parameters.read(req.query_string, change_schemas.parameters(self._kinds))
        query = self._query(req.context.identity, values)
        wait = values.get("wait", 0)
        with self._store.read(standby=not wait) as connection:
            if "after" in values:  # a client must not miss changes unnoticed
                self._check_kept(connection, query.project_id, values["after"] + 1)
            rows = pages.page(connection, self._store.tables, query)
            last = reading.last_revision(connection, self._store.tables, query.project_id)
        if values.get("after", 0) > last:  # it would wait for all changes up to that number
            raise errors.invalid([f"after: the last revision is {last}"])
        if wait and not rows and req.env.get(wsgi_keys.CAN_WAIT):
            begin = functools.partial(self._follow, query.project_id, last)
            req.env[wsgi_keys.WAIT] = wsgi_keys.Wait(wait, begin)
        echo = {name: value for name, value in values.items() if name != "marker"}
        links = page_links.links(
            req.prefix + req.path,
            {**echo, "limit": query.limit},
            None if query.marker is None else Marker(str(query.marker)),
            None,
            Marker(str(rows[-1]["revision"])) if rows else None,
        )
        links = [one for one in links if one["rel"] != "prev"]
        body = {"changes": [shown(row) for row in rows], "last_revision": last, "links": links}
        set_body(resp, body)

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"GET": self.get, "POST": self.post}

    def post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Apply a change set, and show the change."""
        query_parameters.read(req.query_string, {})
        entity_tags.refuse_if_match(req)
        body = request_bodies.parse(req.content_type, req.bounded_stream.read())
        change_set = change_set_bodies.parse(self._changeable, body)
        who = req.context.identity
        named = {one.shown["kind"] for one in change_set.refused}
        kinds = {kind for name, kind in self._changeable.items() if name in named}
        needed = {(kind, "POST", "collection") for kind in kinds}
        needed.update(*(item.needed() for item in change_set.items))
        for kind, method, part in needed:
            self._store.tables.policy(kind).allow(who, method, part)
        origin = origins.of(req)
        if change_set.reason is not None:
            origin = dataclasses.replace(origin, reason=change_set.reason)
        spool.set_result(resp, Posting(self._store, who, change_set).run(origin))

    def _follow(
        self, project_id: str, revision: int, tell: t.Callable[[], object]
    ) -> t.Callable[[], None]:
        """Let the client wait for the next change."""
        return self._store.followers.add(Follower(project_id, revision, tell))

    def _object(self, values: Row) -> tuple[Kind | None, int | str | None]:
        """Return the kind of the changed objects, and the id of one of them.

        :raises cratonserver.errors.Refused: with status 400 or 404.
        """
        kind = None if "kind" not in values else self._kinds[values["kind"]]
        for name in {"id", "name"} & values.keys():
            if kind is None:
                raise errors.invalid([f"{name}: 'kind' is required"])
        if "id" in values and "name" in values:
            raise errors.invalid(["id and name exclude each other"])
        if kind is None or "id" not in values:
            return kind, None
        return kind, ids.parse(kind, values["id"])

    def _query(self, who: Identity, values: Row) -> pages.Query:
        """Return the query for a request.

        :raises cratonserver.errors.Refused: with status 400, 403 or 404.
        """
        kind, item_id = self._object(values)
        after = values.get("after")
        if after is not None and "marker" in values:
            raise errors.invalid(["after and marker exclude each other"])
        if after is not None and values.get("sort_dir") == "desc":
            raise errors.invalid(
                ["after: changes after a revision come the oldest first, without sort_dir=desc"]
            )
        if "wait" in values and after is None:
            raise errors.invalid(["wait: 'after' is required"])
        hidden = self._hidden(who)
        if kind is not None and kind.key in hidden:
            raise errors.missing_role("admin")
        return pages.Query(
            project_id=self._project(who, values.get("project_id")),
            limit=values.get("limit", list_query.DEFAULT_LIMIT),
            descending=values.get("sort_dir", "desc" if after is None else "asc") == "desc",
            marker=values.get("marker") if after is None else after,
            kind=kind,
            item_id=item_id,
            name=values.get("name"),
            username=values.get("username"),
            since=values.get("since"),
            until=values.get("until"),
            reason=values.get("reason"),
            hidden=hidden,
        )

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        post = operation(
            "postChange",
            "Apply a change set: all of its changes, or none.",
            responses={200: change_schemas.posted()},
            errors={400, 404, 409, 412},
            body={
                "schema": change_schemas.change_set(self._changeable),
                "example": change_schemas.EXAMPLE,
            },
        )
        return {
            "GET": operation(
                "listChanges",
                "List the changes of the own project, the newest first.",
                responses={200: change_schemas.page()},
                errors={400, 404, 410},
                parameters=change_schemas.described(self._kinds),
            ),
            "POST": headers.changing(post),
        }


class Change(ChangesView):
    """The view of one change."""

    path_parameters = (change_schemas.REVISION,)

    def get(self, req: falcon.Request, resp: falcon.Response, revision: str) -> None:
        """Show a change, with all objects before and after it."""
        values = query_parameters.read(req.query_string, change_schemas.OF_PROJECT)
        who = req.context.identity
        project_id = self._project(who, values.get("project_id"))
        hidden = self._hidden(who)
        with self._store.read(standby=True) as connection:
            row = self._find(connection, project_id, revision)
            self._check_sight(connection, hidden, row["id"])
            tables = self._store.tables
            undone_by = reading.undone_by(connection, tables, project_id, row["revision"])
            changed = [*reading.objects(connection, tables, row["id"], hidden)]
        spool.set_result(resp, {**shown(row), "undone_by": undone_by, "objects": changed})

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        return {
            "GET": operation(
                "getChange",
                "Show a change, with all objects before and after it.",
                responses={200: change_schemas.change()},
                errors={400, 404, 410},
                parameters=change_schemas.described_item(),
            )
        }


def shown(row: Row) -> Row:
    """Return a change as the API shows it."""
    counts = {"counts": row["counts"]} if "counts" in row else {}
    return {**{name: row[name] for name in _SHOWN}, **counts}
