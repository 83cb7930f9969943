# SPDX-License-Identifier: Apache-2.0
"""The versions of the tables, and the way from each to the next.

A new database gets the tables of today at once; only an older one is taken
through the migrations, which are Alembic's. It is imported only then, since
that takes longer than most requests.
"""

from __future__ import annotations

import pathlib

import sqlalchemy as sa

VERSION_TABLE = "alembic_version"

#: The newest of the versions, which a new database is marked with.
HEAD = "0003"


def version(connection: sa.Connection) -> str | None:
    """Give the version of the tables, ``None`` where there are none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608
    return str(row[0]) if row else None


def is_known(found: str) -> bool:
    """Tell whether there is a way from a version to the newest."""
    versions = pathlib.Path(__file__).parent / "versions"
    return any(path.name.startswith(f"{found}_") for path in versions.glob("*.py"))


def upgrade(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Bring the tables to the newest version, within a transaction.

    :param connection: in a transaction that may write.
    :param metadata: the tables of today.
    """
    if version(connection) is None:
        metadata.create_all(connection)
        _mark(connection)
        return
    upgrade_with_alembic(connection)
    metadata.create_all(connection)  # the tables of kinds from elsewhere


def upgrade_with_alembic(connection: sa.Connection, to: str = "head") -> None:
    """Run the migrations that are missing, within a transaction.

    :param to: the version to reach.
    """
    from alembic import command, config

    settings = config.Config()
    settings.set_main_option("script_location", str(pathlib.Path(__file__).parent))
    settings.attributes["connection"] = connection
    command.upgrade(settings, to)


def _mark(connection: sa.Connection) -> None:
    """Write the version down where Alembic looks for it."""
    table = sa.Table(
        VERSION_TABLE,
        sa.MetaData(),
        sa.Column("version_num", sa.String(32), primary_key=True),
    )
    table.create(connection)
    connection.execute(sa.insert(table).values(version_num=HEAD))
