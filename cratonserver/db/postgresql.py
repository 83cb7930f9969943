# SPDX-License-Identifier: Apache-2.0
"""The dialect of PostgreSQL: several processes, on several machines, write to a fleet."""

from __future__ import annotations

import json
import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from cratonclient import secrets
from cratonserver import errors
from cratonserver.db import (
    json_contains,
    postgresql_engine,
    postgresql_entries,
    postgresql_errors,
    postgresql_url,
)
from cratonserver.db.aliases import Clause
from cratonserver.db.change_log import postgresql as postgresql_log
from cratonserver.db.dialect import (
    PREPARE,
    ConstraintViolation,
    Diagnosis,
    Dialect,
    StoreError,
    TransactionRequired,
)
from cratonserver.db.postgresql_bulk import PostgreSQLBulk
from cratonserver.db.prepared import Prepared

#: The key of the advisory lock for creating tables and the first user: "craton" in ASCII.
_FLEET_LOCK = int.from_bytes(b"craton", "big")

_DRIVER = "postgresql+psycopg"
_ENTRY = Prepared(sa.select(sa.func.current_setting("craton.change", sa.true())))


class PostgreSQL(Dialect):
    """PostgreSQL, with the driver psycopg."""

    name = "postgresql"
    reuses_plans = True
    streams_rows = False
    single_writer = False
    bulk = PostgreSQLBulk()
    log: t.ClassVar[t.Any] = postgresql_log
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
        """Create the engine, in autocommit mode."""
        return postgresql_engine.create(url, connections)

    def create_standby_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine, whose connections are distributed over the standbys."""
        return postgresql_engine.create_for_standbys(url, connections)

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
        with driver.impatient(postgresql_engine.TEST_SECONDS):
            return bool(connection.execute(query, {"position": position}).scalar_one())

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

    def deletion_with_owner(self, owners: str, entries: str) -> list[str]:
        """Return the statements that create a trigger."""
        return postgresql_entries.creation(owners, entries)

    def create_functions(self, connection: sa.Connection) -> None:
        """Create ``craton_matches`` and ``craton_change``."""
        connection.exec_driver_sql(json_contains.postgresql_function())
        postgresql_log.create_function(connection)

    def begin_change(self, connection: sa.Connection, origin: t.Mapping[str, t.Any]) -> None:
        """Send the origin together with the following statement."""
        driver: t.Any = connection.connection.driver_connection
        driver.origin = json.dumps(origin)
        driver.locks = origin["project_id"]

    def finish_change(self, connection: sa.Connection) -> int | None:
        """Return the revision. A statement that commits by itself has read it already."""
        driver: t.Any = connection.connection.driver_connection
        if not driver.autocommit:
            entry = self.change_entry(connection)
        else:
            entry, driver.entry = postgresql_engine.parse_entry(driver.entry), None
        return None if entry is None else entry[1]

    def change_entry(self, connection: sa.Connection) -> tuple[int, int] | None:
        """Return what the triggers have taken."""
        return postgresql_engine.parse_entry(_ENTRY.scalars(connection)[0])

    def find_write_problem(self, engine: sa.Engine) -> Diagnosis | None:
        """Ask whether transactions are read-only, and let a query write a temporary file."""
        with self.write_engine(engine).begin() as connection:
            read_only = sa.select(sa.func.current_setting("transaction_read_only"))
            if connection.execute(read_only).scalar() == "on":
                return postgresql_errors.READ_ONLY
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
        return postgresql_errors.diagnose(error)

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
        """Return the statement with an option for :mod:`.postgresql_engine`."""
        return statement.execution_options(**{postgresql_engine.DEFER: True})

    def by_index(self, statement: t.Any) -> t.Any:
        """Return the statement with an option for :mod:`.postgresql_engine`."""
        return statement.execution_options(**{postgresql_engine.BY_INDEX: True, PREPARE: True})

    def in_parameter(
        self,
        column: sa.ColumnElement[t.Any],
        name: str,
        fixed: t.Mapping[t.Any, t.Any] | None = None,
    ) -> Clause:
        """Return ``column = ANY (:name)``."""
        same = [one == value for one, value in (fixed or {}).items()]
        return sa.and_(*same, column == sa.any_(sa.bindparam(name, type_=_array(column.type))))

    def opaque(self, condition: Clause) -> Clause:
        """Return ``CASE WHEN condition THEN true ELSE false END``."""
        return sa.case((condition, sa.true()), else_=sa.false())

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

    def json_has(self, value: t.Any, members: str, scalar: str) -> sa.ColumnElement[bool]:
        """Return ``CAST(value AS JSONB) #> :members @> CAST(:scalar AS JSONB)``, or false."""
        path = sa.bindparam(members, type_=ARRAY(sa.Text()))
        wanted = sa.cast(sa.bindparam(scalar, type_=sa.Text()), JSONB)
        part = sa.cast(value, JSONB).op("#>")(path)
        has = part.op("@>", is_comparison=True)(wanted)
        return sa.func.coalesce(has, sa.false(), type_=sa.Boolean())

    def json_member(self, text: t.Any, name: str, type_: t.Any) -> sa.ColumnElement[t.Any]:
        """Return ``CAST(CAST(text AS JSON) ->> 'name' AS type)``."""
        return sa.cast(self._member(text, name), type_)

    def json_has_member(self, text: t.Any, name: str) -> sa.ColumnElement[bool]:
        """Return ``CAST(text AS JSON) ->> 'name' IS NOT NULL``. The log has no nulls."""
        return t.cast("Clause", self._member(text, name).is_not(None))

    @staticmethod
    def _member(text: t.Any, name: str) -> t.Any:
        return sa.cast(text, sa.JSON).op("->>")(sa.literal_column(f"'{name}'"))

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
    return f"{column.table.name}_{column.name}"


def _spilling_query() -> sa.Select[t.Any]:
    """Return a query whose rows need a temporary file of a megabyte with little memory.

    The file is on the disk of the database, and its pages are not forced to the disk::

        SELECT count(*) FROM generate_series(1, 40000)
    """
    return sa.select(sa.func.count()).select_from(sa.func.generate_series(1, 40000))
