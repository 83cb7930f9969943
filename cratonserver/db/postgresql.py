# SPDX-License-Identifier: Apache-2.0
"""The dialect of PostgreSQL: several processes, on several machines, write to a fleet."""

from __future__ import annotations

import contextlib
import json
import re
import select
import time
import typing as t

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from cratonclient import secrets
from cratonserver import errors
from cratonserver.db import json_contains, postgresql_connection, postgresql_url
from cratonserver.db.aliases import Clause
from cratonserver.db.dialect import (
    BUSY_TIMEOUT,
    PREPARE,
    ConstraintViolation,
    Diagnosis,
    Dialect,
    StoreError,
    TransactionRequired,
)
from cratonserver.db.pool import Pool
from cratonserver.db.postgresql_bulk import PostgreSQLBulk

#: The key of the advisory lock for creating tables and the first user: "craton" in ASCII.
_FLEET_LOCK = int.from_bytes(b"craton", "big")

#: Execution option: defer checking foreign keys to the end of the statement and of its
#: cascades.
_DEFER = "craton_defer"
#: Execution option: read by indexes only. The planner underestimates how many rows have a key
#: in the index of variables. So it would sort all of them instead of reading the first ones.
_BY_INDEX = "craton_by_index"
_SETTINGS = ("enable_seqscan", "enable_bitmapscan")

_DRIVER = "postgresql+psycopg"
_IDLE = psycopg.pq.TransactionStatus.IDLE
#: The seconds after its last use in which a connection is not tested with a query.
_TRUSTED_SECONDS = 1
#: The seconds after which a connection to a standby is replaced.
_STANDBY_SECONDS = 300
#: The seconds in which a connection from the pool must pass its test, and a standby must
#: return its position.
_TEST_SECONDS = 2
_BUSY = Diagnosis("is busy", "Try again.", retryable=True)
_DOWN = Diagnosis(
    "cannot be reached", "Check that PostgreSQL runs there and accepts connections."
)
_LOGIN = Diagnosis("refuses the user", "Check the name and the password in the URL.")
_RIGHTS = Diagnosis(
    "denies privileges to this user",
    "Make the user the owner of the database: ALTER DATABASE ... OWNER TO ....",
)
_NO_DATABASE = Diagnosis(
    "does not exist", "Create it with createdb, with the user as its owner."
)

_UNKNOWN_OUTCOME = Diagnosis(
    "was lost while it committed the change, which may or may not have been made",
    "Look at the fleet before you repeat the request.",
)
#: The SQLSTATE of a statement that writes to a standby.
_READ_ONLY = "25006"

#: Causes of errors by SQLSTATE, or by its class (appendix A of the PostgreSQL documentation).
_BY_SQLSTATE = {
    "08": _DOWN,
    _READ_ONLY: Diagnosis(
        "is read-only", "Use the URL of the primary, or name the primary and its standbys."
    ),
    "28": _LOGIN,
    "3D": _NO_DATABASE,
    "40": _BUSY,
    "42501": _RIGHTS,
    "53": Diagnosis("is out of resources", "Free disk space, or allow more connections."),
    "55P03": Diagnosis(
        "is locked",
        f"Another transaction has held a lock for {BUSY_TIMEOUT} seconds.",
        waited=True,
    ),
    "57": _DOWN,
    "57014": Diagnosis(
        "canceled a statement",
        "Check statement_timeout of the database and its user.",
        waited=True,
    ),
    "58": Diagnosis("cannot be read or written", "Check its disk."),
    "XX001": Diagnosis("is damaged", "Restore it from a backup."),
    "XX002": Diagnosis("is damaged", "Restore it from a backup."),
}
#: Causes of errors by message. Errors of opening a connection have no SQLSTATE.
_BY_MESSAGE = (
    (re.compile("password|role .* does not exist|pg_hba.conf"), _LOGIN),
    (re.compile("database .* does not exist"), _NO_DATABASE),
    (re.compile("permission denied for database"), _RIGHTS),
    (re.compile("too many|connection slots"), _BY_SQLSTATE["53"]),
    (
        re.compile("session is read-only"),
        Diagnosis("has no primary at the moment", "Promote a standby, or start the primary."),
    ),
)


