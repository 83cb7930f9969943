# SPDX-License-Identifier: Apache-2.0
"""The database of a fleet: its dialect and its engines."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import typing as t

import sqlalchemy as sa

from cratonclient import secrets
from cratonserver import deadlines
from cratonserver.db.dialect import BUSY_TIMEOUT, Dialect, StoreError, one_line


class _WithoutRows(logging.Filter):
    """A filter that drops the rows which SQLAlchemy logs at level DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "Row %r"


#: Rows contain the variables of all objects. Engines hide the parameters of statements, but
#: not rows.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(_WithoutRows())


class Database:
    """The database of a fleet. It opens connections when they are needed.

    :param text: URL, such as ``sqlite:///fleet.db`` or ``postgresql://user@host/fleet``.
    :param connections: number of connections that the pool keeps open. A thread uses at
        most one at a time, so the number of threads is a good value.
    :param standbys: the URL names standbys, which can only be read.
    :raises StoreError: if the URL cannot be used.
    """

    def __init__(self, text: str, connections: int, standbys: bool = False) -> None:
        shown = repr(secrets.mask_url(text))
        try:
            self.dialect = dialect_of(re.split(r"[+:]", text, maxsplit=1)[0])
            url = self.dialect.parse_url(text)
            secrets.hide(url.password)
            dialect = self.dialect
            create = dialect.create_standby_engine if standbys else dialect.create_engine
            self.engine = create(dialect.check_url(url, text), connections)
        except ImportError as exc:
            raise StoreError(
                f"The database URL {shown} needs psycopg, which cannot be imported "
                f"({one_line(exc)}): pip install 'python-cratonclient[postgresql]'."
            ) from exc
        except (ValueError, KeyError, sa.exc.SQLAlchemyError) as exc:
            raise StoreError(
                f"The database URL {shown} is invalid. Use a URL such as "
                "sqlite:////var/lib/craton/fleet.db or postgresql://host/fleet."
            ) from exc
        sa.event.listen(self.engine, "before_cursor_execute", _check_deadline)
        self.snapshot_engine = self.dialect.snapshot_engine(self.engine)
        self.autocommit_engine = self.dialect.autocommit_engine(self.engine)
        self.write_engine = self.dialect.write_engine(self.engine)
        self._writer = threading.Lock()

    def reading_engine(self, single_query: bool) -> sa.Engine:
        """Return the engine for a transaction that reads.

        :param single_query: the transaction has one query only.
        """
        return self.autocommit_engine if single_query else self.snapshot_engine

    @contextlib.contextmanager
    def writer_lock(self) -> t.Iterator[None]:
        """Serialize the writers of this process, if the database allows only one writer.

        With SQLite alone, waiting writers poll the lock, and some of them starve.

        :raises StoreError: if another writer takes longer than :data:`BUSY_TIMEOUT`.
        :raises cratonserver.deadlines.Exceeded: at the deadline of the request.
        """
        if not self.dialect.single_writer:
            yield
            return
        if not deadlines.acquire(self._writer, BUSY_TIMEOUT):
            raise StoreError(
                f"The database {self.dialect.render_url(self.engine.url)} is locked. Another "
                f"transaction has been writing to it for {BUSY_TIMEOUT} seconds.",
                "The database is locked.",
            )
        try:
            yield
        finally:
            self._writer.release()


def _check_deadline(*_statement: t.Any) -> None:
    """Refuse to begin a statement after the deadline of the request."""
    deadlines.check()


def dialect_of(backend: str) -> Dialect:
    """Return the dialect for a backend of SQLAlchemy.

    :raises KeyError: if the backend is not supported.
    :raises ImportError: if its driver is not installed.
    """
    if backend == "sqlite":
        from cratonserver.db.sqlite import SQLite

        return SQLite()
    if backend == "postgresql":
        from cratonserver.db.postgresql import PostgreSQL

        return PostgreSQL()
    raise KeyError(backend)
