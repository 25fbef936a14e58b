from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select, update

from tests.unit.webhook.samples import NOW, QUOTAS, SENDER
from webhook.delivery.upkeep import undelivered_reports
from webhook.delivery.upkeep.undelivered_reports import (
    BETWEEN_REPORTS,
    BETWEEN_REPORTS_OF_RECIPIENT,
    MOST_ROWS,
    UndeliveredReports,
)
from webhook.store.database import Store
from webhook.store.outbox import Mail, add_mails
from webhook.store.sending.undelivered import WITHHELD
from webhook.store.tables import envelopes, mails

REFUSAL = "550 5.1.1 no such user"


class Clock:
    """The clock of the database."""

    now = NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(undelivered_reports, "read_clock", lambda _: clock.now)
    return clock


@pytest.fixture
def reports(store: Store, clock: Clock) -> UndeliveredReports:  # noqa: ARG001 - it sets the clock
    return UndeliveredReports(store, lambda: QUOTAS, SENDER)


def fail(store: Store, *recipients: str, state: str = "failed", answer: str = REFUSAL) -> None:
    """Add mails that failed."""
    with store.writing() as connection:
        for recipient in recipients:
            [(number,)] = connection.exec_driver_sql("SELECT count(*) FROM mails").all()
            add_mails(connection, [Mail(recipient, f"[90 %] {recipient}", f"<{number}>", b"")], NOW)
        failed = update(envelopes).where(envelopes.c.state == "queued")
        connection.execute(failed.values(state=state, answer=answer, settled_at=NOW))


def reported(store: Store) -> list[tuple[str, str]]:
    """Return recipient and subject of the reports that are queued."""
    with store.reading() as connection:
        query = select(envelopes.c.recipient, mails.c.subject).join(mails)
        rows = connection.execute(query.where(envelopes.c.state == "queued"))
        return [(row[0], row[1]) for row in rows]


def read_text(store: Store) -> str:
    with store.reading() as connection:
        content = connection.execute(select(mails.c.content).order_by(mails.c.id.desc())).scalar()
    message = message_from_bytes(content or b"", policy=policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_the_default_recipients_are_notified_once_of_mails_that_failed_or_expired(
    store: Store, reports: UndeliveredReports, clock: Clock
) -> None:
    fail(store, "who@example.com")
    fail(store, "late@example.com", state="expired", answer="451 later")
    for hours in (0, 1, 48):
        clock.now = NOW + timedelta(hours=hours)
        reports.check()
    subject = "[undelivered] 2 mails could not be delivered"
    assert reported(store) == [("ops@example.com", subject)]
    text = read_text(store)
    for part in ("who@example.com", "[90 %] who@", REFUSAL, "expired", "451 later", "retry"):
        assert part in text


def test_nobody_is_notified_while_nothing_failed(store: Store, reports: UndeliveredReports) -> None:
    reports.check()
    fail(store, "who@example.com", answer=WITHHELD)
    reports.check()
    assert reported(store) == []


def test_there_is_one_report_an_hour(
    store: Store, reports: UndeliveredReports, clock: Clock
) -> None:
    fail(store, "a@example.com")
    reports.check()
    fail_without(store, "b@example.com", "c@example.com")
    clock.now = NOW + BETWEEN_REPORTS - timedelta(seconds=1)
    reports.check()
    assert len(reported(store)) == 1
    clock.now = NOW + BETWEEN_REPORTS
    reports.check()
    assert [subject for _, subject in reported(store)] == [
        "[undelivered] 1 mail could not be delivered",
        "[undelivered] 2 mails could not be delivered",
    ]


def test_the_same_recipient_is_reported_once_a_day(
    store: Store, reports: UndeliveredReports, clock: Clock
) -> None:
    fail(store, "a@example.com")
    reports.check()
    fail_without(store, "a@example.com", "a@example.com")
    clock.now = NOW + BETWEEN_REPORTS_OF_RECIPIENT - timedelta(seconds=1)
    reports.check()
    assert len(reported(store)) == 1
    clock.now = NOW + BETWEEN_REPORTS_OF_RECIPIENT
    reports.check()
    assert len(reported(store)) == 2


def fail_without(store: Store, *recipients: str) -> None:
    """Add mails that failed, and leave the reports queued."""
    with store.writing() as connection:
        held = update(envelopes).where(envelopes.c.state == "queued").values(state="sending")
        connection.execute(held)
    fail(store, *recipients)
    with store.writing() as connection:
        held = update(envelopes).where(envelopes.c.state == "sending").values(state="queued")
        connection.execute(held)


def test_a_report_that_cannot_be_delivered_leads_to_no_other_report(
    store: Store, reports: UndeliveredReports, clock: Clock
) -> None:
    fail(store, "a@example.com")
    reports.check()
    with store.writing() as connection:
        connection.execute(update(envelopes).values(state="failed"))
    clock.now = NOW + timedelta(days=2)
    reports.check()
    assert reported(store) == []


def test_a_report_of_a_clock_ahead_of_time_holds_none_back(
    store: Store, reports: UndeliveredReports, clock: Clock
) -> None:
    clock.now = NOW + timedelta(days=9)
    fail(store, "a@example.com")
    reports.check()
    clock.now = NOW
    fail_without(store, "a@example.com")
    reports.check()
    assert len(reported(store)) == 2


def test_a_report_is_bounded(store: Store, reports: UndeliveredReports) -> None:
    fail(store, *(f"user{number}@example.com" for number in range(MOST_ROWS + 5)))
    reports.check()
    text = read_text(store)
    assert text.count("[90 %]") == MOST_ROWS
    assert "5 more are not shown" in text


def test_two_processes_notify_once(store: Store, reports: UndeliveredReports) -> None:
    fail(store, "a@example.com")
    reports.run_if_due()
    UndeliveredReports(store, lambda: QUOTAS, SENDER).run_if_due()
    assert len(reported(store)) == 1


def test_a_report_has_the_time_of_the_database(store: Store, reports: UndeliveredReports) -> None:
    fail(store, "a@example.com")
    reports.check()
    with store.reading() as connection:
        queued = select(envelopes.c.queued_at).where(envelopes.c.state == "queued")
        at: datetime | None = connection.execute(queued).scalar()
    assert at == NOW