class PostgreSQL(Dialect):
    """PostgreSQL, with the driver psycopg."""

    name = "postgresql"
    reuses_plans = True
    streams_rows = False
    single_writer = False
    bulk = PostgreSQLBulk()
    has_standbys = True
    writes_many_tables = True
    # PostgreSQL checks foreign keys after each step of a cascade, unless they are
    # deferred. SQLite checks them at the end of the statement.
    deferrable = True

    def parse_url(self, text: str) -> sa.URL:
        """Parse a URL with one host or several."""
        return postgresql_url.parse(text)

    def render_url(self, url: sa.URL) -> str:
        """Return a URL as text, without its password."""
        return postgresql_url.render(url)

    def check_url(self, url: sa.URL, text: str) -> sa.URL:
        """Return the URL with the driver. It must name a database, and have one at sign."""
        shown = repr(secrets.mask_url(text))
        if url.drivername not in ("postgresql", _DRIVER):
            raise StoreError(
                f"The database URL {shown} requires a driver other than psycopg. "
                "Use a URL that begins with postgresql://."
            )
        if not url.database:
            raise StoreError(
                f"The database URL {shown} does not name a database. "
                "Use a URL such as postgresql://host/fleet."
            )
        if "@" in (url.host or ""):
            raise StoreError(
                f"The database URL {shown} has an at sign in its user name or password. "
                "Write %40 for it."
            )
        return url.set(drivername=_DRIVER)

    def create_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine, in autocommit mode.

        Each BEGIN and COMMIT is a round trip, which a single query does not need.
        """
        return self._create_engine(url, connections, _connection_parameters(url))

    def create_standby_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine, whose connections are distributed over the standbys.

        They are opened again now and then, so that a standby that was away gets its share.
        """
        parameters = {**_connection_parameters(url), "target_session_attrs": "standby"}
        if postgresql_url.has_several_hosts(url):
            parameters["load_balance_hosts"] = "random"
        return self._create_engine(
            url, connections, parameters | url.query, pool_recycle=_STANDBY_SECONDS
        )

    def log_position(self, connection: sa.Connection) -> str:
        """Return the position up to which the log is written."""
        position = sa.cast(sa.func.pg_current_wal_lsn(), sa.Text)
        return str(connection.execute(sa.select(position)).scalar_one())

    def has_replayed(self, connection: sa.Connection, position: str) -> bool:
        """Compare the positions. A standby that was promoted has a history of its own."""
        query = sa.text(
            "SELECT pg_is_in_recovery() "
            "AND pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn)"
        )
        driver: t.Any = connection.connection.driver_connection
        with driver.impatient(_TEST_SECONDS):
            return bool(connection.execute(query, {"position": position}).scalar_one())

    def _create_engine(
        self, url: sa.URL, connections: int, parameters: dict[str, t.Any], **options: t.Any
    ) -> sa.Engine:
        engine = sa.create_engine(
            url,
            poolclass=Pool,
            pool_size=connections,
            max_overflow=-1,
            pool_use_lifo=True,  # the last used connection is the most reliable one
            hide_parameters=True,  # in logs and exceptions
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            connect_args=parameters,
            **options,
        )
        sa.event.listen(engine, "do_connect", postgresql_connection.connect)
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "do_execute", _execute)
        sa.event.listen(engine, "checkin", _note_use)
        sa.event.listen(engine, "checkout", _test_connection)
        sa.event.listen(engine, "checkout", postgresql_connection.limit_statements)
        sa.event.listen(engine, "handle_error", _leave_standby)
        return engine

    def snapshot_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine for read-only transactions at REPEATABLE READ."""
        return engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def autocommit_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine itself, which is in autocommit mode."""
        return engine

    def write_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine for transactions at READ COMMITTED."""
        return engine.execution_options(isolation_level="READ COMMITTED")

    def lock_fleet(self, connection: sa.Connection) -> None:
        """Take the advisory lock of the fleet, until the transaction ends.

        Creating or upgrading tables takes as long as it takes.
        """
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FLEET_LOCK)))

    def create_functions(self, connection: sa.Connection) -> None:
        """Create ``craton_matches``."""
        connection.exec_driver_sql(json_contains.postgresql_function())

    def find_write_problem(self, engine: sa.Engine) -> Diagnosis | None:
        """Ask whether transactions are read-only, and let a query write a temporary file."""
        with self.write_engine(engine).begin() as connection:
            read_only = sa.select(sa.func.current_setting("transaction_read_only"))
            if connection.execute(read_only).scalar() == "on":
                return _BY_SQLSTATE["25006"]
            connection.execute(sa.select(sa.func.set_config("work_mem", "64kB", True)))
            connection.execute(_spilling_query())
        return None

    def committing(self, connection: sa.Connection) -> t.ContextManager[None]:
        """Raise an error if nobody knows whether a statement was committed."""
        driver: t.Any = connection.connection.driver_connection
        return t.cast("t.ContextManager[None]", driver.committing())

    def in_transaction(self, connection: sa.Connection) -> bool:
        """Return False in autocommit mode."""
        return not t.cast("t.Any", connection.connection.driver_connection).autocommit

    def version(self, table: sa.Table) -> sa.ColumnElement[str]:
        """Return ``xmin``, the transaction that wrote the row."""
        return sa.cast(sa.literal_column(f"{table}.xmin"), sa.Text)

    def lock_key(self, connection: sa.Connection, key: int) -> None:
        """Take an advisory lock."""
        if not self.in_transaction(connection):
            raise TransactionRequired
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def size_bound(self, connection: sa.Connection) -> int | None:
        """Return ``None``, because PostgreSQL compresses texts."""
        return None

    def byte_length(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
        """Return ``octet_length(text)``."""
        return sa.func.octet_length(text, type_=sa.Integer)

    def diagnose(self, error: sa.exc.DBAPIError) -> Diagnosis | None:
        """Return the cause of an error by its SQLSTATE."""
        if isinstance(error.orig, postgresql_connection.UnknownOutcome):
            return _UNKNOWN_OUTCOME
        state = getattr(error.orig, "sqlstate", None)
        if state is not None:
            return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2])
        if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
            message = str(error.orig)
            return next((found for words, found in _BY_MESSAGE if words.search(message)), _DOWN)
        return None

    def violation(self, error: t.Any) -> ConstraintViolation | None:
        """Return the violated constraint, with its name."""
        name = error.diag.constraint_name or ""
        return {
            "23503": ConstraintViolation("reference", name),
            "23505": ConstraintViolation("unique", name),
        }.get(error.sqlstate)

    def insert(self, table: sa.Table) -> t.Any:
        """Return an INSERT of PostgreSQL."""
        return insert(table)

    def given_rows(self, columns: t.Sequence[sa.Column[t.Any]]) -> sa.Select[t.Any]:
        """Return ``SELECT name, … FROM unnest(:names, …) AS given(name, …)``."""
        lists = (sa.bindparam(_list_of(one), type_=_array(one.type)) for one in columns)
        named = [sa.column(one.name, one.type) for one in columns]
        given = sa.func.unnest(*lists).table_valued(*named, name="given").render_derived()
        return sa.select(*given.c)

    def row_parameters(
        self,
        columns: t.Sequence[sa.Column[t.Any]],
        rows: t.Sequence[t.Mapping[str, t.Any]],
    ) -> dict[str, t.Any]:
        """Return one list for each column."""
        return {_list_of(one): [row[one.name] for row in rows] for one in columns}

    def deferring_foreign_keys(self, statement: t.Any) -> t.Any:
        """Return the statement with an option for :func:`_execute`."""
        return statement.execution_options(**{_DEFER: True})

    def by_index(self, statement: t.Any) -> t.Any:
        """Return the statement with an option for :func:`_execute`."""
        return statement.execution_options(**{_BY_INDEX: True})

    def in_parameter(self, column: sa.ColumnElement[t.Any], name: str) -> Clause:
        """Return ``column = ANY (:name)``."""
        return column == sa.any_(sa.bindparam(name, type_=_array(column.type)))

    def in_small_subquery(
        self, column: sa.ColumnElement[t.Any], subquery: sa.CompoundSelect[t.Any]
    ) -> Clause:
        """Return ``column = ANY (ARRAY(subquery))``.

        With ``column IN (subquery)``, the planner prefers reading the whole table.
        """
        array = sa.func.array(subquery.scalar_subquery(), type_=ARRAY(column.type))
        return column == sa.any_(array)

    def json_members(self, name: t.Any, value: t.Any) -> sa.ColumnElement[str]:
        """Return ``string_agg(CAST(to_json(name) AS TEXT) || ':' || value, ',')``."""
        quoted = sa.cast(sa.func.to_json(name), sa.Text)
        return sa.func.string_agg(
            quoted + sa.literal_column("':'") + value,
            sa.literal_column("','"),
            type_=sa.Text,
        )

    def microseconds(self, time: sa.ColumnElement[t.Any]) -> sa.ColumnElement[int]:
        """Return ``CAST(extract(epoch FROM CAST(time AS TIMESTAMP)) * 1000000 AS BIGINT)``."""
        seconds = sa.extract("epoch", sa.cast(time, sa.TIMESTAMP))
        return sa.cast(seconds * sa.literal_column("1000000"), sa.BigInteger)

    def refusal(self, error: sa.exc.DBAPIError) -> errors.Refused | None:
        """Return the error that the function raised, with the details that it gave."""
        if getattr(error.orig, "sqlstate", None) != json_contains.SQLSTATE:
            return None
        detail = t.cast("t.Any", error.orig).diag.message_detail
        return json_contains.too_much(*json.loads(detail))

    def text_size(self, column: t.Any) -> sa.ColumnElement[int]:
        """Return ``octet_length(column)``, which does not read the text."""
        return sa.func.octet_length(column, type_=sa.Integer)


def _array(element: sa.types.TypeEngine[t.Any]) -> ARRAY[t.Any]:
    """Return the type of a list of values.

    A cast to VARCHAR(255) would cut longer texts, which would then equal other ones.
    """
    return ARRAY(sa.Text()) if isinstance(element, sa.String) else ARRAY(element)


def _list_of(column: sa.Column[t.Any]) -> str:
    """Return the name of the parameter for the values of a column."""
    return f"{column.table}_{column.name}"


def _spilling_query() -> sa.Select[t.Any]:
    """Return a query whose rows need a temporary file of a megabyte with little memory.

    The file is on the disk of the database, and its pages are not forced to the disk::

        SELECT count(*) FROM generate_series(1, 40000)
    """
    return sa.select(sa.func.count()).select_from(sa.func.generate_series(1, 40000))


def _connection_parameters(url: sa.URL) -> dict[str, t.Any]:
    """Return the parameters of connections. Those in the URL take precedence.

    A machine that is switched off closes no connection: keepalives find out in 11 seconds
    that it does not respond, and ``tcp_user_timeout`` that it does not receive.
    """
    parameters: dict[str, t.Any] = {
        "connect_timeout": 10,
        "application_name": "craton",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    if postgresql_url.has_several_hosts(url):
        # The next host is tried after the timeout.
        parameters |= {"connect_timeout": 3, "target_session_attrs": "read-write"}
    return parameters | url.query


def _leave_standby(context: sa.engine.ExceptionContext) -> None:
    """Replace all connections if they lead to a standby that was the primary before.

    This is a listener of ``handle_error``. The new connections find the new primary, through
    the hosts of the URL, a proxy or the name service.
    """
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _configure(connection: t.Any, _record: t.Any) -> None:
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT}s'")


def _execute(cursor: t.Any, statement: str, parameters: t.Any, context: t.Any) -> bool:
    """Run a statement, as a prepared statement only with the option :data:`PREPARE`.

    The generic plan of a prepared statement suits the most common values, and may take a
    hundred times as long for others.

    The BEGIN of a transaction travels together with its first statement. Otherwise, it is
    another round trip.
    """
    if isinstance(cursor, psycopg.ServerCursor):
        return False  # SQLAlchemy runs it
    options = context.execution_options
    connection = cursor.connection
    begins = not connection.autocommit and connection.pgconn.transaction_status == _IDLE
    together = begins or options.get(_DEFER, False) or options.get(_BY_INDEX, False)
    with connection.pipeline() if together else contextlib.nullcontext():
        if options.get(_DEFER, False):
            connection.execute("SET CONSTRAINTS ALL DEFERRED")
        if options.get(_BY_INDEX, False):
            for name in _SETTINGS:
                connection.execute(f"SET LOCAL {name} = off")
        cursor.execute(statement, parameters, prepare=options.get(PREPARE, False))
        if options.get(_DEFER, False):
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return True


def _note_use(_connection: t.Any, record: t.Any) -> None:
    record.info["used"] = time.monotonic()


def _test_connection(connection: t.Any, record: t.Any, _proxy: t.Any) -> None:
    """Test a connection from the pool, so that the pool replaces a lost one.

    A stopped server closes its connections, which makes their sockets readable. A machine
    that is switched off does not. So a connection is tested with a query if its socket is
    readable, or if it was idle for a while. Testing all connections would take as long as a
    small query in each request.

    :raises sqlalchemy.exc.InvalidatePoolError: if the connection is lost.
    """
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
        used = record.info.get("used", 0)
        if poll.poll(0) or time.monotonic() - used > _TRUSTED_SECONDS:
            with connection.impatient(_TEST_SECONDS):
                connection.execute("SELECT 1")
    except psycopg.Error as exc:
        raise sa.exc.InvalidatePoolError from exc
