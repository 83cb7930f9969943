# SPDX-License-Identifier: Apache-2.0
"""Add indexes for lists of all projects, lists of one kind of device, and variables.

Variables are indexed by name and the start of the value.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LIST_INDEXES = {
    "projects": ["created_at id"],
    "users": ["created_at id"],
    "clouds": ["created_at id"],
    "regions": ["created_at id"],
    "cells": ["created_at id"],
    "devices": ["created_at id", "kind created_at id", "project_id kind created_at id"],
    "networks": ["created_at id"],
    "network_interfaces": ["created_at id"],
}
_OWNERS = ("project", "cloud", "region", "cell", "device", "network", "network_interface")


def upgrade() -> None:
    for table, indexes in _LIST_INDEXES.items():
        for columns in map(str.split, indexes):
            op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    for owner in _OWNERS:
        expressions: list[str | sa.TextClause] = ["name", sa.text("substr(value, 1, 64)")]
        table = f"{owner}_variables"
        op.create_index(op.f(f"ix_{table}_name_value"), table, expressions)


def downgrade() -> None:
    for owner in _OWNERS:
        op.drop_index(op.f(f"ix_{owner}_variables_name_value"))
    for table, indexes in _LIST_INDEXES.items():
        for columns in map(str.split, indexes):
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"))
