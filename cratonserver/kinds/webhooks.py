# SPDX-License-Identifier: Apache-2.0
"""Webhooks: admins manage them, and the server notes in them what it delivered."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient import paths, suggestions, v1
from cratonclient.kinds import Kind
from cratonserver import errors, request_limits
from cratonserver.db import column_types, policy, storage
from cratonserver.db.aliases import Row
from cratonserver.identity import Identity
from cratonserver.webhooks import addresses, secrets

#: What the server notes: it is not in the log, and is forgotten when a webhook is switched on.
FAILING = {
    "last_error": None,
    "last_status": None,
    "failures": None,
    "failing_since_at": None,
    "next_attempt_at": None,
}
_MOST_FILTERS = 100


class Storage(storage.Storage):
    """The storage rules of webhooks."""

    unlogged = frozenset(
        {"signing_secret", "position", "last_delivered_at", "lease_owner", "lease_until"}
    ) | frozenset(FAILING)

    def extra_columns(self) -> list[sa.Column[t.Any]]:
        """Return the columns for the secret, and for the process that delivers.

        The secret is stored as it is, because the server needs it to sign.
        """
        return [
            sa.Column("signing_secret", column_types.string(255), nullable=False),
            sa.Column("lease_owner", column_types.string(64)),
            sa.Column("lease_until", column_types.TIMESTAMP),
        ]


class Policy(policy.Policy):
    """The policy of webhooks. They see all that admins see, so only admins manage them."""

    #: The position of a new webhook is that of the change that creates it.
    needs_transaction = True

    def allow(self, who: Identity, method: str, part: str) -> None:
        """Let only admins manage webhooks. Their URLs may contain secrets."""
        if not (who.is_admin or who.is_root):
            raise errors.missing_role("admin")

    def complete(self, values: Row, who: Identity) -> Row:
        """Generate the secret. Only the response to this request shows it."""
        super().complete(values, who)
        secret = values["signing_secret"] = secrets.new()
        return {"secret": secret}

    def created(self, change: policy.Change) -> Row:
        """Begin after the change that creates the webhook."""
        position = change.revision()
        item = change.table.c.id == change.row["id"]
        change.connection.execute(sa.update(change.table).where(item).values(position=position))
        return {"position": position}

    def check_update(self, change: policy.Change) -> None:
        """Refuse URLs and filters that are not valid. Try at once after a change."""
        values = change.values
        problems = [*_url_problems(values), *_filter_problems(values)]
        if values.get("position") is not None:
            problems += _position_problems(change, values["position"])
        if problems:
            raise errors.invalid(problems)
        for name in ("kinds", "changed_fields"):
            if values.get(name) == []:
                values[name] = None
        if not change.is_new and ("url" in values or values.get("active")):
            values.update(FAILING)


def _url_problems(values: Row) -> t.Iterator[str]:
    limits = request_limits.current()
    if "url" in values:
        try:
            addresses.check_url(values["url"], limits.webhook_networks, limits.webhook_http)
        except ValueError as exc:
            yield f"url: {exc}"


def _filter_problems(values: Row) -> t.Iterator[str]:
    kinds = {kind.collection: kind for kind in v1.kinds() if kind.can("get")}
    del kinds["webhooks"]  # their URLs may contain secrets
    for name, known in (("kinds", _kind_problem), ("changed_fields", _field_problem)):
        given = values.get(name) or []
        if len(given) > _MOST_FILTERS:
            yield f"{name}: there are more than {_MOST_FILTERS}"
            continue
        for text in given:
            problem = known(kinds, text)
            if problem:
                yield f"{name}: {problem}"


def _kind_problem(kinds: t.Mapping[str, Kind], text: str) -> str:
    if text in kinds:
        return ""
    return f"{text!r} is not a kind of objects.{suggestions.did_you_mean(text, kinds)}"


def _field_problem(kinds: t.Mapping[str, Kind], text: str) -> str:
    try:
        first = paths.parse_pattern(text)[0]
    except paths.PathError as exc:
        return str(exc)
    fields = {name for kind in kinds.values() for name in kind.fields}
    fields.add("quotas")  # the history shows them as values of the project
    if first in fields:
        return ""
    hint = suggestions.did_you_mean(str(first), fields)
    return f"{text!r} begins with no field.{hint} Variables are variables.PATH."


def _position_problems(change: policy.Change, position: int) -> t.Iterator[str]:
    """Refuse a position after the last revision of the project."""
    revisions = change.table.metadata.tables["project_revisions"]
    own = revisions.c.project_id == change.row["project_id"]
    last = change.connection.execute(sa.select(revisions.c.last).where(own)).scalar() or 0
    if not 0 <= position <= last:
        yield f"position: {position} is not between 0 and the last revision, {last}"
