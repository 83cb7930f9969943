# SPDX-License-Identifier: Apache-2.0
"""Which webhooks have something to be told, and which process tells them.

The position of a webhook is the revision of the last change that it knows. A process that wants
to deliver takes the webhook: nobody else can, until it lets it go or the time is over, because
the process was killed::

    UPDATE webhooks SET lease_owner = :me, lease_until = :until
    WHERE id = :webhook AND active AND coalesce(lease_until, '') <= :now RETURNING *

All times are those of the clock of the server, so the clocks of several machines must agree to
a few seconds.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonserver.db.aliases import Row
from cratonserver.db.change_log.origin import SERVER, Origin
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.dialect import PREPARE
from cratonserver.db.store import Store
from cratonserver.db.tables import Tables
from cratonserver.webhooks.clock import Clock

#: The maximum number of webhooks that one query returns.
_MOST_DUE = 200


class Due(t.NamedTuple):
    """A webhook with something to be told.

    :param webhook_id: its id.
    :param project_id: its project.
    """

    webhook_id: int
    project_id: str


class Schedule:
    """The webhooks of a fleet, as one process sees them.

    :param store: the store.
    :param owner: name of this process, different from all others.
    :param clock: the clock.
    :param lease: seconds after which others may deliver what this process has taken.
    """

    def __init__(self, store: Store, owner: str, clock: Clock, lease: float) -> None:
        self._store = store
        self._table = store.tables.metadata.tables["webhooks"]
        self._owner = owner
        self._clock = clock
        self._lease = lease

    def exists(self) -> bool:
        """Return True if there is an active webhook."""
        with self._store.read(single_query=True) as connection:
            return bool(self._store.tables.prepared(_active).rows(connection))

    def due(self, most: int) -> list[Due]:
        """Return webhooks that changes wait for, and that nobody delivers to at present.

        :param most: maximum number of webhooks of a project, so that no project hides others.
        """
        query = self._store.tables.prepared(_due)
        values = {"craton_now": self._now(), "craton_most": most}
        with self._store.read(single_query=True) as connection:
            return [Due(*row) for row in query.rows(connection, values)]

    def take(self, webhook_id: int) -> Row | None:
        """Take a webhook, and return it; ``None`` if another process was quicker."""
        w = self._table.c
        now = self._now()
        free = sa.func.coalesce(w.lease_until, "") <= now
        waits = sa.func.coalesce(w.next_attempt_at, "") <= now
        return self._change(webhook_id, {}, w.active, free, waits)

    def advance(self, webhook: Row, position: int, **noted: t.Any) -> Row | None:
        """Note the position of a webhook, and keep it.

        :param webhook: the webhook as it was read.
        :param position: revision of the last change that it knows.
        :param noted: what else to note.
        :returns: the webhook as it is now. ``None`` if it was deleted or moved to another
            position, or another process has taken it.
        """
        w = self._table.c
        same = w.position.is_not_distinct_from(webhook["position"])
        own = w.lease_owner == self._owner
        values = {"position": position, **noted}
        return self._change(webhook["id"], values, own, same)

    def keep(self, webhook: Row) -> bool:
        """Keep a webhook, and return False if another process has taken it."""
        own = self._table.c.lease_owner == self._owner
        return self._change(webhook["id"], {}, own) is not None

    def let_go(self, webhook: Row, **noted: t.Any) -> None:
        """Let a webhook go, so that any process can take it."""
        own = self._table.c.lease_owner == self._owner
        free = {"lease_owner": None, "lease_until": None}
        self._change(webhook["id"], {**free, **noted}, own)

    def let_all_go(self) -> None:
        """Let all webhooks of this process go, when it ends."""
        free = {"lease_owner": None, "lease_until": None}
        own = self._table.c.lease_owner == self._owner
        with self._store.write() as connection:
            connection.execute(sa.update(self._table).where(own).values(free))

    def switch_off(self, webhook: Row, why: str) -> None:
        """Switch a webhook off. The change is in the history of its project."""
        reason = f"webhook {webhook['name']} switched off: {why}"
        origin = Origin(SERVER.username, role=SERVER.role, reason=reason)
        item = self._table.c.id == webhook["id"]

        def work(transaction: Transaction) -> None:
            transaction.begin(webhook["project_id"])
            values = {"active": False, "updated_at": transaction.now}
            update = sa.update(self._table).where(item, self._table.c.active)
            transaction.connection.execute(update.values(values))

        self._store.transact(origin, work)

    def _change(self, webhook_id: int, values: Row, *conditions: t.Any) -> Row | None:
        w = self._table.c
        kept = {"lease_owner": self._owner, "lease_until": self._clock.after(self._lease)}
        update = sa.update(self._table).where(w.id == webhook_id, *conditions)
        update = update.values({**kept, **values}).returning(*w)
        with self._store.write() as connection:
            found = connection.execute(update).mappings().first()
        return None if found is None else dict(found)

    def _now(self) -> str:
        return self._clock.after(0)


def _active(tables: Tables) -> sa.Select[t.Any]:
    w = tables.metadata.tables["webhooks"].c
    return sa.select(w.id).where(w.active).limit(1).execution_options(**{PREPARE: True})


def _due(tables: Tables) -> sa.Select[t.Any]:
    """Build the query for the webhooks that are behind, those that waited longest first.

    For example, with the conditions left out::

        SELECT id, project_id FROM (
            SELECT id, w.project_id, coalesce(next_attempt_at, last_delivered_at, '') AS since,
                row_number() OVER (PARTITION BY w.project_id ORDER BY since, id) AS place
            FROM webhooks AS w JOIN project_revisions ON … WHERE …)
        WHERE place <= :craton_most ORDER BY since, id LIMIT 200
    """
    webhooks, revisions = tables.metadata.tables["webhooks"], tables.log.revisions
    w = webhooks.c
    now = sa.bindparam("craton_now", type_=w.lease_until.type)
    joined = webhooks.join(revisions, revisions.c.project_id == w.project_id)
    nothing = sa.literal_column("''", w.next_attempt_at.type)
    since = sa.func.coalesce(w.next_attempt_at, w.last_delivered_at, nothing)
    place = sa.func.row_number().over(partition_by=w.project_id, order_by=(since, w.id))
    behind = (
        sa.select(w.id, w.project_id, since.label("since"), place.label("place"))
        .select_from(joined)
        .where(
            w.active,
            sa.func.coalesce(w.position, sa.literal_column("0")) < revisions.c.last,
            sa.or_(w.next_attempt_at.is_(None), w.next_attempt_at <= now),
            sa.or_(w.lease_until.is_(None), w.lease_until <= now),
        )
        .subquery()
    ).c
    most = sa.bindparam("craton_most", type_=sa.Integer())
    query = (
        sa.select(behind.id, behind.project_id)
        .where(behind.place <= most)
        .order_by(behind.since, behind.id)
        .limit(sa.literal_column(str(_MOST_DUE)))
    )
    return query.execution_options(**{PREPARE: True})
