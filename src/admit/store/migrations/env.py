"""Runs steps on the connection it is handed; Alembic executes this file."""

from alembic import context

from admit.store.migrations import CONNECTION
from admit.store.node_tables import metadata
from admit.store.schema import version

context.configure(
    connection=context.config.attributes[CONNECTION],
    target_metadata=metadata,
    version_table=version.name,
    # SQLite can take a step back as a whole, though Alembic does not count on it.
    transactional_ddl=True,
    # SQLite alters a table by making it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
