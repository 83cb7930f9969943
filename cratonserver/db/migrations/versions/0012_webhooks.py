# SPDX-License-Identifier: Apache-2.0
"""Add webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cratonserver.db import column_types

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    string, time = column_types.string, column_types.TIMESTAMP
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", string(255), nullable=False),
        sa.Column("url", string(2048), nullable=False),
        sa.Column("kinds", column_types.text()),
        sa.Column("changed_fields", column_types.text()),
        sa.Column("cloud_id", sa.Integer()),
        sa.Column("region_id", sa.Integer()),
        sa.Column("cell_id", sa.Integer()),
        sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("project_id", string(36), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("last_delivered_at", time),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", string(1000)),
        sa.Column("failures", sa.Integer()),
        sa.Column("failing_since_at", time),
        sa.Column("next_attempt_at", time),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time),
        sa.Column("signing_secret", string(255), nullable=False),
        sa.Column("lease_owner", string(64)),
        sa.Column("lease_until", time),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_webhooks_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_webhooks_project_id_name")),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["created_at", "id"],
        ["project_id", "created_at", "id"],
        ["name", "id"],
        ["project_id", "name", "id"],
        ["project_id", "id"],
    ):
        op.create_index(op.f(f"ix_webhooks_{'_'.join(columns)}"), "webhooks", columns)


def downgrade() -> None:
    op.drop_table("webhooks")
