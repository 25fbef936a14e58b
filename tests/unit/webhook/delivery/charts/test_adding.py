import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from quotas.model import Quota, QuotaFile
from tests.unit.webhook.queueing import queue
from tests.unit.webhook.samples import NOW, QUOTAS, SENDER, FakeConnection, pipeline, usage
from webhook.delivery.charts.adding import Charts
from webhook.delivery.session import Session
from webhook.delivery.worker import Deliverer
from webhook.mail.charts import picture
from webhook.store.database import Store
from webhook.store.sending.claims import ClaimedMail, claim
from webhook.store.tables import envelopes, mails
from webhook.usage.reading import UsageUnavailableError

HOUR = timedelta(hours=1)


@dataclass
class Usage:
    """A Prometheus that knows three points of everything, or fails."""

    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def read(
        self, quota: Quota, entry: Mapping[str, str], start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, int]]:
        """Return usage that grows from the start to the end."""
        self.asked.append(f"{quota.name} {dict(entry)} {start:%d %H:%M} {end:%d %H:%M}")
        if self.error:
            raise self.error
        return [(start, 0), (start + (end - start) / 2, 10), (end, 20)]


@dataclass
class Delivery:
    """A delivery process that reads usage from ``known``."""

    store: Store
    known: Usage = field(default_factory=Usage)
    quotas: QuotaFile = QUOTAS
    connection: FakeConnection = field(default_factory=FakeConnection)
    stop: threading.Event = field(default_factory=threading.Event)
    is_reading: bool = True

    @property
    def charts(self) -> Charts:
        """Return what adds charts, as at the start of a process."""
        read = self.known.read if self.is_reading else None
        return Charts(self.store, lambda: self.quotas, read, self.stop)

    def run(self) -> list[bytes]:
        """Send what is due. Return the contents that the server got."""
        session = Session(lambda: self.connection, SENDER.addr_spec, self.stop)
        Deliverer(self.store, session, self.stop, add_charts=self.charts.add).run_once()
        sent = [content for _, content in self.connection.sent]
        self.connection.sent.clear()
        return sent


@pytest.fixture
def delivery(store: Store) -> Delivery:
    return Delivery(store)


def stored(store: Store) -> list[tuple[bytes, str | None]]:
    with store.reading() as connection:
        columns = (mails.c.content, envelopes.c.wanted_chart)
        query = select(*columns).join_from(mails, envelopes).order_by(mails.c.id)
        return [tuple(row) for row in connection.execute(query)]


def has_chart(content: bytes) -> bool:
    return content.count(b"Content-Type: image/png") == 2


def claimed(store: Store, owner: str) -> list[ClaimedMail]:
    with store.writing() as connection:
        return claim(connection, owner, datetime.now(UTC), datetime.now(UTC) + HOUR, 20)


def test_a_mail_about_a_quota_is_sent_as_it_is_stored_with_its_chart(
    store: Store, delivery: Delivery
) -> None:
    queue(store, usage())
    before = stored(store)
    sent = delivery.run()
    assert sorted(sent) == sorted(content for content, _ in stored(store))
    assert all(map(has_chart, sent))
    assert not any(has_chart(content) for content, _ in before)
    assert [wanted for _, wanted in stored(store)] == [None, None]


def test_usage_is_read_for_the_entry_from_the_start_of_the_period_until_the_mail(
    store: Store, delivery: Delivery
) -> None:
    queue(store, usage(quota="each-consumer", consumer="acme"))
    delivery.run()
    assert delivery.known.asked == ["each-consumer {'consumer': 'acme'} 01 00:00 24 13:37"]


def test_recipients_of_the_same_event_share_one_picture(store: Store, delivery: Delivery) -> None:
    queue(store, usage())
    assert len(delivery.run()) == 2
    assert len(delivery.known.asked) == 1


def test_other_mails_are_sent_as_they_are(store: Store, delivery: Delivery) -> None:
    queue(store, pipeline())
    queue(store, usage(quota="shared"), usage(quota="each-consumer", consumer="acme"))
    before = [content for content, _ in stored(store)]
    assert delivery.run() == before
    assert delivery.known.asked == []


@pytest.mark.parametrize(
    "error", [UsageUnavailableError("it is away"), ValueError("a mistake")], ids=["away", "mistake"]
)
def test_without_usage_mails_are_sent_as_they_are_and_nothing_is_read_again_for_a_while(
    store: Store, delivery: Delivery, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    delivery.known.error = error
    queue(store, usage())
    queue(store, usage(quota="shared"))
    before = [content for content, _ in stored(store)]
    assert sorted(delivery.run()) == sorted(before)
    assert len(delivery.known.asked) == 1
    logged = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message.partition(":")[0] for record in logged] == ["no charts for 60 s"]


def test_a_picture_that_cannot_be_drawn_costs_nobody_a_mail(
    store: Store, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "LARGEST_BYTES", 100)
    queue(store, usage())
    before = [content for content, _ in stored(store)]
    assert delivery.run() == before


@pytest.mark.parametrize(
    "quotas",
    [
        replace(QUOTAS, quotas=()),
        replace(QUOTAS, quotas=(replace(QUOTAS.quotas[0], for_each=("consumer",)),)),
    ],
    ids=["removed", "changed"],
)
def test_a_quota_that_has_changed_since_has_no_chart(
    store: Store, delivery: Delivery, quotas: QuotaFile
) -> None:
    queue(store, usage())
    delivery.quotas = quotas
    assert not any(map(has_chart, delivery.run()))
    assert delivery.known.asked == []


@pytest.mark.parametrize("is_reading", [True, False], ids=["away", "not set"])
def test_a_mail_that_may_have_been_sent_gets_no_chart_later(
    store: Store, delivery: Delivery, *, is_reading: bool
) -> None:
    delivery.known.error = UsageUnavailableError("it is away")
    delivery.is_reading = is_reading
    queue(store, usage(quota="shared"))
    # A process that is killed while it sends stores nothing more.
    [sent] = delivery.charts.add("killed", claimed(store, "killed"))
    with store.writing() as connection:
        connection.execute(update(envelopes).values(leased_until=NOW - HOUR))
    delivery.known.error, delivery.is_reading = None, True
    assert delivery.run() == [sent.content]


def test_a_repeated_mail_is_the_same_bytes(store: Store, delivery: Delivery) -> None:
    queue(store, usage(quota="shared"))
    [sent] = delivery.charts.add("killed", claimed(store, "killed"))
    assert has_chart(sent.content)
    with store.writing() as connection:
        connection.execute(update(envelopes).values(leased_until=NOW - HOUR))
    assert delivery.run() == [sent.content]


def test_a_mail_that_another_process_has_taken_over_is_not_changed(
    store: Store, delivery: Delivery
) -> None:
    queue(store, usage(quota="shared"))
    mine = claimed(store, "slow")
    with store.writing() as connection:
        connection.execute(update(envelopes).values(leased_by="other"))
    before = stored(store)
    assert delivery.charts.add("slow", mine) == []
    assert stored(store) == before


def test_a_process_that_stops_leaves_charts_to_the_next(store: Store, delivery: Delivery) -> None:
    queue(store, usage(quota="shared"))
    delivery.stop.set()
    before = stored(store)
    mine = claimed(store, "stopping")
    assert delivery.charts.add("stopping", mine) == mine
    assert stored(store) == before
    assert delivery.known.asked == []
