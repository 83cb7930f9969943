# SPDX-License-Identifier: Apache-2.0
"""The tables of a database that belong to a fleet, as they are in the database.

A database with an older schema can be backed up before it is upgraded, and an older backup
is restored before its schema is upgraded. So the tables are read from the database, and not
from the declarations.
"""

from __future__ import annotations

import typing as t
import warnings

import sqlalchemy as sa

from cratonserver.db import migrations
from cratonserver.db.tables import DERIVED


def stored(connection: sa.Connection) -> sa.MetaData:
    """Return all tables in the database, except the table with the version of the schema."""
    metadata = sa.MetaData()
    with warnings.catch_warnings():  # no reflection of expression indexes
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        metadata.reflect(
            connection, only=lambda name, _metadata: name != migrations.VERSION_TABLE
        )
    return metadata


def copied(found: sa.MetaData, declared: sa.MetaData) -> list[sa.Table]:
    """Return the tables whose rows are in a backup, each after the tables it refers to.

    :param found: tables in the database.
    :param declared: declared tables. Those that are derived from others are not copied.
    """
    derived = {table.name for table in derived_tables(declared)}
    return [table for table in found.sorted_tables if table.name not in derived]


def derived_tables(declared: sa.MetaData) -> list[sa.Table]:
    """Return the declared tables that are filled from other tables."""
    return [table for table in declared.sorted_tables if DERIVED in table.info]


def columns(table: sa.Table) -> list[t.Any]:
    """Return the columns that are stored. The database computes the others."""
    return [column for column in table.c if column.computed is None]
