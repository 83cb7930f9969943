# SPDX-License-Identifier: Apache-2.0
"""Add indexes for lists by address."""

from alembic import op

revision = "0005"
down_revision = "0004"

_TABLES = ("devices", "network_interfaces")


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(op.f(f"ix_{table}_ip_address"), table, ["ip_address"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(op.f(f"ix_{table}_ip_address"))
