# SPDX-License-Identifier: Apache-2.0
"""The databases that a fleet can be kept in, behind one face.

What PostgreSQL and SQLite do differently stands in a module for each; the store
asks no more of them than a :class:`Database` has.
"""

from __future__ import annotations

import abc
import contextlib
import importlib
import typing as t

import sqlalchemy as sa

from cratonclient import secrets
from cratonserver import errors

#: The option of a statement for which one plan fits all values.
SETTLED = "craton_settled"

#: Seconds that a writer waits for another one before it gives up.
BUSY_TIMEOUT = 30


class StoreError(errors.Refused):
    """The database cannot be used.

    As text it is a line for the operator: which database, why, and what to do.
    A client is told the message alone, which names no place.

    :param reason: the line for the operator.
    :param message: what a client is told.
    """

    def __init__(
        self, reason: str, message: str = "The database cannot be used at the moment."
    ) -> None:
        super().__init__(503, message)
        self.reason = reason

        #: Whether the same transaction may succeed when it is repeated.
        self.again = False

    def __str__(self) -> str:
        return self.reason


class Trouble(t.NamedTuple):
    """What an error of a database means.

    :param what: the end of a sentence that begins with "The database".
    :param cure: what to do, as a sentence.
    :param again: whether the same transaction may succeed when it is repeated.
    """

    what: str
    cure: str
    again: bool = False


class Broken(t.NamedTuple):
    """A promise of the tables that a change would have broken.

    :param what: ``reference`` for a foreign key, ``unique`` for what is there already.
    :param constraint: its name, where the database tells it.
    """

    what: t.Literal["reference", "unique"]
    constraint: str = ""


class Database(abc.ABC):
    """A database of one kind.

    :param url: of SQLAlchemy.
    :param connections: how many are kept open. Each thread that asks for one
        gets one, so their number is at most that of the threads.
    """

    def __init__(self, url: sa.URL, connections: int) -> None:
        self.engine = self._connect(url, connections)
        #: For transactions that read. They see one state, however many queries they are.
        self.reader = self.engine
        #: For queries that read, each of which may see another state.
        self.looker = self.engine
        #: For transactions that write.
        self.writer = self.engine

    @abc.abstractmethod
    def _connect(self, url: sa.URL, connections: int) -> sa.Engine:
        """Make the engine."""

    @abc.abstractmethod
    def trouble(self, error: sa.exc.DBAPIError) -> Trouble | None:
        """Say what an error means; ``None`` where it means a mistake of ours."""

    def turn(self) -> t.ContextManager[None]:
        """Wait until it is this writer's turn, where they take turns."""
        return contextlib.nullcontext()

    @abc.abstractmethod
    def lock_fleet(self, connection: sa.Connection) -> None:
        """Keep others from setting the fleet up until the transaction ends."""


#: The module for each backend of SQLAlchemy. It has ``make``, ``insert``, ``broken``,
#: ``among``, ``members`` and ``KEEPS_PLANS``.
_MODULES = {"postgresql": "postgresql", "sqlite": "sqlite"}


def make(text: str, connections: int) -> Database:
    """Make the database of a URL; nothing is opened yet.

    :param text: such as ``sqlite:///fleet.db`` or ``postgresql://user@host/fleet``.
    :raises StoreError: when it cannot be one.
    """
    shown = repr(secrets.mask(text))
    try:
        url = sa.make_url(text)
        module = _module(url.get_backend_name())
        return t.cast("Database", module.make(url, text, connections))
    except ImportError as exc:
        raise StoreError(
            f"The database URL {shown} needs psycopg, which cannot be imported "
            f"({one_line(exc)}): pip install 'python-cratonclient[postgresql]'."
        ) from exc
    except (ValueError, KeyError, sa.exc.SQLAlchemyError) as exc:
        raise StoreError(
            f"The database URL {shown} cannot be used. Give one such as "
            "sqlite:////var/lib/craton/fleet.db or postgresql://user:password@host/fleet."
        ) from exc


def broken(connection: sa.Connection, error: sa.exc.IntegrityError) -> Broken:
    """Say which promise of the tables a change would have broken.

    :raises sqlalchemy.exc.IntegrityError: the error, where it is a mistake of ours.
    """
    found = _module(connection.dialect.name).broken(error.orig)
    if found is None:
        raise error
    return t.cast("Broken", found)


def keeps_plans(dialect: str) -> bool:
    """Tell whether the database may run a statement by a plan made for other values."""
    return t.cast("bool", _module(dialect).KEEPS_PLANS)


def among(dialect: str, column: sa.ColumnElement[t.Any], name: str) -> sa.ColumnElement[bool]:
    """Give the condition that a column is among some ids, however many.

    They are one parameter, so that it is always the same statement.

    :param dialect: the database, by SQLAlchemy's name.
    :param name: of the parameter, a list.
    """
    return t.cast("sa.ColumnElement[bool]", _module(dialect).among(column, name))


def members(
    dialect: str, name: sa.ColumnElement[str], value: sa.ColumnElement[str]
) -> sa.ColumnElement[str]:
    """Give the members of a JSON object, as text: one for each row of a group.

    :param value: JSON.
    """
    return t.cast("sa.ColumnElement[str]", _module(dialect).members(name, value))


def upsert(
    connection: sa.Connection, table: sa.Table, rows: t.Sequence[t.Mapping[str, t.Any]]
) -> None:
    """Insert rows; where there is one of the same key, it gets the other values.

    :param rows: in an order that all writers keep to, so that none waits for
        another who waits for it.
    """
    insert = _module(connection.dialect.name).insert(table)
    values = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key}
    keys = list(table.primary_key)
    upsert = (
        insert.on_conflict_do_update(index_elements=keys, set_=values)
        if values
        else insert.on_conflict_do_nothing(index_elements=keys)
    )
    if rows:
        connection.execute(upsert, list(rows))


def _module(backend: str) -> t.Any:
    """Give the module for a backend of SQLAlchemy.

    :raises KeyError: when no fleet can be kept in it.
    """
    return importlib.import_module(f"cratonserver.db.{_MODULES[backend]}")


def one_line(error: BaseException) -> str:
    """Give what an error says without what it says in further lines."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".: ")
