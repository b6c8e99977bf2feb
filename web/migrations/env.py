"""Runs migrations for `manage.py db`, inside the web application's context."""

from alembic import context
from flask import current_app
from sqlalchemy import func, select

from util.database import unbound_waits
from web.models import Base, db

# Any number, as long as it is the same on every server.
UPGRADE_LOCK = 6_841_733


def migrate() -> None:
    """Apply what Alembic was asked for, in one transaction."""
    # A long migration is no outage.
    unbound_waits()
    table = current_app.config["ACCOUNTS_DATABASE_TABLE"]
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            # Installations that share a database have a table and a version each.
            version_table=f"{table}_version",
            include_name=lambda name, kind, _parents: kind != "table" or name == table,
        )
        with context.begin_transaction():
            # Web servers that start together migrate one after the other; the lock ends with the transaction.
            connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            context.run_migrations()
        connection.commit()


migrate()
