# SPDX-License-Identifier: Apache-2.0
"""Read all rows of a project with a fixed number of queries.

For example, the labels of the hosts of a region, on both databases::

    SELECT label, owner_id FROM device_labels
    WHERE owner_id IN (SELECT id FROM devices
                       WHERE project_id = :project AND kind = 'host' AND region_id = :r)
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonserver.db import inheritance, references, variables
from cratonserver.db.aliases import Row
from cratonserver.db.tables import Tables
from cratonserver.db.variables import Mappings


class ProjectRows:
    """The rows of a project.

    :param connection: connection in a transaction.
    :param tables: the tables.
    :param project_id: id of the project.
    """

    def __init__(self, connection: sa.Connection, tables: Tables, project_id: str) -> None:
        self._connection = connection
        self._tables = tables
        self._project_id = project_id

    def read(self, collection: str, **filters: int) -> list[Row]:
        """Return rows, sorted by id.

        :param collection: name of the collection, such as ``hosts``.
        :param filters: values to compare with, by column. Unknown columns are ignored.
        """
        query = self._select(collection, **filters)
        ordered = query.order_by(query.selected_columns.id)
        return [dict(row) for row in self._connection.execute(ordered).mappings()]

    def read_places(
        self, collection: str, *columns: str, **filters: int
    ) -> t.Sequence[sa.Row[t.Any]]:
        """Return rows with their ids and the references that they inherit by, sorted by id.

        :param collection: name of the collection, such as ``hosts``.
        :param columns: further columns.
        :param filters: as for :meth:`read`.
        """
        kind = self._tables.kind(collection)
        table = self._tables.table(kind)
        wanted = [table.c[name] for name in ("id", *columns, *kind.ancestry)]
        query = self._select(collection, **filters).with_only_columns(*wanted)
        return self._connection.execute(query.order_by(table.c.id)).all()

    def resolved_variables(
        self, collection: str, rows: t.Sequence[t.Mapping[str, t.Any]]
    ) -> Mappings:
        """Return the variables of rows, including inherited ones, keyed by id."""
        kind = self._tables.kind(collection)
        return inheritance.resolve(self._connection, self._tables, kind, rows)

    def own_variables(self, collection: str, **filters: int) -> Mappings:
        """Return the own variables of rows, without inherited ones, keyed by id."""
        kind, ids = self._tables.kind(collection), self._ids(collection, **filters)
        return variables.own(self._connection, self._tables, kind, ids)

    def labels(self, collection: str, **filters: int) -> list[tuple[str, int]]:
        """Return pairs of a label and the id of a row that has it."""
        table = self._tables.labels(self._tables.kind(collection))
        owners = self._ids(collection, **filters)
        query = sa.select(table.c.label, table.c.owner_id).where(table.c.owner_id.in_(owners))
        return [(label, owner) for label, owner in self._connection.execute(query)]

    def _ids(self, collection: str, **filters: int) -> sa.Select[t.Any]:
        query = self._select(collection, **filters)
        return query.with_only_columns(query.selected_columns.id)

    def _select(self, collection: str, **filters: int) -> sa.Select[t.Any]:
        kind = self._tables.kind(collection)
        table = self._tables.table(kind)
        query = sa.select(table).where(table.c.project_id == self._project_id)
        query = query.where(*self._tables.kind_conditions(kind))
        known = {name: value for name, value in filters.items() if name in table.c}
        return query.where(
            *(table.c[name] == self._own(kind, name, known[name]) for name in known)
        )

    def _own(self, kind: Kind, name: str, value: int) -> t.Any:
        """Return the value of a filter, and NULL for a place in another project."""
        field = kind.fields[name]
        if not isinstance(field, Ref):
            return value
        target = self._tables.kind(field.target)
        return references.own_id(self._tables, target, value, self._project_id)
