# SPDX-License-Identifier: Apache-2.0
"""The store: a database with the tables of a fleet, and its transactions."""

from __future__ import annotations

import contextlib
import itertools
import random
import shlex
import time
import typing as t

import sqlalchemy as sa

from cratonclient import secrets
from cratonserver import deadlines
from cratonserver.db import migrations, user_keys
from cratonserver.db.change_log import first_revision
from cratonserver.db.change_log.followers import Followers
from cratonserver.db.change_log.origin import SERVER, Origin
from cratonserver.db.change_log.transaction import Transaction
from cratonserver.db.database import Database
from cratonserver.db.dialect import StoreError, TransactionRequired, one_line
from cratonserver.db.quotas import Quotas
from cratonserver.db.replicas import Replicas
from cratonserver.db.rules import Rules
from cratonserver.db.tables import tables_of
from cratonserver.identity import FIRST_PROJECT

__all__ = ["Store", "StoreError"]

T = t.TypeVar("T")

#: The maximum number of attempts for a transaction that conflicts with others.
ATTEMPTS = 8


class Store:
    """A fleet in a database.

    :param url: URL, such as ``sqlite:///fleet.db`` or ``postgresql://user@host/fleet``.
    :param rules: the kinds with their rules.
    :param connections: number of connections that the pool keeps open. The number of
        threads that use the store is a good value.
    :param read_url: URL of standbys that can answer queries, or an empty string.
    :raises StoreError: if the URL cannot be used.
    """

    def __init__(
        self,
        url: str,
        rules: tuple[Rules, ...],
        connections: int = 8,
        read_url: str = "",
    ) -> None:
        self.database = Database(url, connections)
        self._replicas = Replicas(self.database, read_url, connections) if read_url else None
        self.engine = self.database.engine
        self.tables = tables_of(rules, type(self.database.dialect))
        #: The quotas of the projects, with default limits. The server sets its own defaults.
        self.quotas = Quotas(self.tables)
        #: Clients that wait for the next change.
        self.followers = Followers(self.tables, self.read)
        #: Functions that :meth:`close` calls first.
        self.before_close: list[t.Callable[[], None]] = []

    def exists(self) -> bool:
        """Return True if the database exists and has tables. This creates nothing.

        :raises StoreError: if the database cannot be read.
        """
        if not self.database.dialect.exists(self.engine.url):
            return False
        with self.read() as connection:
            return bool(sa.inspect(connection).get_table_names())

    def check_exists(self) -> None:
        """Refuse a database that does not exist or has no tables. This creates nothing.

        :raises StoreError: if it does not exist, or cannot be read.
        """
        if not self.exists():
            raise StoreError(
                f"There is no fleet at {self.name}. Create one with craton-server init "
                f"--database {shlex.quote(self.name)}, or by creating a cloud."
            )

    def open(self, upgrade: bool = False) -> bool:
        """Create the tables and the first project, unless they exist.

        :param upgrade: upgrade an older schema to the current version, instead of refusing
            it.
        :returns: True if this created the fleet.
        :raises StoreError: if the database cannot be read or written, contains other
            tables, or has another schema version.
        """
        with self.read() as connection:
            if self._is_current(connection):
                return False
        with self.change(SERVER) as transaction:
            connection = transaction.connection
            self.database.dialect.lock_fleet(connection)
            self.refuse_foreign(connection)
            found = migrations.version(connection)
            if found not in (None, migrations.HEAD) and not upgrade:
                raise StoreError(
                    f"The database {self.name} has an older schema: version {found} instead "
                    f"of {migrations.HEAD}. Make a backup, then run craton-server db upgrade."
                )
            self.upgrade(connection)
            if found is None:
                transaction.begin(FIRST_PROJECT)
                _add_first_project(transaction, self.tables.metadata)
        return found is None

    def upgrade(self, connection: sa.Connection) -> None:
        """Create the tables, or upgrade them to the current version, with a first revision.

        :param connection: connection in a transaction that writes.
        """
        tables = self.tables
        tables.dialect.log.pause(connection)  # migrations make no changes
        migrations.upgrade(connection, tables.metadata)
        first_revision.record(connection, tables)
        tables.dialect.log.create(connection, tables.logged())

    def version(self) -> str | None:
        """Return the version of the database schema, ``None`` if there are no tables.

        :raises StoreError: if the database cannot be read.
        """
        with self.read() as connection:
            return migrations.version(connection)

    @property
    def name(self) -> str:
        """The URL of the database, without a password."""
        url = self.engine.url.set(drivername=self.engine.dialect.name)
        hidden = {name: secrets.MASK for name in url.query if secrets.is_secret(name)}
        return self.database.dialect.render_url(url.update_query_dict(hidden))

    @contextlib.contextmanager
    def read(
        self, *, single_query: bool = False, standby: bool = False
    ) -> t.Iterator[sa.Connection]:
        """Yield a connection in a read-only transaction.

        :param single_query: the caller runs one query only, which needs no transaction.
        :param standby: use a standby, if there is one that has all acknowledged changes.
        :raises StoreError: if the database fails.
        """
        with self._translating_errors(), contextlib.ExitStack() as stack:
            connection = None
            if standby and self._replicas is not None:
                connection = stack.enter_context(self._replicas.connection(single_query))
            if connection is None:
                engine = self.database.reading_engine(single_query)
                connection = stack.enter_context(engine.connect())
            if single_query:
                yield connection
                return
            # begin() commits at the end. After a rollback, psycopg would discard its prepared
            # statements.
            with connection.begin():
                yield connection

    def run_query(self, work: t.Callable[[sa.Connection], T]) -> T:
        """Run one query. Retry it once if the connection is lost.

        A lost connection makes the pool replace all connections. So a request that begins
        with this query does not fail after a restart of the database.

        :param work: function that runs the query. It may be called twice.
        :returns: the result of the function.
        :raises StoreError: if the database fails.
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
    def write(self, *, single_statement: bool = False) -> t.Iterator[sa.Connection]:
        """Yield a connection in a transaction that writes.

        The transaction is committed at the end, or rolled back after an exception.

        :param single_statement: the caller writes in one statement if the database can
            write to several tables in one statement. Then it needs no transaction.
        :raises StoreError: if the database fails.
        """
        alone = single_statement and self.database.dialect.writes_many_tables
        database = self.database
        engine = database.autocommit_engine if alone else database.write_engine
        with (
            self._translating_errors(),
            database.writer_lock(),
            engine.begin() as connection,
            database.dialect.committing(connection) if alone else contextlib.nullcontext(),
        ):
            yield connection

    @contextlib.contextmanager
    def change(
        self, origin: Origin, *, single_statement: bool = False
    ) -> t.Iterator[Transaction]:
        """Yield a transaction that changes the fleet, with an entry in the log.

        :param origin: who makes the change and why.
        :param single_statement: as for :meth:`write`.
        :raises StoreError: if the database fails.
        """
        with self.write(single_statement=single_statement) as connection:
            transaction = Transaction(connection, self.database.dialect, origin)
            yield transaction
            transaction.finish()

    def check_writable(self) -> None:
        """Check that the database can be written, without changing anything in it.

        :raises StoreError: if its disk is full, or if it is read-only.
        """
        dialect = self.database.dialect
        with self._translating_errors():
            diagnosis = dialect.find_write_problem(self.engine)
        if diagnosis is not None:
            raise StoreError(
                f"The database {self.name} {diagnosis.problem}. {diagnosis.solution}",
                f"The database {diagnosis.problem}.",
            )

    def transact(
        self,
        origin: Origin,
        work: t.Callable[[Transaction], T],
        *,
        single_statement: bool = False,
    ) -> T:
        """Change the fleet in a transaction. Retry it if it conflicts with another one.

        :param origin: who makes the change and why.
        :param work: function that makes the changes. It may be called several times; the
            changes of a failed call are rolled back.
        :param single_statement: as for :meth:`write`. Work that turns out to need a
            transaction raises :class:`.TransactionRequired`, and is called again in one.
        :returns: the result of the function.
        :raises StoreError: if the database fails, or after :data:`ATTEMPTS` conflicts.
        """
        for attempt in itertools.count(1):
            try:
                with self.change(origin, single_statement=single_statement) as transaction:
                    return work(transaction)
            except TransactionRequired:
                single_statement = False
            except StoreError as exc:
                if not exc.retryable or attempt == ATTEMPTS:
                    raise
                # A random delay, so that the same transactions do not conflict again.
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _translating_errors(self) -> t.Iterator[None]:
        """Translate errors of the database into :class:`StoreError`, except for bugs.

        :raises cratonserver.deadlines.Exceeded: if the deadline of the request is the cause.
        """
        try:
            yield
        except sa.exc.DBAPIError as exc:
            refusal = self.database.dialect.refusal(exc)
            if refusal is not None:
                raise refusal from exc
            diagnosis = self.database.dialect.diagnose(exc)
            if diagnosis is None:
                raise
            if diagnosis.waited:
                deadlines.check()
            reason = one_line(exc.orig or exc)
            raise StoreError(
                f"The database {self.name} {diagnosis.problem}: {reason}. {diagnosis.solution}",
                f"The database {diagnosis.problem}.",
                retryable=diagnosis.retryable,
            ) from exc

    def add_root_user(self, username: str) -> str | None:
        """Add a root user, unless the fleet has one.

        :param username: name of the user.
        :returns: the API key of the user, ``None`` if there was a root user already.
        :raises StoreError: if the database fails.
        """
        users = self.tables.metadata.tables["users"]
        with self.change(SERVER) as transaction:
            connection = transaction.connection
            self.database.dialect.lock_fleet(connection)
            if connection.execute(sa.select(users.c.id).where(users.c.is_root)).first():
                return None
            transaction.begin(FIRST_PROJECT)
            _add_first_project(transaction, self.tables.metadata)
            values = {
                "project_id": FIRST_PROJECT,
                "username": username,
                "created_at": transaction.now,
                "role": "admin",
                "is_admin": True,
                "is_root": True,
            }
            insert = sa.insert(users).values(values).returning(users.c.id)
            user_id = connection.execute(insert).scalar_one()
            keys = self.tables.metadata.tables["user_keys"]
            return user_keys.add(connection, keys, user_id)

    def close(self) -> None:
        """Close all connections."""
        for function in self.before_close:
            function()
        self._dispose(close=True)

    @property
    def standby_engine(self) -> sa.Engine | None:
        """The engine for the standbys, ``None`` without any."""
        return None if self._replicas is None else self._replicas.database.engine

    def forget_connections(self) -> None:
        """Forget the connections that a child process inherited, without closing them."""
        self._dispose(close=False)

    def _dispose(self, close: bool) -> None:
        self.engine.dispose(close=close)
        if self.standby_engine is not None:
            self.standby_engine.dispose(close=close)

    def _is_current(self, connection: sa.Connection) -> bool:
        """Return True if the schema has the current version, at the cost of two queries."""
        found = set(sa.inspect(connection).get_table_names())
        wanted = {*self.tables.metadata.tables, migrations.VERSION_TABLE}
        return wanted <= found and migrations.version(connection) == migrations.HEAD

    def refuse_foreign(self, connection: sa.Connection) -> None:
        """Refuse a database of another program or of a newer version, before any change."""
        found = migrations.version(connection)
        if found is None and sa.inspect(connection).get_table_names():
            raise StoreError(
                f"The database {self.name} contains tables that do not belong to Craton. Use "
                "another database; a SQLite file that does not exist will be created."
            )
        if found is not None and not migrations.is_known(found):
            raise StoreError(
                f"The database {self.name} has the unknown schema version {found}, of a newer "
                f"version of craton-server or of another program. This craton-server supports "
                f"versions up to {migrations.HEAD}. Upgrade it, or use another database."
            )


def _add_first_project(transaction: Transaction, metadata: sa.MetaData) -> None:
    """Add the first project of a fleet, unless it exists."""
    connection = transaction.connection
    table = metadata.tables["projects"]
    first = sa.select(table.c.id).where(table.c.id == FIRST_PROJECT)
    if connection.execute(first).first() is None:
        values = {"id": FIRST_PROJECT, "name": "default", "created_at": transaction.now}
        connection.execute(sa.insert(table).values(values))
