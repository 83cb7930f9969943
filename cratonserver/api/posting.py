# SPDX-License-Identifier: Apache-2.0
"""Apply a posted change set, and report all changes of it that are refused."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver import errors
from cratonserver.api.change_set_bodies import Body
from cratonserver.api.refusals import Refusal
from cratonserver.db.aliases import Row
from cratonserver.db.change_items import ItemRefused
from cratonserver.db.change_log import reading
from cratonserver.db.change_log.origin import Origin
from cratonserver.db.change_log.transaction import SeveralProjects, Transaction
from cratonserver.db.change_sets import Applying
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.objects import Objects
from cratonserver.db.store import Store
from cratonserver.identity import Identity


class RolledBack(Exception):
    """The end of a transaction whose changes are rolled back.

    :param result: the response.
    """

    def __init__(self, result: Row) -> None:
        super().__init__()
        self.result = result


class Refused(errors.Refused):
    """Changes of a change set are refused.

    :param refused: these changes.
    """

    def __init__(self, refused: t.Sequence[Refusal]) -> None:
        statuses = {one.error.status for one in refused}
        number = f"{len(refused)} changes are" if len(refused) > 1 else "A change is"
        first = refused[0]
        line, *lines = first.error.message.split("\n")
        super().__init__(
            statuses.pop() if len(statuses) == 1 else 400,
            f"{number} refused, and nothing was changed. {first.title}: {line}",
            *lines,
        )
        self.members = {"errors": [one.members for one in refused]}


class Posting:
    """The work of applying a posted change set.

    :param store: the store.
    :param who: the user.
    :param change_set: the change set.
    """

    def __init__(self, store: Store, who: Identity, change_set: Body) -> None:
        self._store = store
        self._who = who
        self._change_set = change_set

    def run(self, origin: Origin) -> Row:
        """Apply the change set, and return the change.

        :raises cratonserver.errors.Refused: if a change is refused. Nothing is changed then.
        """
        try:
            try:
                if not self._change_set.refused:
                    return self._store.transact(origin, self._apply_at_once)
            except (ItemRefused, OneByOne, sa.exc.IntegrityError):
                pass
            return self._store.transact(origin, self._apply_one_by_one)
        except RolledBack as end:
            return end.result
        except SeveralProjects:
            raise errors.Refused(
                400, "A change set changes objects of one project. Post one for each project."
            ) from None

    def _apply_at_once(self, transaction: Transaction) -> Row:
        applying = self._applying(transaction)
        applying.run(self._change_set.items)
        return self._result(transaction, applying)

    def _apply_one_by_one(self, transaction: Transaction) -> Row:
        applying = self._applying(transaction)
        invalid = self._change_set.refused
        found = applying.find_refusals(
            self._change_set.items, {one.position for one in invalid}
        )
        refused = [*invalid, *map(Refusal.of_item, found)]
        if refused:
            raise Refused(sorted(refused, key=lambda one: one.position))
        return self._result(transaction, applying)

    def _applying(self, transaction: Transaction) -> Applying:
        store, known = self._store, dict[Kind, Objects]()
        transaction.is_single = False
        if not self._who.is_root:
            transaction.begin(self._who.project_id)

        def objects_of(kind: Kind) -> Objects:
            if kind not in known:
                where = store.tables, kind, self._who, transaction.connection
                known[kind] = Objects(*where, store.quotas, transaction)
            return known[kind]

        return Applying(objects_of, transaction)

    def _result(self, transaction: Transaction, applying: Applying) -> Row:
        """Return the response.

        :raises RolledBack: after a dry run.
        """
        entry = transaction.entry
        created = {str(position): item_id for position, item_id in applying.created.items()}
        result: Row = {"revision": None, "created": created}
        if entry is not None:
            result["revision"] = entry[1]
        if not self._change_set.dry_run:
            return result
        shown: list[Row] = []
        if entry is not None:
            shown = [*reading.objects(transaction.connection, self._store.tables, entry[0])]
        raise RolledBack({**result, "dry_run": True, "objects": shown})
