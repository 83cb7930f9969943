# SPDX-License-Identifier: Apache-2.0
"""``/v1/changes/7/undo``: undo a change with another change."""

from __future__ import annotations

import dataclasses
import typing as t

import falcon
import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api import (
    entity_tags,
    origins,
    query_parameters,
    request_bodies,
    spool,
    undo_refusals,
)
from cratonserver.api.changes import ChangesView
from cratonserver.api.schema_validation import Validator
from cratonserver.api.undo_refusals import DESCRIBED, NAMED
from cratonserver.api.view import Responder
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import later_changes, reading, undoing
from cratonserver.db.change_log.meanwhile import Meanwhile
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.change_log.undo_obstacles import Obstacles
from cratonserver.db.policy import Policy
from cratonserver.db.quota_checks import Checks
from cratonserver.identity import Identity
from cratonserver.openapi import change_schemas, headers
from cratonserver.openapi.operations import Operation, operation

PATH = "/v1/changes/{revision:id}/undo"

_BODY = Validator(change_schemas.UNDO)


class _DryRun(Exception):
    """The end of a dry run, which rolls everything back.

    :param result: the response.
    """

    def __init__(self, result: Row) -> None:
        super().__init__()
        self.result = result


class Undo(ChangesView):
    """The view of undoing a change."""

    path_parameters = (change_schemas.REVISION,)

    def responders(self) -> dict[str, Responder]:
        """Return the responders by HTTP method."""
        return {"POST": self.post}

    def post(self, req: falcon.Request, resp: falcon.Response, revision: str) -> None:
        """Undo a change, and show the new one."""
        values = query_parameters.read(req.query_string, change_schemas.OF_PROJECT)
        entity_tags.refuse_if_match(req)
        text = req.bounded_stream.read()
        options = request_bodies.parse(req.content_type, text) if text else {}
        _BODY.check(options)
        who = req.context.identity
        project_id = self._project(who, values.get("project_id"))
        with self._store.read() as connection:
            undone = self._find(connection, project_id, revision)
        origin = dataclasses.replace(origins.of(req), undoes=undone["revision"])
        try:
            result = self._store.transact(
                origin,
                lambda transaction: self._undo(transaction, who, undone, options),
            )
        except _DryRun as dry_run:
            result = dry_run.result
        else:
            self._store.quotas.forget(project_id)  # the change may have set quotas
        spool.set_result(resp, result)

    def _undo(self, transaction: Transaction, who: Identity, undone: Row, options: Row) -> Row:
        """Undo a change in a transaction, and return the new change.

        :raises cratonserver.errors.Refused: with status 403 or 409.
        """
        tables, connection = self._store.tables, transaction.connection
        project, force = undone["project_id"], bool(options.get("force"))
        transaction.begin(project)
        self._check_rights(connection, who, undone["id"])
        if not force:
            since = later_changes.changed_since(connection, tables, undone["id"])
            if since:
                gone = {*later_changes.missing(connection, tables, undone["id"])}
                described = [
                    {
                        **reading.described(connection, tables, *one, project),
                        "deleted": one in gone,
                    }
                    for one in since[:DESCRIBED]
                ]
                raise _conflict("changed since", since, described)
        created = Obstacles(connection, tables, undone["id"]).referring()
        if created:
            raise undo_refusals.of_obstacles(connection, tables, project, created)
        seen = self._seen(transaction, options.get("unchanged_since"))
        checks = Checks(self._store.quotas, connection, who, undone["project_id"])
        checks.restored(undoing.restored(connection, tables, undone["id"]))
        try:
            with transaction.attempt():
                entry = undoing.Undoing(transaction, tables, undone["id"], force=force).run()
        except sa.exc.IntegrityError as exc:
            kind = tables.dialect.violated(exc).kind
            raise undo_refusals.of_violation(connection, tables, undone, kind) from exc
        if entry is None:
            raise self._nothing(connection, undone)
        change_id, revision = entry
        self._check_undone(connection, who, change_id)
        lost = later_changes.deleted_with_others(connection, tables, change_id, undone["id"])
        if lost:
            raise undo_refusals.of_contents(connection, tables, project, change_id, lost)
        if seen is not None:
            seen.check()
        objects = [*reading.objects(connection, tables, change_id)]
        if all(one["before"] == one["after"] for one in objects):
            raise self._nothing(connection, undone)
        missing = [
            reading.described(connection, tables, *one, project)
            for one in later_changes.missing(connection, tables, undone["id"], DESCRIBED)
        ]
        result = {
            "revision": revision,
            "undoes": undone["revision"],
            "objects": objects,
            "missing": missing,
        }
        if options.get("dry_run"):
            raise _DryRun({**result, "dry_run": True})
        return result

    def _seen(self, transaction: Transaction, since: int | None) -> Meanwhile | None:
        """Return the changes after the revision that the user saw, ``None`` for any.

        :raises cratonserver.errors.Refused: with status 400, if there is no such revision.
        """
        if since is None:
            return None
        tables, project_id = self._store.tables, transaction.project_id
        last = reading.last_revision(transaction.connection, tables, project_id)
        if since > last:
            raise errors.invalid([f"unchanged_since: the last revision is {last}"])
        return Meanwhile(transaction, tables, since)

    def _check_rights(self, connection: sa.Connection, who: Identity, change_id: int) -> None:
        """Refuse a user who does not see the whole change, or could not make it.

        :raises cratonserver.errors.Refused: with status 403 or 404.
        """
        hidden = self._hidden(who)
        kinds = self._check_sight(connection, hidden, change_id)
        if not kinds and not who.is_root:  # the log does not tell whose change that is
            raise errors.missing_role("root")
        for kind in kinds:
            if kind.key in hidden:
                raise errors.missing_role("admin")
            for part in reading.changed_parts(connection, self._store.tables, change_id, kind):
                method = "DELETE" if part == "item" else "PUT"
                self._store.tables.policy(kind).allow(who, method, part)

    def _check_undone(self, connection: sa.Connection, who: Identity, change_id: int) -> None:
        """Check what was undone against the policies of the kinds.

        :param change_id: id of the new change.
        :raises cratonserver.errors.Refused: with status 403 or 409.
        """
        tables = self._store.tables
        for kind in reading.kinds(connection, tables, change_id):
            policy = tables.policy(kind)
            if type(policy).check_undone is not Policy.check_undone:
                changed = undoing.states(connection, tables, change_id, kind)
                policy.check_undone(connection, tables.table(kind), who, changed)

    def _nothing(self, connection: sa.Connection, undone: Row) -> errors.Refused:
        """Return the error for a change that cannot be undone, or has no effect any more."""
        tables = self._store.tables
        lost = undoing.lost(connection, tables, undone["id"])
        if not lost:
            return errors.Refused(409, "There is nothing to undo.")
        described = [
            reading.described(connection, tables, *one, undone["project_id"])
            for one in lost[:NAMED]
        ]
        named = undo_refusals.in_words(lost, described)
        return errors.Refused(
            409,
            f"The change cannot be undone: {named}. The log does not contain the secrets of "
            "such objects, so undoing neither brings them back nor deletes them. Create or "
            "delete them yourself.",
        )

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        made = operation(
            "postChangeUndo",
            "Undo a change with another change: deleted objects come back with their ids.",
            responses={200: change_schemas.undone()},
            errors={400, 404, 409, 410},
            parameters=change_schemas.described_item(),
            body={"schema": change_schemas.UNDO, "example": {"dry_run": True}},
        )
        return {"POST": headers.changing(made)}


def _conflict(
    what: str, found: t.Sequence[tuple[Kind, str]], described: list[Row]
) -> errors.Refused:
    """Return the error for objects that prevent undoing a change: status 409.

    :param what: what happened to them.
    :param found: kind and id of each object.
    :param described: the first of these objects, for programs.
    """
    named = ", ".join(f"{kind.noun} {item_id}" for kind, item_id in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    error = errors.Refused(
        409,
        f"The change cannot be undone, because other changes depend on it. Objects {what}: "
        f"{named}{more}. Undo those changes first, or use force.",
    )
    error.members = {"number": len(found), "objects": described}
    return error
