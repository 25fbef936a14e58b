"""Alembic's entry point: it runs the migrations on the connection from the configuration."""

from alembic import context

from webhook.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
