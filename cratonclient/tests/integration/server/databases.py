# SPDX-License-Identifier: Apache-2.0
"""Databases for tests: files of SQLite, or of the PostgreSQL that the runner started."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import typing as t
import uuid

import sqlalchemy as sa

from cratonserver.db.store import Store

#: What ``tools/test --database postgresql`` says: the URL of a database in which
#: others can be made. Without it, the tests use SQLite.
SERVER = os.environ.get("TEST_DATABASE", "")

Cleanup = t.Callable[..., t.Any]


def new(add_cleanup: Cleanup) -> str:
    """Give the URL of an empty database that nobody else uses.

    :param add_cleanup: takes what removes it afterwards.
    """
    return _new_postgresql(add_cleanup) if SERVER else f"sqlite:///{new_file(add_cleanup)}"


def new_file(add_cleanup: Cleanup) -> pathlib.Path:
    """Give the path of a file that is not there yet, in a folder of its own."""
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
    """Run statements from outside of the store; give the rows of the last one."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []
    finally:
        engine.dispose()


def contents(store: Store) -> dict[str, list[t.Any]]:
    """Read all tables."""
    with store.read() as connection:
        return {
            name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for name, table in store.tables.metadata.tables.items()
        }
