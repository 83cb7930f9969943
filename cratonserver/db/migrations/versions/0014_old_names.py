# SPDX-License-Identifier: Apache-2.0
"""Add the names that objects had before they were renamed or deleted to the log.

The triggers are created again after the migrations.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types, database

revision = "0014"
down_revision = "0013"

_INDEX = "ix_change_rows_old_names"


def upgrade() -> None:
    op.add_column("change_rows", sa.Column("project_id", column_types.identifier(str)))
    op.add_column("change_rows", sa.Column("old_name", column_types.text()))
    connection = op.get_bind()
    database.dialect_of(connection.dialect.name).log.drop(connection)
    _fill(connection)
    known = sa.text("old_name IS NOT NULL")
    op.create_index(
        op.f(_INDEX),
        *("change_rows", ["project_id", "source", "old_name", "owner"]),
        sqlite_where=known,
        postgresql_where=known,
    )


def _fill(connection: sa.Connection) -> None:
    """Add the names to the rows of renamed and deleted objects."""
    dialect = database.dialect_of(connection.dialect.name)
    text = column_types.text()
    rows = sa.table(
        "change_rows",
        *(sa.column(name, text) for name in ("source", "member", "before", "after")),
        *(sa.column(name, text) for name in ("old_name", "project_id")),
        sa.column("change_id", sa.BigInteger),
    )
    changes = sa.table("changes", sa.column("id", sa.BigInteger), sa.column("project_id", text))
    project = sa.select(changes.c.project_id).where(changes.c.id == rows.c.change_id)
    # The values of variables and labels are not objects.
    before = sa.case((rows.c.member.is_(None), rows.c.before))
    for name, of_kind in (
        ("username", rows.c.source == "user"),
        ("name", rows.c.source != "user"),
    ):
        update = sa.update(rows).where(of_kind, dialect.json_has_member(before, name))
        old_name = dialect.json_member(before, name, text)
        values = {"old_name": old_name, "project_id": project.scalar_subquery()}
        connection.execute(update.values(values))


def downgrade() -> None:
    connection = op.get_bind()
    database.dialect_of(connection.dialect.name).log.drop(connection)
    op.drop_index(op.f(_INDEX), "change_rows")
    op.drop_column("change_rows", "old_name")
    op.drop_column("change_rows", "project_id")
