"""What mails are about. Mails from earlier versions have no topics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "topics",
        sa.Column("mail_id", _ID, sa.ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("quota", sa.String(200), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
    )
    op.create_index("topics_by_quota", "topics", ["quota", "mail_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("topics")
