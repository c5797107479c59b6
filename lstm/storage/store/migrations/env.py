"""Runs migrations on the connection, and in the transaction, that `lstm.storage.store.database` hands over."""

from alembic import context

from lstm.storage.store.database import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
