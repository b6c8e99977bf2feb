"""The table of accounts."""

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0001"
down_revision = None


def _table() -> str:
    return str(current_app.config["ACCOUNTS_DATABASE_TABLE"])


def upgrade() -> None:
    """Make the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        _table(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("institution", sa.Text, nullable=False, server_default=""),
        sa.Column("role", sa.Text, nullable=False, server_default="free_user"),
        sa.Column("created", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("updated", moment, nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("role IN ('free_user', 'premium_user')", name=f"{_table()}_role"),
    )


def downgrade() -> None:
    """Drop the table, and every account with it."""
    op.drop_table(_table())
