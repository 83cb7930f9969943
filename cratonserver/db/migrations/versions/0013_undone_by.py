# SPDX-License-Identifier: Apache-2.0
"""Add an index that finds the change that undoes another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_NAME = "ix_changes_undoes"


def upgrade() -> None:
    undoing = sa.text("undoes IS NOT NULL")
    columns = ["project_id", "undoes", "revision"]
    op.create_index(_NAME, "changes", columns, sqlite_where=undoing, postgresql_where=undoing)


def downgrade() -> None:
    op.drop_index(_NAME, "changes")
