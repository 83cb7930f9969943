# SPDX-License-Identifier: Apache-2.0
"""Restore a fleet from a backup, in one transaction."""

from __future__ import annotations

import itertools
import typing as t

import sqlalchemy as sa

from cratonserver.backup import archive, tables
from cratonserver.backup.archive import BackupError
from cratonserver.backup.progress import Progress
from cratonserver.db import migrations
from cratonserver.db.dialect import one_line
from cratonserver.db.store import Store
from cratonserver.db.tables import DERIVED

#: The number of rows that are in memory at the same time.
_BATCH = 1000


def restore(
    store: Store, reader: archive.Reader, replace: bool, say: t.Callable[[str], None]
) -> archive.Summary:
    """Restore a backup. Other transactions see the old state until this one is committed.

    :param store: store of the database, which is created if it is a file.
    :param reader: the backup, of any version of the schema that this program knows. An
        older schema is upgraded after the rows were copied.
    :param replace: replace the fleet in the database, if there is one.
    :param say: function that prints the progress.
    :returns: the summary of the backup.
    :raises cratonserver.backup.archive.BackupError: if the backup is damaged, has a newer
        schema or does not fit, or if the database is not empty and ``replace`` is False.
    :raises cratonserver.db.store.StoreError: if the database fails.
    """
    summary = reader.verify()
    if not migrations.is_known(summary.schema):
        raise BackupError(
            f"The backup has the schema version {summary.schema}, of a newer version of "
            f"craton-server. This one supports versions up to {migrations.HEAD}. Upgrade it."
        )
    try:
        with store.write() as connection:
            store.database.dialect.lock_fleet(connection)
            _prepare(store, connection, summary, replace)
            _fill(store, connection, reader, summary, Progress(say))
            _finish(store, connection)
    except (sa.exc.IntegrityError, sa.exc.DataError) as exc:
        reason = one_line(exc.orig or exc)
        raise BackupError(f"The backup does not fit the tables: {reason}.") from exc
    return summary


def _prepare(
    store: Store, connection: sa.Connection, summary: archive.Summary, replace: bool
) -> None:
    """Make the database empty, with the tables of the version of the backup."""
    store.refuse_foreign(connection)
    found = migrations.version(connection)
    if found and not replace:
        raise BackupError(
            f"The database {store.name} contains a fleet. Restore into an empty database, or "
            "add --replace to delete that fleet."
        )
    store.tables.dialect.log.pause(connection)  # the log itself is in the backup
    stored = tables.stored(connection)
    ours = [stored.tables[n] for n in store.tables.metadata.tables if n in stored.tables]
    if found == summary.schema:
        # Readers see the old rows until the end. Dropping the tables would lock them out.
        store.database.dialect.bulk.lock_tables(connection, ours)
        for table in reversed(stored.sorted_tables):
            if table in ours:
                connection.execute(sa.delete(table))
    elif found:
        stored.drop_all(connection, ours)
        migrations.forget(connection)
    if found != summary.schema:
        migrations.create(connection, store.tables.metadata, summary.schema)
    missing = summary.counts.keys() - tables.stored(connection).tables.keys()
    others = [table for table in store.tables.metadata.sorted_tables if table.name in missing]
    store.tables.metadata.create_all(connection, others)  # of kinds of other packages


def _fill(
    store: Store,
    connection: sa.Connection,
    reader: archive.Reader,
    summary: archive.Summary,
    progress: Progress,
) -> None:
    """Copy all rows, and compare their number with the backup."""
    bulk = store.database.dialect.bulk
    stored = tables.stored(connection)
    with bulk.loading(connection):
        for header, rows in reader.tables():
            table = _table(stored, header)
            for batch in _batches(rows):
                bulk.load(connection, table, header.columns, batch, len(batch))
                progress.add(table.name, len(batch))
            if header.last_id is not None:
                bulk.set_last_id(connection, table, header.last_id)
    for name, expected in summary.counts.items():
        count = sa.select(sa.func.count()).select_from(stored.tables[name])
        found = connection.execute(count).scalar_one()
        if found != expected:
            raise BackupError(f"The table {name} has {found} rows instead of {expected}.")


def _table(stored: sa.MetaData, header: archive.TableHeader) -> sa.Table:
    """Return the table in the database for a table of the backup.

    :raises BackupError: if it does not exist, or lacks a column.
    """
    table = stored.tables.get(header.table)
    if table is None:
        raise BackupError(
            f"The backup has rows of the table {header.table}, which no installed kind "
            "declares. Install the package that declares it."
        )
    unknown = [name for name in header.columns if name not in table.c]
    if unknown:
        raise BackupError(f"The table {table.name} has no column {unknown[0]}.")
    return table


def _finish(store: Store, connection: sa.Connection) -> None:
    """Upgrade the schema, and fill the tables that are derived from others."""
    metadata = store.tables.metadata
    store.upgrade(connection)
    for table in tables.derived_tables(metadata):
        table.info[DERIVED](connection, store.tables)
    store.database.dialect.bulk.analyze(connection)


def _batches(rows: t.Iterator[list[t.Any]]) -> t.Iterator[list[list[t.Any]]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch
