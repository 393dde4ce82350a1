"""How the dashboard itself is used."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its index."""
    op.create_table(
        "usage_log",
        sa.Column("use_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(120), nullable=False),
        sa.Column("session_id", sa.String(80), nullable=False),
        sa.Column("page", sa.String(80), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("object_key", sa.String(200)),
        sa.Column("shared_by", sa.String(120)),
    )
    op.create_index("usage_log_at", "usage_log", ["at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_index("usage_log_at", "usage_log")
    op.drop_table("usage_log")
