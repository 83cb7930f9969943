# SPDX-License-Identifier: Apache-2.0
"""Add the index of variables, in place of that of the starts of their values.

It is filled with the keys of all variables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types, database, variable_index

revision = "0007"
down_revision = "0006"

_ORDER = ("created_at", "id")
#: The references to places, whose indexes get the default order of lists.
_PLACES = {
    "regions": ("cloud_id",),
    "cells": ("cloud_id", "region_id"),
    "devices": ("cloud_id", "region_id", "cell_id"),
}
_NESTED = "ix_devices_nested"
_SUFFIX = "_variables"


def upgrade() -> None:
    for table, columns in _PLACES.items():
        for column in columns:
            op.create_index(
                op.f(f"ix_{table}_{column}_created_at_id"), table, [column, *_ORDER]
            )
            op.drop_index(op.f(f"ix_{table}_{column}"), table)
    inherits = sa.text("parent_id IS NOT NULL")
    columns = ("project_id", "kind", *_ORDER)
    op.create_index(
        _NESTED, "devices", columns, sqlite_where=inherits, postgresql_where=inherits
    )
    connection = op.get_bind()
    for name in sa.inspect(connection).get_table_names():
        if name.endswith(_SUFFIX):  # of kinds of other packages, too
            _replace_index(connection, name)
    if connection.dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS craton_matches(text, text, text)")


def _replace_index(connection: sa.Connection, name: str) -> None:
    """Replace the index of a table of variables, and fill the new one."""
    metadata = sa.MetaData()
    prefix = name.removesuffix(_SUFFIX)
    op.execute(f"DROP INDEX IF EXISTS ix_{name}_name_value")
    values = sa.Table(name, metadata, autoload_with=connection)
    owners = next(iter(values.c.owner_id.foreign_keys)).column.table
    keys = f"{prefix}_variable_keys"
    columns = (
        sa.Column("owner_id", owners.c.id.type, nullable=False),
        sa.Column("name", column_types.string(255), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created", sa.BigInteger(), autoincrement=False, nullable=False),
    )
    entries = op.create_table(
        keys,
        *columns,
        sa.ForeignKeyConstraint(
            ["owner_id"],
            [owners.c.id],
            name=op.f(f"fk_{keys}_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*(c.name for c in columns), name=op.f(f"pk_{keys}")),
        sqlite_with_rowid=False,
    )
    index = f"ix_{keys}_key_created_owner_id"
    op.create_index(op.f(index), keys, ["key", "created", "owner_id"])
    sa.Index(index, entries.c.key, entries.c.created, entries.c.owner_id)
    bulk = database.dialect_of(connection.dialect.name).bulk
    variable_index.fill(connection, bulk, owners, values, entries, prefix)
    bulk.analyze(connection)


def downgrade() -> None:
    for name in sa.inspect(op.get_bind()).get_table_names():
        if name.endswith("_variable_keys"):
            op.drop_table(name)
        elif name.endswith(_SUFFIX):
            start = sa.text("substr(value, 1, 64)")
            op.create_index(op.f(f"ix_{name}_name_value"), name, ["name", start])
    op.drop_index(_NESTED, "devices")
    for table, columns in _PLACES.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
            op.drop_index(op.f(f"ix_{table}_{column}_created_at_id"), table)
