# SPDX-License-Identifier: Apache-2.0
"""The dialect of SQLite: a fleet in a file, with one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
import time
import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import operators, visitors

from cratonclient import secrets
from cratonclient.process import private_files
from cratonserver import deadlines, errors
from cratonserver.db import json_contains
from cratonserver.db.aliases import Clause
from cratonserver.db.change_log import sqlite as sqlite_log
from cratonserver.db.dialect import (
    BUSY_TIMEOUT,
    ConstraintViolation,
    Diagnosis,
    Dialect,
    StoreError,
    T,
)
from cratonserver.db.migrations import VERSION_TABLE
from cratonserver.db.pool import Pool
from cratonserver.db.prepared import Prepared
from cratonserver.db.sqlite_bulk import SQLiteBulk
from cratonserver.db.sqlite_connection import Connection, OpenChange

_CHECK_PATH = (
    "Check that the path is right, and that you can read and write the file and its directory."
)
_LOCKED = Diagnosis(
    "is locked",
    f"Another program has been writing to it for {BUSY_TIMEOUT} seconds.",
    waited=True,
)
#: Causes of errors by primary result code (https://www.sqlite.org/rescode.html).
_BY_RESULT_CODE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_INTERRUPT: Diagnosis("was interrupted", "Try again.", waited=True),
    sqlite3.SQLITE_FULL: Diagnosis("is full", "Free space on its disk."),
    sqlite3.SQLITE_READONLY: Diagnosis("is read-only", _CHECK_PATH),
    sqlite3.SQLITE_PERM: Diagnosis("cannot be opened", _CHECK_PATH),
    sqlite3.SQLITE_AUTH: Diagnosis("cannot be opened", _CHECK_PATH),
    sqlite3.SQLITE_CANTOPEN: Diagnosis("cannot be opened", _CHECK_PATH),
    sqlite3.SQLITE_NOTADB: Diagnosis(
        "is not a SQLite database", "Check that the path is right."
    ),
    sqlite3.SQLITE_CORRUPT: Diagnosis("is damaged", "Restore it from a backup."),
    sqlite3.SQLITE_IOERR: Diagnosis("cannot be read or written", "Check its disk."),
}

#: Errors of the operating system that mean that nothing can be written to a disk at all.
#: Others mean that there is no space: the disk, a quota or a limit on the size of files.
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
#: The free space that a healthy database has on its disk, in bytes.
_HEADROOM = 2**20

#: Execution option: statement that begins a transaction, or None for no transaction.
_BEGIN = "craton_begin"
_BEGIN_READING = Prepared(sa.text("BEGIN"))
_BEGIN_WRITING = Prepared(sa.text("BEGIN IMMEDIATE"))
_NEXT_CHANGE = Prepared(
    sa.text(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) + 1,"
        " coalesce((SELECT last FROM project_revisions WHERE project_id = :project_id), 0) + 1"
    )
)
_COUNT_CHANGE = Prepared(
    sa.text(
        "INSERT INTO project_revisions (project_id, last) VALUES (:project_id, :revision)"
        " ON CONFLICT (project_id) DO UPDATE SET last = excluded.last"
    )
)
_ADD_CHANGE = Prepared(
    sa.text(
        "INSERT INTO changes (id, project_id, revision, created_at, user_id, username,"
        " key_name, role, address, request_id, reason, undoes)"
        " VALUES (:id, :project_id, :revision, :created_at, :user_id, :username,"
        " :key_name, :role, :address, :request_id, :reason, :undoes)"
    )
)


class SQLite(Dialect):
    """SQLite. Readers and one writer use the file at the same time."""

    name = "sqlite"
    reuses_plans = False
    streams_rows = True
    single_writer = True
    bulk = SQLiteBulk()
    log: t.ClassVar[t.Any] = sqlite_log
    writes_many_tables = False

    def check_url(self, url: sa.URL, text: str) -> sa.URL:
        """Return the URL with an absolute path. It must name a file, and have no options."""
        shown = repr(secrets.mask_url(text))
        if "?" in text:
            raise StoreError(
                f"The database URL {shown} contains a question mark, but SQLite URLs have "
                "no options here. In a path, write %3F for a question mark and %25 for %."
            )
        if url.host:
            raise StoreError(
                f"The database URL {shown} has two slashes before the path. Write three "
                "before a relative path and four before an absolute path: "
                "sqlite:////var/lib/craton/fleet.db."
            )
        if (url.database or ":memory:") == ":memory:":
            raise StoreError(
                f"The database URL {shown} does not name a file, so the fleet would be lost "
                "when the program ends. Use a URL such as sqlite:///fleet.db."
            )
        return url.set(database=os.path.abspath(url.database or ""))

    def exists(self, url: sa.URL) -> bool:
        """Return False if the file does not exist or is empty."""
        path = url.database or ""
        return os.path.exists(path) and os.path.getsize(path) > 0

    def create_engine(self, url: sa.URL, connections: int) -> sa.Engine:
        """Create the engine. :func:`_configure` configures each connection."""
        engine = sa.create_engine(
            url,
            poolclass=Pool,
            pool_size=connections,
            max_overflow=-1,
            pool_use_lifo=True,  # the last used connection has the warmest cache
            hide_parameters=True,  # in logs and exceptions
            connect_args={"factory": Connection},
        )
        sa.event.listen(engine, "do_connect", _create_private)
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def snapshot_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine itself, because each transaction of SQLite sees one state."""
        return engine

    def autocommit_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine without transactions."""
        return engine.execution_options(**{_BEGIN: None})

    def write_engine(self, engine: sa.Engine) -> sa.Engine:
        """Return the engine that locks the file when a transaction begins.

        A transaction that reads first and writes later fails if another one writes between.
        """
        return engine.execution_options(**{_BEGIN: _BEGIN_WRITING})

    def lock_fleet(self, connection: sa.Connection) -> None:
        """Do nothing, because ``BEGIN IMMEDIATE`` has already locked the file."""

    def create_functions(self, connection: sa.Connection) -> None:
        """Do nothing, because :func:`_configure` adds the functions to each connection."""

    def find_write_problem(self, engine: sa.Engine) -> Diagnosis | None:
        """Try to allocate space beside the file, and in a transaction that is rolled back."""
        path = engine.url.database or ""
        if not os.access(path, os.W_OK):
            return _BY_RESULT_CODE[sqlite3.SQLITE_READONLY]
        try:
            _allocate(path)
        except OSError as exc:
            code = sqlite3.SQLITE_READONLY if exc.errno in _READ_ONLY else sqlite3.SQLITE_FULL
            return _BY_RESULT_CODE[code]
        with self.autocommit_engine(engine).connect() as connection:
            _try_to_write(connection)
        return None

    def lock_key(self, connection: sa.Connection, key: int) -> None:
        """Do nothing, because only one transaction writes at a time."""

    def size_bound(self, connection: sa.Connection) -> int | None:
        """Return the size of the file."""
        size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.exec_driver_sql(size).scalar_one())

    def byte_length(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
        """Return ``length(CAST(text AS BLOB))``."""
        return sa.func.length(sa.cast(text, sa.LargeBinary), type_=sa.Integer)

    def begin_change(self, connection: sa.Connection, origin: t.Mapping[str, t.Any]) -> None:
        """Reserve the next revision of the project, which nobody else can take meanwhile."""
        project = {"project_id": origin["project_id"]}
        ((change_id, revision),) = _NEXT_CHANGE.rows(connection, project)
        driver: t.Any = connection.connection.driver_connection
        driver.change = OpenChange(change_id, revision, origin)

    def finish_change(self, connection: sa.Connection) -> int | None:
        """Write the entry, if the triggers have used it."""
        driver: t.Any = connection.connection.driver_connection
        change: OpenChange | None = driver.change
        if change is None or not change.used:
            return None
        values = {"id": change.id, "revision": change.revision, **change.origin}
        _COUNT_CHANGE.run(connection, values)
        _ADD_CHANGE.run(connection, values)
        return change.revision

    def change_entry(self, connection: sa.Connection) -> tuple[int, int] | None:
        """Return what was reserved, if the triggers have used it."""
        driver: t.Any = connection.connection.driver_connection
        change: OpenChange | None = driver.change
        if change is None or not change.used:
            return None
        return change.id, change.revision

    def diagnose(self, error: sa.exc.DBAPIError) -> Diagnosis | None:
        """Return the cause of an error by its result code."""
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return _BY_RESULT_CODE.get(code & 0xFF)

    def violation(self, error: t.Any) -> ConstraintViolation | None:
        """Return the violated constraint. SQLite does not name foreign keys."""
        return {
            sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: ConstraintViolation("reference"),
            sqlite3.SQLITE_CONSTRAINT_UNIQUE: ConstraintViolation("unique"),
        }.get(error.sqlite_errorcode)

    def insert(self, table: sa.Table) -> t.Any:
        """Return an INSERT of SQLite."""
        return insert(table)

    def given_rows(self, columns: t.Sequence[sa.Column[t.Any]]) -> sa.Select[t.Any]:
        """Return ``SELECT json_extract(value, '$[0]'), … FROM json_each(:rows)``."""
        rows = sa.bindparam(_rows_of(columns), type_=sa.JSON)
        given = sa.func.json_each(rows).table_valued("value")
        members = (
            sa.func.json_extract(given.c.value, sa.literal_column(f"'$[{number}]'"))
            for number, _ in enumerate(columns)
        )
        # Without a condition, SQLite takes the ON of ON CONFLICT for the ON of a join.
        return sa.select(*members).where(sa.true())

    def row_parameters(
        self,
        columns: t.Sequence[sa.Column[t.Any]],
        rows: t.Sequence[t.Mapping[str, t.Any]],
    ) -> dict[str, t.Any]:
        """Return the rows as one parameter."""
        names = [column.name for column in columns]
        return {_rows_of(columns): [[row[name] for name in names] for row in rows]}

    def in_parameter(
        self,
        column: sa.ColumnElement[t.Any],
        name: str,
        fixed: t.Mapping[t.Any, t.Any] | None = None,
    ) -> Clause:
        """Return ``column IN (SELECT value FROM json_each(:name))``.

        With fixed columns, it compares tuples. SQLite would prefer an index with the order of
        the list if it had separate conditions.
        """
        ids = sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
        if not fixed:
            return column.in_(sa.select(ids.c.value))
        return sa.tuple_(*fixed, column).in_(sa.select(*fixed.values(), ids.c.value))

    def without_index(self, clause: T) -> T:
        """Return the clause with a plus sign before each column.

        SQLite has no statistics of tables that nobody analyzed, so it prefers an index
        with the order of a list to an index with few rows.
        """

        def hide(element: t.Any, **_kw: t.Any) -> t.Any:
            if isinstance(element, sa.Column):
                plus: t.Any = operators.custom_op("+", is_comparison=False)
                return sa.UnaryExpression(element, operator=plus, type_=element.type)
            return element if isinstance(element, sa.SelectBase | sa.ScalarSelect) else None

        return t.cast("T", visitors.replacement_traverse(t.cast("t.Any", clause), {}, hide))

    def in_small_subquery(
        self, column: sa.ColumnElement[t.Any], subquery: sa.CompoundSelect[t.Any]
    ) -> Clause:
        """Return ``column IN (subquery)``."""
        return column.in_(subquery)

    def json_members(self, name: t.Any, value: t.Any) -> sa.ColumnElement[str]:
        """Return ``group_concat(json_quote(name) || ':' || value)``."""
        member = sa.func.json_quote(name, type_=sa.Text) + sa.literal_column("':'") + value
        return sa.func.group_concat(member, type_=sa.Text)  # separated by commas

    def json_member(self, text: t.Any, name: str, type_: t.Any) -> sa.ColumnElement[t.Any]:
        """Return ``json_extract(text, '$.name')``."""
        return sa.func.json_extract(text, sa.literal_column(f"'$.{name}'"), type_=type_)

    def json_has_member(self, text: t.Any, name: str) -> sa.ColumnElement[bool]:
        """Return ``json_type(text, '$.name') IS NOT NULL``."""
        return sa.func.json_type(text, sa.literal_column(f"'$.{name}'")).is_not(None)

    def microseconds(self, time: sa.ColumnElement[t.Any]) -> sa.ColumnElement[int]:
        """Return ``CAST(strftime('%s', substr(time, 1, 19)) AS INTEGER) * 1000000 + …``.

        With the fraction, ``strftime`` would round to milliseconds, maybe to the next second.
        """
        whole = sa.func.substr(time, 1, 19)
        seconds = sa.cast(sa.func.strftime("%s", whole), sa.BigInteger)
        fraction = sa.cast(sa.func.substr(time, 21), sa.BigInteger)
        return seconds * 1_000_000 + fraction

    def refusal(self, error: sa.exc.DBAPIError) -> errors.Refused | None:
        """Return the error that the function in this thread left."""
        return json_contains.refusal()

    @contextlib.contextmanager
    def refusing_large_texts(self, error: t.Callable[[], errors.Refused]) -> t.Iterator[None]:
        """Translate ``SQLITE_TOOBIG``."""
        try:
            yield
        except sa.exc.DBAPIError as exc:
            if getattr(exc.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_TOOBIG:
                raise error() from exc
            raise


def _allocate(path: str) -> None:
    """Allocate space on the disk of a file, and free it again.

    The space begins where the file ends, because there may be a limit on the size of files.

    :raises OSError: if that is not possible.
    """
    end = max(os.path.getsize(name) for name in (path, f"{path}-wal") if os.path.exists(name))
    with tempfile.TemporaryFile(dir=os.path.dirname(path)) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), end, _HEADROOM)
        else:
            os.pwrite(file.fileno(), bytes(_HEADROOM), end)


def _try_to_write(connection: sa.Connection) -> None:
    """Add pages to the file in a transaction, and roll it back before anything is written.

    Another writer proves that writing works.

    :raises sqlalchemy.exc.DBAPIError: if that is not possible.
    """
    run = connection.exec_driver_sql
    run("PRAGMA busy_timeout = 0")
    try:
        run("BEGIN IMMEDIATE")
        run("CREATE TABLE craton_probe (content)")
        run("INSERT INTO craton_probe VALUES (zeroblob(65536))")
    except sa.exc.OperationalError as exc:
        if getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        if t.cast("t.Any", connection.connection.dbapi_connection).in_transaction:
            run("ROLLBACK")
        run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")


def _rows_of(columns: t.Sequence[sa.Column[t.Any]]) -> str:
    """Return the name of the parameter for the rows of a table."""
    return f"{columns[0].table.name}_rows"


def _create_private(_dialect: t.Any, _record: t.Any, arguments: t.Any, _options: t.Any) -> None:
    """Create the file so that only its owner can read it, unless it exists.

    SQLite gives its write-ahead log and its other files the permissions of this file.
    """
    path = arguments[0]
    if os.path.islink(path) and not os.path.exists(path):
        raise StoreError(
            f"The database sqlite:///{path} is a symbolic link to a file that does not exist. "
            "Remove the link, or create the file."
        )
    with contextlib.suppress(OSError):  # it exists, or the error of SQLite says more
        private_files.open_binary(path, os.O_RDWR | os.O_EXCL).close()


def _configure(connection: t.Any, _record: t.Any) -> None:
    connection.isolation_level = None  # _begin begins the transactions
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
    tables = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master")}
    if not tables or VERSION_TABLE in tables:  # the file of another program stays as it is
        _write_ahead(cursor)
    # FULL: a committed transaction survives a power failure. With NORMAL, it survives
    # only the end of the process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA case_sensitive_like = ON")  # as on PostgreSQL
    cursor.close()
    connection.create_function(json_contains.NAME, 4, json_contains.matches, deterministic=True)
    connection.create_function("craton_change", 0, connection.change_id)
    connection.create_function("craton_project", 0, connection.change_project)
    connection.limit()


def _write_ahead(cursor: t.Any) -> None:
    """Switch the file to write-ahead logging, so that readers do not block the writer.

    The file keeps this mode. If several connections switch a new file at the same time,
    SQLite ignores the busy timeout and refuses all but one, so this function retries.
    """
    deadline = time.monotonic() + deadlines.remaining(BUSY_TIMEOUT)
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: sa.Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, _BEGIN_READING)
    if begin is _BEGIN_WRITING:
        _begin_writing(connection)
    elif begin is not None:
        begin.run(connection)


def _begin_writing(connection: sa.Connection) -> None:
    """Begin a transaction that writes, as soon as no other program writes to the file."""
    driver: t.Any = connection.connection.driver_connection
    with driver.waiting_in_steps() as limit:
        while True:
            more = limit()
            try:
                _BEGIN_WRITING.run(connection)
            except sa.exc.OperationalError as exc:
                busy = t.cast("t.Any", exc.orig).sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not (busy and more):
                    raise
            else:
                return
