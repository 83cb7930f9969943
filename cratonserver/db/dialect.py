# SPDX-License-Identifier: Apache-2.0
"""The interface of a database dialect: everything in which databases differ.

Each database has a class: :class:`cratonserver.db.sqlite.SQLite` and
:class:`cratonserver.db.postgresql.PostgreSQL`. The other modules of this package use the
dialect of :class:`cratonserver.db.tables.Tables` and contain no SQL for a single database.
"""

from __future__ import annotations

import abc
import contextlib
import typing as t

import sqlalchemy as sa

from cratonserver import errors

#: Execution option: run the statement as a prepared statement. Only for statements whose
#: plan is good for all values of their parameters.
PREPARE = "craton_prepare"

#: The timeout of a writer that waits for another writer, in seconds.
BUSY_TIMEOUT = 30

Clause = sa.ColumnElement[bool]


class StoreError(errors.Refused):
    """The database cannot be used. The API responds with 503.

    :param reason: one line for the operator, with the database, the cause and the
        solution. This is the string of the exception.
    :param message: message for the client. It does not name the database.
    """

    def __init__(
        self, reason: str, message: str = "The database cannot be used at the moment."
    ) -> None:
        super().__init__(503, message)
        self.reason = reason

        #: True if the same transaction may succeed when it is repeated.
        self.retryable = False

    def __str__(self) -> str:
        return self.reason


class Trouble(t.NamedTuple):
    """The meaning of a database error.

    :param what: end of a sentence that begins with "The database".
    :param cure: solution for the operator, as a sentence.
    :param retryable: the same transaction may succeed when it is repeated.
    """

    what: str
    cure: str
    retryable: bool = False


class ConstraintViolation(t.NamedTuple):
    """A constraint of the tables that a change violates.

    :param kind: ``reference`` for a foreign key, ``unique`` for a unique constraint.
    :param constraint: name of the constraint, if the database reports it.
    """

    kind: t.Literal["reference", "unique"]
    constraint: str = ""


class Dialect(abc.ABC):
    """A database and its SQL. Dialects have no state."""

    #: Name of the dialect in SQLAlchemy.
    name: t.ClassVar[str]
    #: True if a prepared statement may run with a plan made for other values.
    reuses_plans: t.ClassVar[bool]
    #: True if only one transaction can write at a time.
    single_writer: t.ClassVar[bool]
    #: The option DEFERRABLE of foreign keys without a cascade. None declares nothing.
    deferrable: t.ClassVar[bool | None] = None

    # Connections

    @abc.abstractmethod
    def check_url(self, url: sa.URL, text: str) -> sa.URL:
        """Return the URL to connect to.

        :param url: the parsed URL.
        :param text: the URL as it was configured.
        :raises StoreError: if the URL is not valid for this database.
        """

    @abc.abstractmethod
    def create_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine.

        :param connections: number of connections that the pool keeps open.
        """

    @abc.abstractmethod
    def snapshots(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine for transactions whose queries all see the same state."""

    @abc.abstractmethod
    def single_queries(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine for reading with single queries, without a transaction."""

    @abc.abstractmethod
    def writing(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine for transactions that write."""

    @abc.abstractmethod
    def lock_fleet(self, connection: sa.Connection) -> None:
        """Lock the creation of tables and of the first user, until the transaction ends."""

    @abc.abstractmethod
    def create_functions(self, connection: sa.Connection) -> None:
        """Create the functions that queries use, after the tables were created."""

    # Errors

    @abc.abstractmethod
    def trouble(self, error: sa.exc.DBAPIError) -> Trouble | None:
        """Return the meaning of an error, ``None`` if it is a bug of this server."""

    @abc.abstractmethod
    def violation(self, error: t.Any) -> ConstraintViolation | None:
        """Return the violated constraint, ``None`` if it is a bug of this server.

        :param error: exception of the driver.
        """

    def violated(self, error: sa.exc.IntegrityError) -> ConstraintViolation:
        """Return the constraint that a change violates.

        :raises sqlalchemy.exc.IntegrityError: the error itself, if it is a bug of this
            server.
        """
        found = self.violation(error.orig)
        if found is None:
            raise error
        return found

    # Statements

    @abc.abstractmethod
    def insert(self, table: sa.Table) -> t.Any:
        """Return an INSERT that knows ``ON CONFLICT``."""

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        rows: t.Sequence[t.Mapping[str, t.Any]],
    ) -> None:
        """Insert rows; update the rows that exist.

        :param rows: rows in the order that all writers use, to avoid deadlocks.
        """
        insert = self.insert(table)
        values = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key}
        keys = list(table.primary_key)
        statement = (
            insert.on_conflict_do_update(index_elements=keys, set_=values)
            if values
            else insert.on_conflict_do_nothing(index_elements=keys)
        )
        if rows:
            connection.execute(statement, list(rows))

    @abc.abstractmethod
    def among(self, column: sa.ColumnElement[t.Any], name: str) -> Clause:
        """Return the condition that a column is one of the values of a parameter.

        The values are one parameter, so the statement does not depend on their number.

        :param name: name of the parameter, whose value is a list.
        """

    @abc.abstractmethod
    def among_few(
        self, column: sa.ColumnElement[t.Any], values: sa.CompoundSelect[t.Any]
    ) -> Clause:
        """Return the condition that a column is one of the few values of a query."""

    @abc.abstractmethod
    def members(
        self, name: sa.ColumnElement[str], value: sa.ColumnElement[str]
    ) -> sa.ColumnElement[str]:
        """Return the members of a JSON object as text, aggregated over a group.

        :param name: column with the names.
        :param value: column with the values, as JSON.
        """

    def deferring(self, connection: sa.Connection) -> t.ContextManager[None]:
        """Defer checking foreign keys to the end of a deletion.

        :raises sqlalchemy.exc.IntegrityError: at the end, if a row still refers to a
            deleted one.
        """
        return contextlib.nullcontext()


def one_line(error: BaseException) -> str:
    """Return the first line of an error message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".: ")
