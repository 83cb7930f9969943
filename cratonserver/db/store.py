# SPDX-License-Identifier: Apache-2.0
"""The store: a database with the tables of a fleet, and its transactions."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
import typing as t

import sqlalchemy as sa

from cratonclient import secrets
from cratonserver import identity
from cratonserver.db import clock, migrations
from cratonserver.db.database import Database
from cratonserver.db.dialect import StoreError, one_line
from cratonserver.db.rules import Rules
from cratonserver.db.tables import tables_of
from cratonserver.identity import FIRST_PROJECT

__all__ = ["Store", "StoreError"]

T = t.TypeVar("T")

#: How often a transaction is tried that conflicts with other transactions.
ATTEMPTS = 8


class Store:
    """A fleet in a database.

    :param url: such as ``sqlite:///fleet.db`` or ``postgresql://user@host/fleet``.
    :param rules: the kinds with their rules.
    :param connections: how many connections stay open: as many as there are threads
        that use the store.
    :raises StoreError: when the URL cannot be used.
    """

    def __init__(self, url: str, rules: tuple[Rules, ...], connections: int = 8) -> None:
        self.database = Database(url, connections)
        self.engine = self.database.engine
        self.tables = tables_of(rules, type(self.database.dialect))

    def open(self, upgrade: bool = False) -> None:
        """Make the tables and the first project where they are missing.

        :param upgrade: whether tables of an older version are brought to this one.
        :raises StoreError: when the database cannot be read or written, holds
            something else, or is of another version.
        """
        with self.read() as connection:
            if self._is_current(connection):
                return
        with self.write() as connection:
            self.database.dialect.lock_fleet(connection)
            self._refuse_foreign(connection)
            found = migrations.version(connection)
            if found not in (None, migrations.HEAD) and not upgrade:
                raise StoreError(
                    f"The database {self.name} is of an older version: its tables have "
                    f"version {found}, this craton-server works with {migrations.HEAD}. "
                    "Make a backup, then run craton-server db upgrade."
                )
            migrations.upgrade(connection, self.tables.metadata)
            if found is None:
                _add_first_project(connection, self.tables.metadata)

    def version(self) -> str | None:
        """Give the version of the tables, ``None`` where there are none.

        :raises StoreError: when the database cannot be read.
        """
        with self.read() as connection:
            return migrations.version(connection)

    @property
    def name(self) -> str:
        """The URL of the database, without a password."""
        url = self.engine.url.set(drivername=self.engine.dialect.name)
        hidden = {name: secrets.MASK for name in url.query if secrets.is_secret(name)}
        return url.update_query_dict(hidden).render_as_string(hide_password=True)

    @contextlib.contextmanager
    def read(self, *, single_query: bool = False) -> t.Iterator[sa.Connection]:
        """Give a connection in a transaction that only reads.

        :param single_query: whether there is only one query, which needs no transaction.
        :raises StoreError: when the database fails.
        """
        engine = self.database.single_queries if single_query else self.database.snapshots
        # It ends with a commit where it can: to roll back would have psycopg forget
        # the statements that PostgreSQL has prepared.
        with self._explaining(), engine.begin() as connection:
            yield connection

    def ask(self, work: t.Callable[[sa.Connection], T]) -> T:
        """Ask one query; again, if the connection turns out to be lost.

        Then all others are taken for lost as well, so who begins with it finds the
        database whenever it is there.

        :param work: what asks.
        :returns: what it returns.
        :raises StoreError: when the database fails.
        """
        try:
            with self.read(single_query=True) as connection:
                return work(connection)
        except StoreError as exc:
            if not getattr(exc.__cause__, "connection_invalidated", False):
                raise
        with self.read(single_query=True) as connection:
            return work(connection)

    @contextlib.contextmanager
    def write(self) -> t.Iterator[sa.Connection]:
        """Give a connection in a transaction that ends with a commit, or not at all.

        :raises StoreError: when the database fails.
        """
        with (
            self._explaining(),
            self.database.turn(),
            self.database.writing.begin() as connection,
        ):
            yield connection

    def transact(self, work: t.Callable[[sa.Connection], T]) -> T:
        """Do something in a transaction that writes; again, if it met with another one.

        :param work: what to do; nothing of it is kept when it fails.
        :returns: what it returns.
        :raises StoreError: when the database fails.
        """
        for attempt in itertools.count(1):
            try:
                with self.write() as connection:
                    return work(connection)
            except StoreError as exc:
                if not exc.retryable or attempt == ATTEMPTS:
                    raise
                # Whoever met once should not meet again.
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _explaining(self) -> t.Iterator[None]:
        """Turn an error that says what the database lacks into one that says what to do."""
        try:
            yield
        except sa.exc.DBAPIError as exc:
            trouble = self.database.dialect.trouble(exc)
            if trouble is None:
                raise
            reason = one_line(exc.orig or exc)
            error = StoreError(
                f"The database {self.name} {trouble.what}: {reason}. {trouble.cure}",
                f"The database {trouble.what}.",
            )
            error.retryable = trouble.retryable
            raise error from exc

    def add_root_user(self, username: str) -> str | None:
        """Add a root user, unless the fleet has one.

        :param username: name of the user.
        :returns: the API key of the user, ``None`` if there was a root user already.
        :raises StoreError: if the database fails.
        """
        users = self.tables.metadata.tables["users"]
        with self.write() as connection:
            self.database.dialect.lock_fleet(connection)
            if connection.execute(sa.select(users.c.id).where(users.c.is_root)).first():
                return None
            _add_first_project(connection, self.tables.metadata)
            key, digest = identity.new_key()
            values = {
                "project_id": FIRST_PROJECT,
                "username": username,
                "created_at": clock.now(),
                "is_admin": True,
                "is_root": True,
                "key_digest": digest,
            }
            connection.execute(sa.insert(users).values(values))
            return key

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _is_current(self, connection: sa.Connection) -> bool:
        """Tell whether the tables are those of this version, at the cost of two queries."""
        found = set(sa.inspect(connection).get_table_names())
        wanted = {*self.tables.metadata.tables, migrations.VERSION_TABLE}
        return wanted <= found and migrations.version(connection) == migrations.HEAD

    def _refuse_foreign(self, connection: sa.Connection) -> None:
        """Refuse a database that holds something else, before it is changed."""
        found = migrations.version(connection)
        if found is None and sa.inspect(connection).get_table_names():
            raise StoreError(
                f"The database {self.name} holds tables that are not of Craton. Give the URL "
                "of another one; a file that does not exist yet will be made."
            )
        if found is not None and not migrations.is_known(found):
            raise StoreError(
                f"The database {self.name} is of a newer version, or of another program: its "
                f"tables have version {found}, this craton-server knows {migrations.HEAD}."
            )


def _add_first_project(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Add the first project of a fleet, unless it exists."""
    table = metadata.tables["projects"]
    first = sa.select(table.c.id).where(table.c.id == FIRST_PROJECT)
    if connection.execute(first).first() is None:
        values = {"id": FIRST_PROJECT, "name": "default", "created_at": clock.now()}
        connection.execute(sa.insert(table).values(values))
