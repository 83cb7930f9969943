# SPDX-License-Identifier: Apache-2.0
"""Add the log of changes.

The triggers are created after the migrations, and the state of the fleet becomes the first
revision of each project.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types, database

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "changes",
        sa.Column("id", big, nullable=False),
        sa.Column("project_id", column_types.identifier(str), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", column_types.TIMESTAMP, nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("username", column_types.text(), nullable=False),
        sa.Column("key_name", column_types.text()),
        sa.Column("role", column_types.string(64), nullable=False),
        sa.Column("address", column_types.text()),
        sa.Column("request_id", column_types.text()),
        sa.Column("reason", column_types.text()),
        sa.Column("undoes", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint(
            "project_id", "revision", name=op.f("uq_changes_project_id_revision")
        ),
        sqlite_autoincrement=True,
    )
    columns = ["project_id", "username", "revision"]
    op.create_index(op.f("ix_changes_project_id_username_revision"), "changes", columns)
    op.create_index(op.f("ix_changes_created_at"), "changes", ["created_at"])
    op.create_table(
        "change_rows",
        sa.Column("seq", big, nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("source", column_types.string(255), nullable=False),
        sa.Column("owner", column_types.text(), nullable=False),
        sa.Column("member", column_types.text()),
        sa.Column("before", column_types.text()),
        sa.Column("after", column_types.text()),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change_rows")),
    )
    columns = ["change_id", "source", "owner"]
    op.create_index(op.f("ix_change_rows_change_id_source_owner"), "change_rows", columns)
    objects = sa.text("member IS NULL")
    columns = ["source", "owner", "change_id"]
    op.create_index(
        op.f("ix_change_rows_objects"),
        *("change_rows", columns),
        sqlite_where=objects,
        postgresql_where=objects,
    )
    op.create_table(
        "project_revisions",
        sa.Column("project_id", column_types.identifier(str), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("pruned", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_revisions")),
        postgresql_with={"fillfactor": "50"},
    )


def downgrade() -> None:
    connection = op.get_bind()
    database.dialect_of(connection.dialect.name).log.drop(connection)
    for table in ("changes", "change_rows", "project_revisions"):
        op.drop_table(table)
