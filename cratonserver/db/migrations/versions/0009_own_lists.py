# SPDX-License-Identifier: Apache-2.0
"""Add indexes that begin with the project, so that lists read no rows of other projects.

The rows with labels get the project and the creation time of their owners. The rows with
parents have an index of their own, whose columns no other index begins with: SQLite may take
any of the others to find out whether there is such a row, and read all rows of the project.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types, database

revision = "0009"
down_revision = "0008"

_COPIED = ("project_id", "created_at")
_ADDRESSES = {"devices": "ip_address", "network_interfaces": "ip_address"}
#: The columns of indexes, by table.
_INDEXES = [
    *(
        (table, ("project_id", "id"))
        for table in (
            *("users", "clouds", "regions", "cells", "networks"),
            "network_interfaces",
        )
    ),
    ("devices", ("project_id", "kind", "id")),
    *((table, ("project_id", name, "id")) for table, name in _ADDRESSES.items()),
]
_PARENTS = "ix_devices_parents"


def upgrade() -> None:
    for table, columns in _INDEXES:
        op.create_index(_name(table, columns), table, columns)
    inherits = sa.column("parent_id").is_not(None)
    op.create_index(
        *(_PARENTS, "devices", ["project_id", "parent_id"]),
        sqlite_where=inherits,
        postgresql_where=inherits,
    )
    connection = op.get_bind()
    for labels, owners in _labels(connection):
        op.drop_index(op.f(f"ix_{labels}_label"), labels)
        if connection.dialect.name == "postgresql":
            _add_columns(connection, labels, owners)
        else:
            _replace(labels, owners)
        columns = ("label", *_COPIED, "owner_id")
        op.create_index(_name(labels, columns), labels, columns)
    database.dialect_of(connection.dialect.name).bulk.analyze(connection)


def _labels(connection: sa.Connection) -> list[tuple[str, sa.Table]]:
    """Return the tables of labels, also of kinds of other packages, and their owners."""
    found = []
    for name in sa.inspect(connection).get_table_names():
        columns = {column["name"] for column in sa.inspect(connection).get_columns(name)}
        if {"owner_id", "label"} <= columns:
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            owners = next(iter(table.c.owner_id.foreign_keys)).column.table
            if "project_id" in owners.c:
                found.append((name, owners))
    return found


def _add_columns(connection: sa.Connection, labels: str, owners: sa.Table) -> None:
    """Add the columns on PostgreSQL."""
    for column in _columns():
        op.add_column(labels, column)
    changes = ", ".join(f"{name} = owners.{name}" for name in _COPIED)
    op.execute(
        f"UPDATE {labels} SET {changes} FROM {owners} AS owners "  # noqa: S608
        f"WHERE owners.id = {labels}.owner_id"
    )
    for name in _COPIED:
        op.alter_column(labels, name, nullable=False)


def _replace(labels: str, owners: sa.Table) -> None:
    """Replace the table on SQLite, which cannot add a column without a default."""
    op.rename_table(labels, f"{labels}_before")
    op.create_table(
        labels,
        sa.Column("owner_id", owners.c.id.type, nullable=False),
        sa.Column("label", column_types.string(255), nullable=False),
        *_columns(nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            [owners.c.id],
            name=op.f(f"fk_{labels}_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "label", name=op.f(f"pk_{labels}")),
    )
    copied = ", ".join(f"owners.{name}" for name in _COPIED)
    op.execute(
        f"INSERT INTO {labels} SELECT owner_id, label, {copied} "  # noqa: S608
        f"FROM {labels}_before JOIN {owners} AS owners ON owners.id = owner_id"
    )
    op.drop_table(f"{labels}_before")


def _columns(nullable: bool = True) -> list[sa.Column[str]]:
    return [
        sa.Column("project_id", column_types.identifier(str), nullable=nullable),
        sa.Column("created_at", column_types.TIMESTAMP, nullable=nullable),
    ]


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def downgrade() -> None:
    for labels, _ in _labels(op.get_bind()):
        op.drop_index(_name(labels, ("label", *_COPIED, "owner_id")), labels)
        for name in _COPIED:
            op.execute(f"ALTER TABLE {labels} DROP COLUMN {name}")
        op.create_index(op.f(f"ix_{labels}_label"), labels, ["label"])
    op.drop_index(_PARENTS, "devices")
    for table, columns in _INDEXES:
        op.drop_index(_name(table, columns), table)
