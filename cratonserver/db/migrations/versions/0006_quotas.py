# SPDX-License-Identifier: Apache-2.0
"""Add the table of the quotas of projects."""

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("project_id", column_types.identifier(str), nullable=False),
        sa.Column("resource", column_types.string(64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_quotas_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "resource", name=op.f("pk_quotas")),
    )


def downgrade() -> None:
    op.drop_table("quotas")
