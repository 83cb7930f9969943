# SPDX-License-Identifier: Apache-2.0
"""Delete many objects of a kind at once, with everything that belongs to them.

For example, hosts on PostgreSQL. The database deletes their variables, labels and interfaces::

    SELECT id, … FROM devices WHERE id = ANY (:craton_ids) … FOR NO KEY UPDATE
    SELECT DISTINCT parent_id FROM devices WHERE parent_id = ANY (:craton_ids)
    SET CONSTRAINTS ALL DEFERRED
    DELETE FROM devices WHERE id = ANY (:craton_ids)
    SET CONSTRAINTS ALL IMMEDIATE
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.kinds import Kind
from cratonserver.db import many_objects
from cratonserver.db.many_creations import OneByOne
from cratonserver.db.objects import Objects
from cratonserver.db.policy import Policy
from cratonserver.db.tables import Tables

#: The name of the parameter for ids.
_IDS = "craton_ids"


def delete(objects: Objects, since: t.Mapping[t.Any, int | None]) -> None:
    """Delete objects of a kind.

    :param objects: the objects of the kind, in a transaction.
    :param since: ids of the objects, each with the revision after which nobody may have
        changed it, ``None`` for any.
    :raises OneByOne: if one of the objects cannot be deleted, or if they need further checks.
        Nothing was changed then. Deleted one by one, the error says which.
    :raises sqlalchemy.exc.IntegrityError: if another object refers to one of them.
    """
    if type(objects.policy).check_deletion is not Policy.check_deletion:
        raise OneByOne
    many_objects.lock(objects, since)
    if "parent_id" in objects.table.c:
        # A device with children cannot be deleted. They may be deleted before or after it.
        query = objects.tables.prepared(many_objects.parents, objects.kind)
        if query.scalars(objects.connection, {_IDS: [*since]}):
            raise OneByOne
    deletion = objects.tables.prepared(_deletion, objects.kind)
    with objects.tables.dialect.bulk.planning_for_many(objects.connection, len(since)):
        deletion.run(objects.connection, {_IDS: [*since]})


def _deletion(tables: Tables, kind: Kind) -> t.Any:
    table = tables.table(kind)
    delete = sa.delete(table).where(tables.dialect.in_parameter(table.c.id, _IDS))
    return tables.dialect.deferring_foreign_keys(delete)
