# SPDX-License-Identifier: Apache-2.0
"""Copy whole tables of PostgreSQL."""

from __future__ import annotations

import contextlib
import typing as t

import psycopg
import sqlalchemy as sa

from cratonserver.db.bulk import Bulk, Values

#: The number of rows from which on foreign keys are checked with new plans.
_MANY = 500


class PostgreSQLBulk(Bulk):
    """Copies tables with COPY, which is several times as fast as INSERT."""

    def lock_tables(self, connection: sa.Connection, tables: t.Sequence[sa.Table]) -> None:
        """Lock the tables in EXCLUSIVE mode, in which others can only read them."""
        names = ", ".join(map(connection.dialect.identifier_preparer.format_table, tables))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")

    @contextlib.contextmanager
    def loading(self, connection: sa.Connection) -> t.Iterator[None]:
        """Defer checking the foreign keys of a table to itself to the end of the block."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
        yield
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def load(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: t.Sequence[str],
        rows: t.Iterable[Values],
        number: int,
    ) -> None:
        """Insert rows with COPY.

        For example::

            COPY users (id, username) FROM STDIN
        """
        dialect = connection.dialect
        quote = dialect.identifier_preparer.quote
        names = ", ".join(map(quote, columns))
        statement = f"COPY {quote(table.name)} ({names}) FROM STDIN"
        driver: t.Any = connection.connection.driver_connection
        try:
            with (
                self.planning_for_many(connection, number),
                driver.cursor() as cursor,
                cursor.copy(statement) as copy,
            ):
                for row in self.bound(connection, table, columns, rows):
                    copy.write_row(row)
        except psycopg.Error as exc:
            raise sa.exc.DBAPIError.instance(
                statement, None, exc, psycopg.Error, dialect=dialect
            ) from exc
        if number >= _MANY:
            _analyze_if_grown(connection, table, number)

    @contextlib.contextmanager
    def planning_for_many(self, connection: sa.Connection, number: int) -> t.Iterator[None]:
        """Plan without sequential scans in the block.

        PostgreSQL keeps the plans of the checks of foreign keys. A plan from the time when a
        table was small scans the whole table for each row, and is not replaced in the
        transaction that fills the table: 10,000 hosts would take a minute.
        """
        if number < _MANY:
            yield
            return
        connection.exec_driver_sql("DISCARD PLANS")
        connection.exec_driver_sql("SET LOCAL enable_seqscan TO off")
        try:
            yield
        finally:
            driver: t.Any = connection.connection.driver_connection
            if driver.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
                connection.exec_driver_sql("SET LOCAL enable_seqscan TO DEFAULT")

    def reserve_ids(self, connection: sa.Connection, table: sa.Table, number: int) -> list[int]:
        """Take the next ids of the sequence."""
        sequence = self._sequence(connection, table, table.c[0])
        query = sa.text("SELECT nextval(:sequence) FROM generate_series(1, :number)")
        values = {"sequence": sequence, "number": number}
        return [*connection.execute(query, values).scalars()]

    def last_assigned(
        self, connection: sa.Connection, table: sa.Table, column: sa.Column[t.Any]
    ) -> int:
        """Return the value of the sequence, 0 if there is no sequence."""
        sequence = self._sequence(connection, table, column)
        if sequence is None:
            return 0
        query = f"SELECT last_value FROM {sequence} WHERE is_called"  # noqa: S608
        return connection.exec_driver_sql(query).scalar() or 0

    def set_last_id(self, connection: sa.Connection, table: sa.Table, last_id: int) -> None:
        """Raise the value of the sequence. A rollback would not lower it again."""
        column: t.Any = table.autoincrement_column
        sequence = column is not None and self._sequence(connection, table, column)
        if sequence and last_id > self.last_assigned(connection, table, column):
            connection.execute(sa.select(sa.func.setval(sequence, last_id)))

    @staticmethod
    def _sequence(
        connection: sa.Connection, table: sa.Table, column: sa.Column[t.Any]
    ) -> str | None:
        """Return the name of the sequence of a column, quoted."""
        quoted = connection.dialect.identifier_preparer.quote(table.name)
        query = sa.select(sa.func.pg_get_serial_sequence(quoted, column.name))
        name: str | None = connection.execute(query).scalar()
        return name

    def analyze(self, connection: sa.Connection) -> None:
        """Update the statistics. Autovacuum would do it later; until then plans are bad."""
        connection.exec_driver_sql("ANALYZE")


def _analyze_if_grown(connection: sa.Connection, table: sa.Table, added: int) -> None:
    """Update the statistics of a table that is at least twice as large as they say.

    All connections replace the plans that they keep. Autovacuum would do it a minute later.
    """
    name = connection.dialect.identifier_preparer.format_table(table)
    query = sa.text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    if connection.execute(query, {"name": name}).scalar_one() < added:
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")
