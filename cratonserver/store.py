# SPDX-License-Identifier: Apache-2.0
"""The store: a database, its transactions, and a fleet's first rows."""

from __future__ import annotations

import contextlib
import typing as t

import sqlalchemy as sa

from cratonclient import redact, v1
from cratonserver import containment, migrations, objects
from cratonserver.identity import FIRST_PROJECT
from cratonserver.tables import Schema
from cratonserver.v1 import users

#: Seconds that a writer waits for another one before it gives up.
BUSY_TIMEOUT = 30


class StoreError(Exception):
    """The database cannot be used; the message says why and what to do."""


class Store:
    """A fleet in a database.

    :param url: of SQLAlchemy, such as ``sqlite:///fleet.db``.
    :raises StoreError: when the URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = sa.create_engine(url)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as exc:
            raise StoreError(
                f"The database URL {redact.mask(url)!r} cannot be used: {exc}"
            ) from exc
        if self.engine.dialect.name == "sqlite" and self._is_in_memory():
            raise StoreError(
                f"The database URL {url!r} names no file, so the fleet would be gone at the "
                "end. Give one such as sqlite:///fleet.db."
            )
        self.schema = Schema(v1.kinds())
        self._writer = self.engine
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)
            self._writer = self.engine.execution_options(craton_writes=True)

    def open(self) -> None:
        """Make the tables and the first project where they are missing.

        :raises StoreError: when the database cannot be read or written, or was
            made by a newer version.
        """
        try:
            if self._is_current():
                return
            with self.write() as connection:
                self._refuse_foreign(connection)
                migrations.upgrade(connection, self.schema.metadata)
                self._add_first_project(connection)
        except sa.exc.DBAPIError as exc:
            raise StoreError(
                f"The database {self.name} cannot be used: {exc.orig}. Check that the path "
                "is right, that it is a database, and that you may read and write it."
            ) from exc

    @property
    def name(self) -> str:
        """The URL of the database, without a password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextlib.contextmanager
    def read(self) -> t.Iterator[sa.Connection]:
        """Give a connection in a transaction that only reads."""
        with self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> t.Iterator[sa.Connection]:
        """Give a connection in a transaction that ends with a commit, or not at all."""
        with self._writer.begin() as connection:
            yield connection

    def add_root_user(self, username: str) -> str | None:
        """Add a user who may do everything, unless there is one.

        :returns: the user's API key; ``None`` where there was such a user.
        """
        table = self.schema.table(self.schema.kind("users"))
        with self.write() as connection:
            if connection.execute(sa.select(table.c.id).where(table.c.is_root)).first():
                return None
            self._add_first_project(connection)
            key, digest = users.new_key()
            values = {
                "project_id": FIRST_PROJECT,
                "username": username,
                "created_at": objects.now(),
                "is_admin": True,
                "is_root": True,
                "key_digest": digest,
            }
            connection.execute(sa.insert(table).values(values))
            return key

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _is_in_memory(self) -> bool:
        return (self.engine.url.database or ":memory:") == ":memory:"

    def _is_current(self) -> bool:
        """Tell whether the tables are those of this version, at the cost of one query."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table(migrations.VERSION_TABLE):
                return False
            found = migrations.version(connection)
            wanted = set(self.schema.metadata.tables)
            if len(self.schema.kinds) > len(v1.COLLECTIONS):
                # Somebody else's kinds: their tables have no version to compare.
                return found == migrations.HEAD and wanted <= set(
                    sa.inspect(connection).get_table_names()
                )
            return found == migrations.HEAD

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

    def _add_first_project(self, connection: sa.Connection) -> None:
        table = self.schema.table(self.schema.kind("projects"))
        first = sa.select(table.c.id).where(table.c.id == FIRST_PROJECT)
        if connection.execute(first).first() is None:
            values = {"id": FIRST_PROJECT, "name": "default", "created_at": objects.now()}
            connection.execute(sa.insert(table).values(values))


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Make SQLite keep foreign keys, and let readers and a writer work at once."""

    @sa.event.listens_for(engine, "connect")
    def connect(connection: t.Any, _record: t.Any) -> None:
        connection.isolation_level = None  # this module begins the transactions
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
        connection.create_function(containment.NAME, 3, containment.matches, deterministic=True)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that is going to write says so at once: one that began
        # as a reader could find that another writer was faster.
        writes = connection.get_execution_options().get("craton_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
