# SPDX-License-Identifier: Apache-2.0
"""Add the stored counts of what projects use, near their quotas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "quota_counts",
        sa.Column("project_id", column_types.identifier(str), nullable=False),
        sa.Column("resource", column_types.string(64), nullable=False),
        sa.Column("quota", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_quota_counts_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "resource", name=op.f("pk_quota_counts")),
    )


def downgrade() -> None:
    op.drop_table("quota_counts")
