# SPDX-License-Identifier: Apache-2.0
"""Back up a fleet into a file, while servers use it."""

from __future__ import annotations

import os
import pathlib
import typing as t

import sqlalchemy as sa

from cratonclient.process import private_files
from cratonserver.backup import archive, tables
from cratonserver.backup.progress import Progress
from cratonserver.db import migrations
from cratonserver.db.store import Store

#: The number of rows that are in memory at the same time.
_BATCH = 1000


def dump(store: Store, path: pathlib.Path, say: t.Callable[[str], None]) -> archive.Summary:
    """Write a backup of the state at this moment. Other transactions do not wait.

    The file appears under its name when it is complete. Only its owner can read it.

    :param store: store of a fleet, of any schema version that this program knows.
    :param path: path of the file, which must not exist.
    :param say: function that prints the progress, and what is not in the backup.
    :returns: the summary of the file, which was read again.
    :raises cratonserver.backup.archive.BackupError: if the file exists, or cannot be written.
    :raises cratonserver.db.store.StoreError: if the database fails.
    """
    try:
        if os.path.lexists(path):
            raise FileExistsError
        with private_files.appearing(path) as file:
            return _write(store, file, path, say)
    except FileExistsError as exc:
        raise archive.BackupError(
            f"{path} exists already. Use another name, or remove it."
        ) from exc
    except OSError as exc:
        raise archive.BackupError(
            f"{path} cannot be written: {exc.strerror}. Use another folder, or mend this one."
        ) from exc


def _write(
    store: Store, file: t.BinaryIO, path: pathlib.Path, say: t.Callable[[str], None]
) -> archive.Summary:
    """Write a backup to a file, and read it again."""
    progress = Progress(say)
    with store.read() as connection:
        version = migrations.version(connection)
        if version is None:
            raise archive.BackupError(f"The database {store.name} has no Craton tables.")
        writer = archive.Writer(file, version)
        for table in _tables(store, connection, version, say):
            _dump_table(store, connection, table, writer, progress)
        written = writer.finish()
    if archive.Reader(file, str(path)).verify() != written:
        raise archive.BackupError(f"{path} was not written correctly. Check its disk.")
    return written


def _tables(
    store: Store, connection: sa.Connection, version: str, say: t.Callable[[str], None]
) -> t.Iterator[sa.Table]:
    """Yield the tables to copy. At the current version, leave out undeclared ones."""
    declared = store.tables.metadata
    for table in tables.copied(tables.stored(connection), declared):
        if version == migrations.HEAD and table.name not in declared.tables:
            say(f"The table {table.name} is not in the backup: no installed kind declares it.")
        else:
            yield table


def _dump_table(
    store: Store,
    connection: sa.Connection,
    table: sa.Table,
    writer: archive.Writer,
    progress: Progress,
) -> None:
    """Write the rows of a table, in the order of its primary key."""
    columns = tables.columns(table)
    last_id = store.database.dialect.bulk.last_id(connection, table)
    writer.table(archive.TableHeader(table.name, [c.name for c in columns], last_id))
    query = sa.select(*columns).order_by(*table.primary_key)
    # A cursor of the server, so that memory does not grow with the table.
    result = connection.execute(query, execution_options={"yield_per": _BATCH})
    for rows in result.partitions():
        writer.rows(t.cast("t.Any", rows))
        progress.add(table.name, len(rows))
