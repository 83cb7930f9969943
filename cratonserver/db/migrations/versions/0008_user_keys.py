# SPDX-License-Identifier: Apache-2.0
"""Let users have several API keys, and give them a role.

The key of each user keeps working. Its name is ``default``.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def _string(length: int) -> sa.types.TypeEngine[str]:
    collated = postgresql.VARCHAR(length, collation="C")
    return sa.String(length).with_variant(collated, "postgresql")


def upgrade() -> None:
    op.create_table(
        "user_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", _string(255), nullable=False),
        sa.Column("expires_at", _string(26), nullable=True),
        sa.Column("last_used_at", _string(26), nullable=True),
        sa.Column("created_at", _string(26), nullable=False),
        sa.Column("updated_at", _string(26), nullable=True),
        sa.Column("key_digest", _string(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_keys")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_user_keys_user_id_name")),
        sqlite_autoincrement=True,
    )
    for columns in (["user_id"], ["key_digest"], ["created_at", "id"], ["name", "id"]):
        op.create_index(op.f(f"ix_user_keys_{'_'.join(columns)}"), "user_keys", columns)
    op.execute(
        "INSERT INTO user_keys (user_id, name, created_at, key_digest) "
        "SELECT id, 'default', coalesce(updated_at, created_at), key_digest "
        "FROM users ORDER BY id"
    )
    op.execute("ALTER TABLE users DROP COLUMN key_digest")
    role = sa.Column("role", _string(255), nullable=False, server_default="member")
    op.add_column("users", role)
    op.execute("UPDATE users SET role = 'admin' WHERE is_admin OR is_root")
    if op.get_bind().dialect.name == "postgresql":  # SQLite cannot drop a default
        op.alter_column("users", "role", server_default=None)


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN role")
    digest = sa.Column("key_digest", _string(64), nullable=False, server_default="")
    op.add_column("users", digest)
    op.execute(
        "UPDATE users SET key_digest = coalesce((SELECT key_digest FROM user_keys "
        "WHERE user_id = users.id ORDER BY id DESC LIMIT 1), '')"
    )
    op.drop_table("user_keys")
