# SPDX-License-Identifier: Apache-2.0
"""The interface for copying whole tables, to back up and restore a fleet.

Each database has a class: :class:`cratonserver.db.sqlite_bulk.SQLiteBulk` and
:class:`cratonserver.db.postgresql_bulk.PostgreSQLBulk`.
"""

from __future__ import annotations

import abc
import contextlib
import typing as t

import sqlalchemy as sa

#: The values of a row, in the order of the columns.
Values = t.Sequence[t.Any]


class Bulk(abc.ABC):
    """Functions that copy whole tables. They have no state."""

    @abc.abstractmethod
    def lock_tables(self, connection: sa.Connection, tables: t.Sequence[sa.Table]) -> None:
        """Lock tables against writers, but not against readers, until the transaction ends."""

    @abc.abstractmethod
    def loading(self, connection: sa.Connection) -> t.ContextManager[None]:
        """Defer checking foreign keys to the end of the block.

        :raises sqlalchemy.exc.IntegrityError: at the end, if a row refers to no row.
        """

    @abc.abstractmethod
    def load(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: t.Sequence[str],
        rows: t.Iterable[Values],
        number: int,
    ) -> None:
        """Insert rows.

        :param columns: names of the columns, in the order of the values of each row.
        :param number: number of rows. They may be made while the database inserts others.
        """

    @staticmethod
    def bound(
        connection: sa.Connection,
        table: sa.Table,
        columns: t.Sequence[str],
        rows: t.Iterable[Values],
    ) -> t.Iterator[tuple[t.Any, ...]]:
        """Yield rows with the values that the driver of the database expects."""
        dialect = connection.dialect
        types = [table.c[name].type.dialect_impl(dialect) for name in columns]
        processors = [(i, p) for i, t_ in enumerate(types) if (p := t_.bind_processor(dialect))]
        if not processors:
            yield from map(tuple, rows)
            return
        for row in rows:
            values = [*row]
            for index, process in processors:
                values[index] = process(values[index])
            yield tuple(values)

    def planning_for_many(
        self, connection: sa.Connection, number: int
    ) -> t.ContextManager[None]:
        """Use indexes in the block, also to check foreign keys.

        :param number: number of rows that the block changes.
        """
        return contextlib.nullcontext()

    def without_indexes(
        self, connection: sa.Connection, table: sa.Table
    ) -> t.ContextManager[None]:
        """Drop the indexes of an empty table, and create them at the end of the block.

        This does nothing where it would block readers.
        """
        return contextlib.nullcontext()

    def last_id(self, connection: sa.Connection, table: sa.Table) -> int | None:
        """Return the highest id that was ever assigned in a table, 0 before the first one.

        Ids of deleted rows are not assigned again, so this may be more than the highest id
        of a row.

        :returns: ``None`` if the database assigns no ids in this table.
        """
        column = table.autoincrement_column
        if column is None:
            return None
        highest = connection.execute(sa.select(sa.func.max(column))).scalar() or 0
        return max(highest, self.last_assigned(connection, table, column))

    @abc.abstractmethod
    def reserve_ids(self, connection: sa.Connection, table: sa.Table, number: int) -> list[int]:
        """Reserve ids for new rows of a table, in a transaction that inserts them.

        :param number: number of ids.
        """

    @abc.abstractmethod
    def last_assigned(
        self, connection: sa.Connection, table: sa.Table, column: sa.Column[t.Any]
    ) -> int:
        """Return the last id that the sequence of a column assigned, or 0."""

    @abc.abstractmethod
    def set_last_id(self, connection: sa.Connection, table: sa.Table, last_id: int) -> None:
        """Make the database assign only higher ids in a table.

        :param last_id: an id. If the database has already assigned a higher one, nothing
            changes.
        """

    def analyze(self, connection: sa.Connection) -> None:  # noqa: B027, a hook
        """Update the statistics of the planner, if it needs any."""
