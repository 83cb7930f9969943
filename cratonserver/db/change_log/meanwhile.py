# SPDX-License-Identifier: Apache-2.0
"""Find what others changed between the moment when a user looked and a change.

A user saw what a deletion or an undo would do at some revision. If another change has touched
one of the objects since, or has put it where it is deleted with others, the user has not seen
that.
"""

from __future__ import annotations

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.db.aliases import Row
from cratonserver.db.change_log import reading
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.tables import Tables

#: The number of objects that a message names, and that the body describes.
_NAMED, _DESCRIBED = 20, 100


class Meanwhile:
    """The changes of others after a revision, until this transaction changes something.

    :param transaction: the transaction.
    :param tables: the tables.
    :param since: the revision that the user saw.
    """

    def __init__(self, transaction: Transaction, tables: Tables, since: int) -> None:
        self._transaction = transaction
        self._connection = transaction.connection
        self._tables = tables
        self._since = since
        last = sa.select(sa.func.max(tables.log.rows.c.seq))
        #: The last row of the log before the changes to look at.
        self._last = self._connection.scalar(last) or 0

    def check(self, *, deleted: bool = False) -> None:
        """Check what this transaction has changed since this object was created.

        :param deleted: check only objects that were deleted.
        :raises cratonserver.errors.Refused: with status 412 and the objects that others have
            changed.
        """
        entry, project_id = self._transaction.entry, self._transaction.project_id
        if entry is None or project_id is None:
            return
        found = self._changed(entry[0], project_id, deleted=deleted)
        if not found:
            return
        where = self._connection, self._tables
        described = [
            reading.described(*where, *one, project_id, before=entry[0])
            for one in found[:_DESCRIBED]
        ]
        named = ", ".join(
            _named(kind, one) for (kind, _), one in zip(found[:_NAMED], described, strict=False)
        )
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        error = errors.Refused(
            412,
            f"Other objects would change than those that were seen at revision {self._since}: "
            f"{named}{more}. Look again, and repeat the request.",
        )
        error.members = {"number": len(found), "objects": described}
        raise error

    def _changed(
        self, change_id: int, project_id: str, *, deleted: bool
    ) -> list[tuple[Kind, str]]:
        """Return the kind and the id of each object that others have changed."""
        rows, changes = self._tables.log.rows.c, self._tables.log.changes
        objects = sa.select(rows.source, rows.owner).where(rows.member.is_(None))
        own = objects.where(rows.change_id == change_id, rows.seq > self._last)
        if deleted:
            own = own.where(rows.after.is_(None))
        later = objects.join(changes, changes.c.id == rows.change_id).where(
            changes.c.project_id == project_id,
            changes.c.revision > self._since,
            changes.c.id != change_id,
        )
        kinds = {kind.key: kind for kind in self._tables.kinds}
        order = [*kinds]
        # Set operations need no statistics, unlike EXISTS.
        found = [*self._connection.execute(own.intersect(later)).tuples()]
        found.sort(key=lambda one: (order.index(one[0]), len(one[1]), one[1]))
        return [(kinds[source], owner) for source, owner in found]


def _named(kind: Kind, described: Row) -> str:
    name = "" if described["name"] is None else f" {described['name']!r}"
    changed = "" if described["revision"] is None else f", revision {described['revision']}"
    return f"{kind.noun}{name} (id {described['id']}{changed})"
