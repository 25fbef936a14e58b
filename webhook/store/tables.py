"""The tables of the database. A change here needs a new migration in ``migrations/``."""

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

# The newest migration. A database that has it needs no upgrade.
HEAD = "0005"

# The states of a mail.
QUEUED, SENDING, SENT, FAILED, EXPIRED = "queued", "sending", "sent", "failed", "expired"
STATES = (QUEUED, SENDING, SENT, FAILED, EXPIRED)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC.

    SQLite stores no time zone, and PostgreSQL returns times in the zone of the session.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value to store."""
        if value is None:
            return None
        time = value.astimezone(UTC)
        return time.replace(tzinfo=None) if dialect.name == "sqlite" else time

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored value as an aware time in UTC."""
        if value is None:
            return None
        found: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value
        return found.astimezone(UTC)


_ID = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

# Who was notified of what, and when (`told_at`). `subject` is a digest of a quota, its selector,
# period and limit, or of another alert. `percent` is the threshold; a notification covers all lower
# thresholds. `ended_at` is for rolling windows: when the quota fell below the threshold again.
past_notifications = Table(
    "told",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("percent", Float, primary_key=True),
    Column("told_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("told_by_age", "told_at"),
)

# Rendered mails, as they are sent; the state of a mail is in `envelopes`. Rows change once at most:
# a chart is added before the first attempt.
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

# One row for each mail: its recipient, its state, when it was queued, first tried and settled, when
# it is due, which process has leased it until when, and when people were notified that it failed.
# `wanted_chart` describes the chart of a mail until it is added, or given up.
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
    Column("tried_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("leased_by", String(100)),
    Column("leased_until", UtcTime),
    Column("answer", Text, nullable=False),
    Column("reported_at", UtcTime),
    Column("wanted_chart", Text),
    Index("envelopes_by_turn", "state", "priority", "due_at"),
)

# What mails are about: one row for each quota in a mail, in the order of the mail. Selector labels
# that the alert does not have are empty.
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

# Single values with their time, such as when the watchdog alert last arrived.
status_values = Table(
    "facts",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# Counters of all delivery processes, for /metrics of any webhook.
counters = Table(
    "tallies",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("label", String(50), primary_key=True),
    Column("value", Float, nullable=False),
)
