# SPDX-License-Identifier: Apache-2.0
"""The versions of the database schema, and the migrations between them.

A new database gets the current tables without migrations. An older database is upgraded
with Alembic, which is imported only then, because its import takes longer than most
requests.
"""

from __future__ import annotations

import pathlib

import sqlalchemy as sa

VERSION_TABLE = "alembic_version"

#: The current version of the schema.
HEAD = "0015"


def version(connection: sa.Connection) -> str | None:
    """Return the version of the schema, ``None`` for a database without tables of Craton."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608
    return str(row[0]) if row else None


def is_known(found: str) -> bool:
    """Return True if a version can be upgraded to the current version."""
    versions = pathlib.Path(__file__).parent / "versions"
    return any(path.name.startswith(f"{found}_") for path in versions.glob("*.py"))


def upgrade(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Create the tables, or upgrade them to the current version, in a transaction.

    :param connection: connection in a transaction that writes.
    :param metadata: the current tables.
    """
    if version(connection) is None:
        create(connection, metadata, HEAD)
        return
    upgrade_with_alembic(connection)
    metadata.create_all(connection)  # tables of kinds of other packages


def create(connection: sa.Connection, metadata: sa.MetaData, wanted: str) -> None:
    """Create the tables of a version of the schema.

    :param connection: connection in a transaction that writes, to a database without them.
    :param metadata: the current tables.
    :param wanted: the version. An older version lacks the tables of kinds of other packages.
    """
    if wanted == HEAD:
        metadata.create_all(connection)
        _version_table().create(connection)
        connection.execute(sa.insert(_version_table()).values(version_num=HEAD))
    else:
        _version_table().create(connection)
        upgrade_with_alembic(connection, wanted)


def forget(connection: sa.Connection) -> None:
    """Drop the table with the version, after the other tables were dropped."""
    _version_table().drop(connection)


def upgrade_with_alembic(connection: sa.Connection, to: str = "head") -> None:
    """Run the missing migrations in a transaction.

    :param connection: connection in a transaction that writes.
    :param to: version to upgrade to.
    """
    from alembic import command, config

    settings = config.Config()
    settings.set_main_option("script_location", str(pathlib.Path(__file__).parent))
    settings.attributes["connection"] = connection
    command.upgrade(settings, to)


def _version_table() -> sa.Table:
    """Return the table of Alembic."""
    version = sa.Column("version_num", sa.String(32), primary_key=True)
    return sa.Table(VERSION_TABLE, sa.MetaData(), version)
