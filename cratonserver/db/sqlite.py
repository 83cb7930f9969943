# SPDX-License-Identifier: Apache-2.0
"""SQLite: a fleet in a file, with one writer at a time."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import typing as t

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from cratonclient import secrets
from cratonserver.db import json_contains
from cratonserver.db.databases import BUSY_TIMEOUT, Broken, Database, StoreError, Trouble

__all__ = ["SQLite", "among", "broken", "insert", "make", "members"]

KEEPS_PLANS = False
_PATH = "Check that the path is right, and that you may read and write the file and its folder."
_LOCKED = Trouble(
    "is locked", f"Another program has been writing to it for {BUSY_TIMEOUT} seconds."
)
#: By the primary result code (https://www.sqlite.org/rescode.html).
_TROUBLES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: Trouble("is full", "Make room on its disk."),
    sqlite3.SQLITE_READONLY: Trouble("may not be written", _PATH),
    sqlite3.SQLITE_PERM: Trouble("may not be opened", _PATH),
    sqlite3.SQLITE_AUTH: Trouble("may not be opened", _PATH),
    sqlite3.SQLITE_CANTOPEN: Trouble("cannot be opened", _PATH),
    sqlite3.SQLITE_NOTADB: Trouble(
        "cannot be used", "Check that the path is right, and that it is a database."
    ),
    sqlite3.SQLITE_CORRUPT: Trouble("is damaged", "Restore it from a backup."),
    sqlite3.SQLITE_IOERR: Trouble("cannot be read or written", "Check its disk."),
}


class SQLite(Database):
    """A file, which readers and a writer use at once."""

    def __init__(self, url: sa.URL, connections: int) -> None:
        super().__init__(url, connections)
        self.looker = self.engine.execution_options(craton_begin=None)
        self.writer = self.engine.execution_options(craton_begin="BEGIN IMMEDIATE")
        self._turns = threading.Lock()

    def _connect(self, url: sa.URL, connections: int) -> sa.Engine:
        engine = sa.create_engine(
            url,
            pool_size=connections,
            max_overflow=-1,
            pool_use_lifo=True,  # the one that was used last has the most in its cache
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        return engine

    @contextlib.contextmanager
    def turn(self) -> t.Iterator[None]:
        """Let the writers of this process queue up.

        SQLite itself has them poll, so that some wait long after it is free.
        """
        if not self._turns.acquire(timeout=BUSY_TIMEOUT):
            raise StoreError(
                f"The database {self.engine.url} {_LOCKED.what}. {_LOCKED.cure}",
                f"The database {_LOCKED.what}.",
            )
        try:
            yield
        finally:
            self._turns.release()

    def lock_fleet(self, connection: sa.Connection) -> None:
        """Do nothing: a transaction that writes is alone from its beginning."""

    def trouble(self, error: sa.exc.DBAPIError) -> Trouble | None:
        """Say what an error means, by its code."""
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return _TROUBLES.get(code & 0xFF)


def make(url: sa.URL, text: str, connections: int) -> SQLite:
    """Make the database of a URL.

    :raises cratonserver.db.databases.StoreError: when the URL names no file, or
        probably not the one that was meant.
    """
    if "?" in text:
        raise StoreError(
            f"The database URL {secrets.mask(text)!r} has a question mark, which takes no "
            "options here. In a path it is written %3F, and % itself %25."
        )
    if url.host:
        raise StoreError(
            f"The database URL {secrets.mask(text)!r} has two slashes before the path; it "
            "takes three, and four before one that begins at the root: "
            "sqlite:////var/lib/craton/fleet.db."
        )
    if (url.database or ":memory:") == ":memory:":
        raise StoreError(
            f"The database URL {text!r} names no file, so the fleet would be gone at the "
            "end. Give one such as sqlite:///fleet.db."
        )
    return SQLite(url, connections)


def broken(error: t.Any) -> Broken | None:
    """Say which promise of the tables it is; SQLite does not name foreign keys."""
    return {
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: Broken("reference"),
        sqlite3.SQLITE_CONSTRAINT_UNIQUE: Broken("unique"),
    }.get(error.sqlite_errorcode)


def among(column: sa.ColumnElement[t.Any], name: str) -> sa.ColumnElement[bool]:
    """Give the condition that a column is among the ids of a list."""
    ids = sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(ids.c.value))


def members(name: t.Any, value: t.Any) -> sa.ColumnElement[str]:
    """Give the members of a JSON object, of the rows of a group."""
    member = sa.func.json_quote(name, type_=sa.Text) + sa.literal_column("':'") + value
    return sa.func.group_concat(member, type_=sa.Text)  # with commas


def _prepare(connection: t.Any, _record: t.Any) -> None:
    connection.isolation_level = None  # _begin begins the transactions
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
    _write_ahead(cursor)
    # What was acknowledged is on the disk, even when the power goes. NORMAL
    # would keep it when the process is killed, but not then.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA case_sensitive_like = ON")  # as elsewhere
    cursor.close()
    connection.create_function(json_contains.NAME, 3, json_contains.matches, deterministic=True)


def _write_ahead(cursor: t.Any) -> None:
    """Let readers and a writer work at once: the file is told, and keeps it.

    Of several who tell a new file at once, SQLite refuses all but one without
    letting them wait.
    """
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: sa.Connection) -> None:
    # A transaction that is going to write says so at once: one that began as a
    # reader could find that another writer was faster.
    begin = connection.get_execution_options().get("craton_begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)
