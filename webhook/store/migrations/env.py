"""Alembic runs the migrations from here, on the connection that it is given."""

from alembic import context

from webhook.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
