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
from cratonserver.db.aliases import Clause
from cratonserver.db.bulk import Bulk

#: Execution option: run the statement as a prepared statement. Only for statements whose
#: plan is good for all values of their parameters.
PREPARE = "craton_prepare"

#: The timeout of a writer that waits for another writer, in seconds.
BUSY_TIMEOUT = 30


T = t.TypeVar("T")


class StoreError(errors.Refused):
    """The database cannot be used. The API responds with 503.

    :param details: one line for the operator, with the database, the cause and the
        solution. This is the string of the exception.
    :param message: message for the client. It does not name the database.
    :param retryable: the same transaction may succeed when it is repeated.
    """

    def __init__(
        self,
        details: str,
        message: str = "The database cannot be used at the moment.",
        *,
        retryable: bool = False,
    ) -> None:
        super().__init__(503, message)
        self.details = details
        self.retryable = retryable

    def __str__(self) -> str:
        return self.details


class TransactionRequired(Exception):
    """Work that began without a transaction has to be repeated in one."""


class Diagnosis(t.NamedTuple):
    """The cause of a database error.

    :param problem: end of a sentence that begins with "The database".
    :param solution: solution for the operator, as a sentence.
    :param retryable: the same transaction may succeed when it is repeated.
    :param waited: the statement was canceled, or waited too long for a lock. If the
        deadline of the request has passed, that is the reason.
    """

    problem: str
    solution: str
    retryable: bool = False
    waited: bool = False


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
    #: True if rows arrive while a statement runs, so that reading can end early.
    streams_rows: t.ClassVar[bool]
    #: True if only one transaction can write at a time.
    single_writer: t.ClassVar[bool]
    #: True if one statement can write to several tables.
    writes_many_tables: t.ClassVar[bool]
    #: True if foreign keys without a cascade are declared DEFERRABLE, None for no clause.
    deferrable: t.ClassVar[bool | None] = None
    #: True if standbys can answer queries.
    has_standbys: t.ClassVar[bool] = False
    #: Functions that copy whole tables.
    bulk: t.ClassVar[Bulk]
    #: The module with the triggers of the log.
    log: t.ClassVar[t.Any]

    # Connections

    def parse_url(self, text: str) -> sa.URL:
        """Parse a URL.

        :raises ValueError: if it is not valid.
        :raises sqlalchemy.exc.ArgumentError: if it is not valid.
        """
        return sa.make_url(text)

    def render_url(self, url: sa.URL) -> str:
        """Return a URL as text, without its password."""
        return url.render_as_string(hide_password=True)

    @abc.abstractmethod
    def check_url(self, url: sa.URL, text: str) -> sa.URL:
        """Return the URL to connect to.

        :param url: the parsed URL.
        :param text: the URL as it was configured.
        :raises StoreError: if the URL is not valid for this database.
        """

    def exists(self, url: sa.URL) -> bool:
        """Return False if connecting would create the database. This does not connect."""
        return True

    @abc.abstractmethod
    def create_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine.

        :param connections: number of connections that the pool keeps open.
        """

    def create_standby_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine for standbys of the database."""
        return self.create_engine(url, connections)

    def log_position(self, connection: sa.Connection) -> str:
        """Return the position of the primary in its write-ahead log.

        It includes all transactions that were acknowledged.
        """
        raise NotImplementedError

    def has_replayed(self, connection: sa.Connection, position: str) -> bool:
        """Return True if a standby has everything up to a position of the primary.

        :param connection: connection to the standby, in autocommit mode.
        :raises sqlalchemy.exc.DBAPIError: if it does not answer within a few seconds.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def snapshot_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return an engine for transactions whose queries all see the same state."""

    @abc.abstractmethod
    def autocommit_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return an engine in autocommit mode, for reading with a single query."""

    @abc.abstractmethod
    def write_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return an engine for transactions that write."""

    @abc.abstractmethod
    def lock_fleet(self, connection: sa.Connection) -> None:
        """Lock the fleet until the transaction ends, to create its tables or first user."""

    def deletion_with_owner(self, owners: str, entries: str) -> list[str]:
        """Return statements that make the database delete entries together with their owners.

        :param owners: name of the table of the owners.
        :param entries: name of the table of the entries of an index.
        :returns: no statements if the entries shall have a foreign key.
        """
        return []

    @abc.abstractmethod
    def create_functions(self, connection: sa.Connection) -> None:
        """Create the functions that queries use, after the tables were created."""

    @abc.abstractmethod
    def find_write_problem(self, engine: sa.Engine) -> Diagnosis | None:
        """Return the reason why nothing can be written, without changing anything.

        This waits for no other writer, and forces no data to the disk.

        :raises sqlalchemy.exc.DBAPIError: if the attempt fails.
        """

    def committing(self, connection: sa.Connection) -> t.ContextManager[None]:
        """Find out in a block whether a statement that commits by itself was lost."""
        return contextlib.nullcontext()

    def in_transaction(self, connection: sa.Connection) -> bool:
        """Return False if each statement of a connection that writes is a transaction."""
        return True

    def version(self, table: sa.Table) -> sa.ColumnElement[str]:
        """Return the version of a row, which every change of the row changes.

        Only a database that writes to several tables in one statement needs this.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def lock_key(self, connection: sa.Connection, key: int) -> None:
        """Take a lock until the transaction ends. Only transactions that take it wait.

        :param key: a number that identifies the lock, of at most 64 bits, with a sign.
        :raises TransactionRequired: if no transaction has begun.
        """

    @abc.abstractmethod
    def size_bound(self, connection: sa.Connection) -> int | None:
        """Return a number of bytes that no text in the database exceeds, if it is known."""

    @abc.abstractmethod
    def byte_length(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
        """Return the number of bytes of a text in UTF-8."""

    # The log of changes

    @abc.abstractmethod
    def begin_change(self, connection: sa.Connection, origin: t.Mapping[str, t.Any]) -> None:
        """Begin an entry in the log for the following changes of the transaction.

        :param origin: values of the entry, by column, except its revision.
        """

    @abc.abstractmethod
    def finish_change(self, connection: sa.Connection) -> int | None:
        """Complete the entry, and return its revision, ``None`` without changes."""

    @abc.abstractmethod
    def change_entry(self, connection: sa.Connection) -> tuple[int, int] | None:
        """Return id and revision of the entry of the transaction, ``None`` without changes."""

    # Errors

    @abc.abstractmethod
    def diagnose(self, error: sa.exc.DBAPIError) -> Diagnosis | None:
        """Return the cause of an error, ``None`` if it is a bug of this server."""

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

    @abc.abstractmethod
    def given_rows(self, columns: t.Sequence[sa.Column[t.Any]]) -> sa.Select[t.Any]:
        """Return a query for rows that are parameters of the statement.

        The statement does not depend on the number of rows. :meth:`row_parameters` returns
        the parameters.

        :param columns: columns of text in one table, to which the rows will be written.
        """

    @abc.abstractmethod
    def row_parameters(
        self,
        columns: t.Sequence[sa.Column[t.Any]],
        rows: t.Sequence[t.Mapping[str, t.Any]],
    ) -> dict[str, t.Any]:
        """Return the parameters of :meth:`given_rows`.

        :param columns: the same columns.
        :param rows: rows in the order that all writers use, to avoid deadlocks.
        """

    def deferring_foreign_keys(self, statement: T) -> T:
        """Return a deletion that checks foreign keys when it is complete.

        :param statement: a DELETE.
        """
        return statement

    @abc.abstractmethod
    def in_parameter(
        self,
        column: sa.ColumnElement[t.Any],
        name: str,
        fixed: t.Mapping[t.Any, t.Any] | None = None,
    ) -> Clause:
        """Return the condition that a column is in a list, which is one parameter.

        The statement does not depend on the length of the list.

        :param name: name of the parameter.
        :param fixed: columns that must have a value, too. They come before ``column`` in an
            index.
        """

    def opaque(self, condition: Clause) -> Clause:
        """Return a condition that the planner only tests, and knows nothing of."""
        return self.without_index(condition)

    def without_index(self, clause: T) -> T:
        """Return a clause for which the planner uses no index, if it makes bad choices.

        :param clause: a condition, or a term of ORDER BY.
        """
        return clause

    def by_index(self, statement: T) -> T:
        """Return a statement that reads few rows, each by an index, whatever is expected.

        :param statement: statement in a transaction that reads.
        """
        return statement

    @abc.abstractmethod
    def in_small_subquery(
        self, column: sa.ColumnElement[t.Any], subquery: sa.CompoundSelect[t.Any]
    ) -> Clause:
        """Return the condition that a column is in a subquery that returns few rows."""

    @abc.abstractmethod
    def json_members(
        self, name: sa.ColumnElement[str], value: sa.ColumnElement[str]
    ) -> sa.ColumnElement[str]:
        """Return an aggregate: the rows of a group as the members of a JSON object.

        For example, ``"rack":"r1","size":2``, without braces.

        :param name: column with the names of the members.
        :param value: column with their values, as JSON.
        """

    def json_has(
        self, value: sa.ColumnElement[str], members: str, scalar: str
    ) -> sa.ColumnElement[bool]:
        """Return a fast condition that is only true if a JSON text has a scalar at a path.

        It need not be true whenever that is the case.

        :param value: column with the text.
        :param members: name of the parameter for the names of the members that lead there.
        :param scalar: name of the parameter for the scalar, as JSON.
        """
        return sa.false()

    @abc.abstractmethod
    def json_member(
        self, text: sa.ColumnElement[t.Any], name: str, type_: t.Any
    ) -> sa.ColumnElement[t.Any]:
        """Return a member of a JSON object, null if it has no such member.

        :param text: column with the object.
        :param name: name of the member.
        :param type_: type of the value, which is no object and no list.
        """

    @abc.abstractmethod
    def json_has_member(
        self, text: sa.ColumnElement[t.Any], name: str
    ) -> sa.ColumnElement[bool]:
        """Return the condition that a JSON object has a member.

        :param text: column with the object.
        :param name: name of the member.
        """

    @abc.abstractmethod
    def microseconds(self, time: sa.ColumnElement[t.Any]) -> sa.ColumnElement[int]:
        """Return a time stamp of a row as the number of microseconds since 1970.

        :param time: text in the format of :data:`cratonserver.db.column_types.TIMESTAMP`.
        """

    @abc.abstractmethod
    def refusal(self, error: sa.exc.DBAPIError) -> errors.Refused | None:
        """Return the error for the client, if a function of this server refused a request."""

    def refusing_large_texts(
        self, error: t.Callable[[], errors.Refused]
    ) -> t.ContextManager[None]:
        """Translate the error for a text that is longer than the database returns.

        :param error: function that returns the error to raise instead.
        """
        return contextlib.nullcontext()

    def text_size(self, column: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
        """Return the length of an ASCII text, if possible without reading the text."""
        return sa.func.length(column, type_=sa.Integer)


def one_line(error: BaseException) -> str:
    """Return the first line of an error message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".: ")
