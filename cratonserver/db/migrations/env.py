# SPDX-License-Identifier: Apache-2.0
"""The environment of Alembic: run the migrations on the connection of the caller."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
