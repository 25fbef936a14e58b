"""When people were notified that a mail failed or expired. Nobody is notified of earlier ones."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("envelopes", sa.Column("reported_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE envelopes SET reported_at = settled_at WHERE state IN ('failed', 'expired')")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("envelopes", "reported_at")
