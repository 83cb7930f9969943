# SPDX-License-Identifier: Apache-2.0
"""Replace the foreign keys of the indexes of variables by triggers, on PostgreSQL."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from alembic import op

from cratonserver.db import postgresql_entries

revision = "0015"
down_revision = "0014"

_SUFFIX = "_variable_keys"


def upgrade() -> None:
    for owners, entries in _indexes():
        op.drop_constraint(_constraint(entries), entries, type_="foreignkey")
        for statement in postgresql_entries.creation(owners, entries):
            op.execute(statement)


def downgrade() -> None:
    for owners, entries in _indexes():
        op.execute(postgresql_entries.removal(entries))
        columns = ["owner_id"], ["id"]
        name = _constraint(entries)
        op.create_foreign_key(name, entries, owners, *columns, ondelete="CASCADE")


def _indexes() -> t.Iterator[tuple[str, str]]:
    """Yield the names of the tables of owners and of entries."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    found = sa.inspect(connection)
    for name in found.get_table_names():
        if name.endswith(_SUFFIX):  # of kinds of other packages, too
            values = f"{name.removesuffix(_SUFFIX)}_variables"
            [key] = found.get_foreign_keys(values)
            yield key["referred_table"], name


def _constraint(entries: str) -> str:
    return op.f(f"fk_{entries}_owner_id")
