"""What alembic runs. The steps go through the connection and transaction that `lib.store.schema` opened."""

from alembic import context

from lib.store.tables import METADATA, REVISION


def run() -> None:
    """Bring the database to the revision asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table=REVISION,
        render_as_batch=True,  # SQLite changes a table by copying it
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # alembic is at work; otherwise somebody only imports this file
    run()
