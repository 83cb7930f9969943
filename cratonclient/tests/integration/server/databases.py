# SPDX-License-Identifier: Apache-2.0
"""Databases for tests: SQLite files, or databases on a PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import tempfile
import typing as t
import uuid

import sqlalchemy as sa

from cratonserver.db.change_log import origin
from cratonserver.db.store import Store
from cratonserver.db.tables import DERIVED
from cratonserver.identity import FIRST_PROJECT

#: The URL of a PostgreSQL server on which the tests create their databases. It is set by
#: ``tools/test --database postgresql``. Without it, the tests use SQLite.
SERVER = os.environ.get("TEST_DATABASE", "")

Cleanup = t.Callable[..., t.Any]


def new(add_cleanup: Cleanup) -> str:
    """Return the URL of a new, empty database.

    :param add_cleanup: function that registers a cleanup, such as ``addCleanup``.
    """
    return _new_postgresql(add_cleanup) if SERVER else f"sqlite:///{new_file(add_cleanup)}"


def new_file(add_cleanup: Cleanup) -> pathlib.Path:
    """Return the path of a file that does not exist yet, in a new folder."""
    folder = tempfile.mkdtemp(prefix="craton-test-")
    add_cleanup(shutil.rmtree, folder)
    return pathlib.Path(folder) / "fleet.db"


def _new_postgresql(add_cleanup: Cleanup) -> str:
    name = f"test_{uuid.uuid4().hex}"
    execute(SERVER, f"CREATE DATABASE {name}")
    add_cleanup(execute, SERVER, f"DROP DATABASE {name} WITH (FORCE)")
    url = sa.make_url(SERVER).set(database=name)
    return url.render_as_string(hide_password=False)


def execute(url: str, *statements: str) -> list[t.Any]:
    """Run statements without the store, and return the rows of the last one."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []
    finally:
        engine.dispose()


@contextlib.contextmanager
def writing(store: Store, project_id: str = FIRST_PROJECT) -> t.Iterator[sa.Connection]:
    """Yield a connection that writes without the API, with an entry in the log."""
    with store.change(origin.SERVER) as transaction:
        transaction.begin(project_id)
        yield transaction.connection


def contents(store: Store) -> dict[str, list[t.Any]]:
    """Return the rows of all tables, except those that are derived from others.

    An older version of the schema does not have all.
    """
    with store.read() as connection:
        there = set(sa.inspect(connection).get_table_names())
        return {
            name: _rows(connection, table)
            for name, table in store.tables.metadata.tables.items()
            if name in there and DERIVED not in table.info
        }


def index_of_variables(store: Store) -> dict[str, list[t.Any]]:
    """Return the rows of the tables that are derived from others."""
    with store.read() as connection:
        return {
            name: _rows(connection, table)
            for name, table in store.tables.metadata.tables.items()
            if DERIVED in table.info
        }


def rebuild_index(store: Store) -> None:
    """Fill the tables that are derived from others again."""
    with store.write() as connection:
        for table in store.tables.metadata.tables.values():
            if DERIVED in table.info:
                table.info[DERIVED](connection, store.tables)


def _rows(connection: sa.Connection, table: sa.Table) -> list[t.Any]:
    # The server stores the last use of keys at any time after a request.
    columns = [column for column in table.c if column.name != "last_used_at"]
    return sorted(map(tuple, connection.execute(sa.select(*columns))), key=repr)
