# SPDX-License-Identifier: Apache-2.0
"""Make PostgreSQL sort texts by code point, and let it defer foreign-key checks.

SQLite always sorts by code point and checks foreign keys at the end of a statement.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _change('COLLATE "C"', "DEFERRABLE")


def downgrade() -> None:
    _change('COLLATE "default"', "NOT DEFERRABLE")


def _change(collation: str, deferrable: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    inspector = sa.inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    for table in inspector.get_table_names():
        changes = [
            f"ALTER {quote(column['name'])} TYPE {column['type'].compile(connection.dialect)} "
            f"{collation}"
            for column in inspector.get_columns(table)
            if isinstance(column["type"], sa.String) and table != "alembic_version"
        ]
        changes += [
            f"ALTER CONSTRAINT {quote(key['name'] or '')} {deferrable}"
            for key in inspector.get_foreign_keys(table)
            if key["options"].get("ondelete", "NO ACTION") == "NO ACTION"
        ]
        if changes:
            op.execute(f"ALTER TABLE {quote(table)} {', '.join(changes)}")
