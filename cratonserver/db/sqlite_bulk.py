# SPDX-License-Identifier: Apache-2.0
"""Copy whole tables of SQLite."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import typing as t

import sqlalchemy as sa

from cratonserver.db.bulk import Bulk, Values

#: The maximum number of parameters of a statement: any version of SQLite allows as many.
_PARAMETERS = 30_000


class SQLiteBulk(Bulk):
    """Copies tables with ordinary statements."""

    def lock_tables(self, connection: sa.Connection, tables: t.Sequence[sa.Table]) -> None:
        """Do nothing, because ``BEGIN IMMEDIATE`` has already locked the file."""

    @contextlib.contextmanager
    def loading(self, connection: sa.Connection) -> t.Iterator[None]:
        """Defer checking foreign keys, and check all of them at the end."""
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if found is not None:
            reason = sqlite3.IntegrityError(
                f"a row of {found[0]} refers to no row of {found[2]}"
            )
            raise sa.exc.IntegrityError(None, None, reason)
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")

    def load(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: t.Sequence[str],
        rows: t.Iterable[Values],
        number: int,
    ) -> None:
        """Insert many rows with each statement, because triggers make each one expensive."""
        quote = connection.dialect.identifier_preparer.quote
        names, marks = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
        begin = f"INSERT INTO {quote(table.name)} ({names}) VALUES "  # noqa: S608
        values = self.bound(connection, table, columns, rows)
        most = max(1, _PARAMETERS // len(columns))
        while some := [*itertools.islice(values, most)]:
            statement = begin + ", ".join([f"({marks})"] * len(some))
            connection.exec_driver_sql(statement, (*itertools.chain.from_iterable(some),))

    @contextlib.contextmanager
    def without_indexes(self, connection: sa.Connection, table: sa.Table) -> t.Iterator[None]:
        """Drop the indexes. Adding entries in random order takes much longer than sorting."""
        for index in table.indexes:
            index.drop(connection, checkfirst=True)
        yield
        for index in table.indexes:
            index.create(connection)

    def reserve_ids(self, connection: sa.Connection, table: sa.Table, number: int) -> list[int]:
        """Return the next ids. Nobody else writes meanwhile, and the rows reserve them."""
        last = self.last_assigned(connection, table, table.c[0])
        return [*range(last + 1, last + 1 + number)]

    def last_assigned(
        self, connection: sa.Connection, table: sa.Table, column: sa.Column[t.Any]
    ) -> int:
        """Return the value in ``sqlite_sequence``."""
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar() or 0

    def set_last_id(self, connection: sa.Connection, table: sa.Table, last_id: int) -> None:
        """Raise the value in ``sqlite_sequence``."""
        if self.last_assigned(connection, table, table.c[0]) >= last_id:
            return
        values = {"name": table.name, "seq": last_id}
        for statement in (
            "DELETE FROM sqlite_sequence WHERE name = :name",
            "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)",
        ):
            connection.execute(sa.text(statement), values)
