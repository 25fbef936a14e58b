"""The chart that a mail gets before its first attempt. Mails that wait get none."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("envelopes", sa.Column("wanted_chart", sa.Text()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("envelopes", "wanted_chart")
