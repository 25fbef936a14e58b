"""The tables of the store. What changes here needs a migration beside it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from quotas.names import SELECTOR_LABELS

# The newest migration; a store that has it needs no upgrade.
HEAD = "0002"

QUEUED, SENDING, SENT, FAILED, EXPIRED = "queued", "sending", "sent", "failed", "expired"
STATES = (QUEUED, SENDING, SENT, FAILED, EXPIRED)


class UtcTime(TypeDecorator[datetime]):
    """An aware time, in UTC. SQLite keeps none of the zone, PostgreSQL answers in the session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the database is given."""
        if value is None:
            return None
        time = value.astimezone(UTC)
        return time.replace(tzinfo=None) if dialect.name == "sqlite" else time

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return what the program is given."""
        if value is None:
            return None
        found: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value
        return found.astimezone(UTC)


_ID = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

# Who was told of what: `subject` is a digest of a quota, its selector, period and limit, or of
# another alert. `percent` is the threshold; with one, all below it count as told. `ended_at` is
# for rolling windows: when the quota was below it again.
told = Table(
    "told",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("percent", Float, primary_key=True),
    Column("told_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("told_by_age", "told_at"),
)

# Rendered mails, as they are sent. They never change; what becomes of them is in `envelopes`.
mails = Table(
    "mails",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("message_id", String(320), nullable=False, unique=True),
    Column("quota", String(200), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# One for each mail: to whom, what became of it, and who has it in hand until when.
envelopes = Table(
    "envelopes",
    metadata,
    Column("mail_id", _ID, ForeignKey(mails.c.id, ondelete="CASCADE"), primary_key=True),
    Column("recipient", String(320), nullable=False),
    Column("state", String(10), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("leased_by", String(100)),
    Column("leased_until", UtcTime),
    Column("answer", Text, nullable=False),
    Index("envelopes_by_turn", "state", "priority", "due_at"),
)

# What mails tell of, in the order in which they do: one for each quota in a mail. Of the selector
# labels, those that the alert did not carry are empty.
topics = Table(
    "topics",
    metadata,
    Column("mail_id", _ID, ForeignKey(mails.c.id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("quota", String(200), nullable=False),
    *(Column(label, Text, nullable=False) for label in SELECTOR_LABELS),
    Column("kind", String(10), nullable=False),
    Column("percent", Float, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("period", String(20), nullable=False),
    Index("topics_by_quota", "quota", "mail_id"),
)

# Single facts with their time: when the watchdog was seen, why delivery is held.
facts = Table(
    "facts",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# Counters of the delivery process, for /metrics of whichever webhook is asked.
tallies = Table(
    "tallies",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("label", String(50), primary_key=True),
    Column("value", Float, nullable=False),
)
