# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs: the migrations, on the connection that it is handed."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
