# SPDX-License-Identifier: Apache-2.0
"""Add indexes for lists by name, and for names that begin with a prefix."""

from alembic import op

revision = "0004"
down_revision = "0003"

_INDEXES = {
    "projects": ["name id"],
    "users": ["username id", "project_id username id"],
    "clouds": ["name id", "project_id name id"],
    "regions": ["name id", "project_id name id"],
    "cells": ["name id", "project_id name id"],
    "devices": ["kind name id", "project_id kind name id"],
    "networks": ["name id", "project_id name id"],
    "network_interfaces": ["name id", "project_id name id"],
}


def upgrade() -> None:
    for table, indexes in _INDEXES.items():
        for columns in map(str.split, indexes):
            op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for table, indexes in _INDEXES.items():
        for columns in map(str.split, indexes):
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"))
