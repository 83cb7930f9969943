# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: a fleet that several processes, on several machines, write to."""

from __future__ import annotations

import re
import select
import time
import typing as t

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from cratonclient import secrets
from cratonserver.db import databases
from cratonserver.db.databases import BUSY_TIMEOUT, Broken, Database, StoreError, Trouble

__all__ = ["PostgreSQL", "among", "broken", "insert", "make", "members"]

#: Whoever makes tables, or the first user, holds the advisory lock of this number. It
#: says "craton" in ASCII.
_FLEET_LOCK = int.from_bytes(b"craton", "big")

_DRIVER = "postgresql+psycopg"
KEEPS_PLANS = True
#: Seconds for which a connection is believed to work after it did.
_TRUSTED = 1
_BUSY = Trouble("is busy", "Try again.", again=True)
_DOWN = Trouble(
    "cannot be reached", "Check that PostgreSQL runs there and accepts connections."
)
_LOGIN = Trouble("refuses the user", "Check the name and the password in the URL.")
_RIGHTS = Trouble(
    "may not be used by this user",
    "Let the user own the database: ALTER DATABASE ... OWNER TO ....",
)
_NO_DATABASE = Trouble("does not exist", "Make it: createdb, with the user as its owner.")

#: By SQLSTATE, or by its class (PostgreSQL documentation, appendix A).
_TROUBLES = {
    "08": _DOWN,
    "25006": Trouble("may not be written", "Give the URL of the primary, not of a standby."),
    "28": _LOGIN,
    "3D": _NO_DATABASE,
    "40": _BUSY,
    "42501": _RIGHTS,
    "53": Trouble("is out of room", "Make room on its disk, or allow more connections."),
    "55P03": Trouble(
        "is locked", f"Another transaction has held a lock for {BUSY_TIMEOUT} seconds."
    ),
    "57": _DOWN,
    "58": Trouble("cannot be read or written", "Check its disk."),
    "XX001": Trouble("is damaged", "Restore it from a backup."),
    "XX002": Trouble("is damaged", "Restore it from a backup."),
}
#: A connection that is not made has no SQLSTATE, only words.
_WORDS = (
    (re.compile("password|role .* does not exist|pg_hba.conf"), _LOGIN),
    (re.compile("database .* does not exist"), _NO_DATABASE),
    (re.compile("permission denied for database"), _RIGHTS),
    (re.compile("too many|connection slots"), _TROUBLES["53"]),
)


class PostgreSQL(Database):
    """A database of a PostgreSQL server."""

    def __init__(self, url: sa.URL, connections: int) -> None:
        super().__init__(url, connections)
        # A page of a list is several queries: all of them see the same moment.
        self.reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.writer = self.engine.execution_options(isolation_level="READ COMMITTED")

    def _connect(self, url: sa.URL, connections: int) -> sa.Engine:
        engine = sa.create_engine(
            url,
            pool_size=connections,
            max_overflow=-1,
            pool_use_lifo=True,  # the one that was used last is trusted most
            # To begin and to end a transaction are messages of their own, which
            # those who ask one query do not need.
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            connect_args={"connect_timeout": 10, "application_name": "craton"} | url.query,
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "do_execute", _execute)
        sa.event.listen(engine, "checkin", _remember)
        sa.event.listen(engine, "checkout", _refuse_lost)
        return engine

    def trouble(self, error: sa.exc.DBAPIError) -> Trouble | None:
        """Say what an error means, by its SQLSTATE."""
        state = getattr(error.orig, "sqlstate", None)
        if state is not None:
            return _TROUBLES.get(state) or _TROUBLES.get(state[:2])
        if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
            said = str(error.orig)
            return next((found for words, found in _WORDS if words.search(said)), _DOWN)
        return None

    def lock_fleet(self, connection: sa.Connection) -> None:
        """Keep others from setting the fleet up until the transaction ends."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FLEET_LOCK)))


def make(url: sa.URL, text: str, connections: int) -> PostgreSQL:
    """Make the database of a URL.

    :raises cratonserver.db.databases.StoreError: when the URL names no database,
        or another driver.
    """
    if url.drivername not in ("postgresql", _DRIVER):
        raise StoreError(
            f"The database URL {secrets.mask(text)!r} asks for another driver than psycopg. "
            "Begin it with postgresql://."
        )
    if not url.database:
        raise StoreError(
            f"The database URL {secrets.mask(text)!r} names no database. "
            "Give one such as postgresql://user:password@host/fleet."
        )
    return PostgreSQL(url.set(drivername=_DRIVER), connections)


def broken(error: t.Any) -> Broken | None:
    """Say which promise of the tables it is, by name."""
    name = error.diag.constraint_name or ""
    return {"23503": Broken("reference", name), "23505": Broken("unique", name)}.get(
        error.sqlstate
    )


def among(column: sa.ColumnElement[t.Any], name: str) -> sa.ColumnElement[bool]:
    """Give the condition that a column is among the ids of a list."""
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(column.type)))


def members(name: t.Any, value: t.Any) -> sa.ColumnElement[str]:
    """Give the members of a JSON object, of the rows of a group."""
    quoted = sa.cast(sa.func.to_json(name), sa.Text)
    return sa.func.string_agg(
        quoted + sa.literal_column("':'") + value, sa.literal_column("','"), type_=sa.Text
    )


def _prepare(connection: t.Any, _record: t.Any) -> None:
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT}s'")


def _execute(cursor: t.Any, statement: str, parameters: t.Any, context: t.Any) -> bool:
    """Run a statement; have it prepared only where it says that one plan fits all values.

    Otherwise the plan that PostgreSQL keeps may be one for the commonest values, and
    take a hundred times as long for others.
    """
    settled = context.execution_options.get(databases.SETTLED, False)
    cursor.execute(statement, parameters, prepare=settled)
    return True


def _remember(_connection: t.Any, record: t.Any) -> None:
    record.info["used"] = time.monotonic()


def _refuse_lost(connection: t.Any, record: t.Any, _proxy: t.Any) -> None:
    """Have a connection made anew whose other end is gone.

    A server that was stopped has closed it, which shows at the socket: nothing
    should come there unasked. To ask takes as long as a small query, so that is
    only done of what came, and of what was not used for a while: a machine that
    vanished says nothing.

    :raises sqlalchemy.exc.InvalidatePoolError: when it is lost.
    """
    socket = select.poll()
    try:
        socket.register(connection.fileno(), select.POLLIN)
        used = record.info.get("used", 0)
        if socket.poll(0) or time.monotonic() - used > _TRUSTED:
            connection.execute("SELECT 1")
    except psycopg.Error as exc:
        raise sa.exc.InvalidatePoolError from exc
