"""Notified recipients, mails, envelopes, status values and counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "told",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("recipient", sa.String(320), primary_key=True),
        sa.Column("percent", sa.Float(), primary_key=True),
        sa.Column("told_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
    )
    op.create_index("told_by_age", "told", ["told_at"])
    op.create_table(
        "mails",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("message_id", sa.String(320), nullable=False, unique=True),
        sa.Column("quota", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "envelopes",
        sa.Column("mail_id", _ID, sa.ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME),
        sa.Column("leased_by", sa.String(100)),
        sa.Column("leased_until", _TIME),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("envelopes_by_turn", "envelopes", ["state", "priority", "due_at"])
    op.create_table(
        "facts",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("label", sa.String(50), primary_key=True),
        sa.Column("value", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("tallies", "facts", "envelopes", "mails", "told"):
        op.drop_table(name)
