"""Rolling windows have no periods: they can be notified of the same threshold again."""

from dataclasses import replace
from datetime import timedelta

from quotas.calendars import Rolling
from quotas.model import QuotaFile
from tests.unit.webhook.queueing import DAY, queue, tags
from tests.unit.webhook.samples import NOW, QUOTAS, usage
from webhook.alerts.payload import RESOLVED, Alert
from webhook.store.database import Store

ROLLING = replace(
    QUOTAS, quotas=tuple(replace(q, calendar=Rolling(30 * 86_400)) for q in QUOTAS.quotas)
)


def window(percent: int, *, hours: int = 0, ended: int | None = None) -> Alert:
    """Return an alert of a rolling window that started, and perhaps ended, hours after NOW."""
    return usage(
        percent,
        percent * 5_000_000_000,
        quota="shared",
        limit_bytes=500 * 10**9,
        period="",
        calendar="rolling:30d",
        status="firing" if ended is None else RESOLVED,
        starts_at=NOW + timedelta(hours=hours),
        ends_at=None if ended is None else NOW + timedelta(hours=ended),
    )


def queue_at(store: Store, hours: int, *alerts: Alert, quotas: QuotaFile = ROLLING) -> list[str]:
    """Queue the mails of these alerts, hours after NOW. Return their tags."""
    return tags(queue(store, *alerts, quotas=quotas, now=NOW + timedelta(hours=hours)))


def test_a_threshold_is_notified_again_after_a_resolve_a_new_start_and_a_day(
    store: Store,
) -> None:
    assert queue_at(store, 0, window(90)) == ["[90 %] shared"]
    assert queue_at(store, 100, window(90)) == []
    assert queue_at(store, 101, window(90, ended=101)) == []
    # There is no new start: Alertmanager repeats the alert of the first mail.
    assert queue_at(store, 102, window(90)) == []
    assert queue_at(store, 103, window(90, hours=103)) == ["[90 %] shared"]
    # Usage that rises and falls around the threshold is mailed once a day.
    assert queue_at(store, 104, window(90, hours=103, ended=104)) == []
    assert queue_at(store, 105, window(90, hours=105)) == []
    assert queue_at(store, 128, window(90, hours=128)) == ["[90 %] shared"]


def test_falling_usage_is_not_notified_of_the_lower_threshold(store: Store) -> None:
    later = NOW + 3 * DAY
    assert queue(store, window(90), window(100), quotas=ROLLING).mails
    queue(store, window(100, ended=72), quotas=ROLLING, now=later)
    # 90 % has fired all the time, but Alertmanager left it out while 100 % fired.
    assert queue(store, window(90), quotas=ROLLING, now=later).mails == ()


def test_a_threshold_is_notified_again_while_a_lower_one_keeps_firing(store: Store) -> None:
    assert queue_at(store, 0, window(80), window(90)) == ["[90 %] shared"]
    assert queue_at(store, 10, window(80), window(90, ended=10)) == []
    # The lower alert was evaluated later and has a higher usage.
    low = window(80)
    low = replace(low, annotations={**low.annotations, "ratio": "0.95"})
    assert queue_at(store, 72, low, window(90, hours=72)) == ["[90 %] shared"]


def test_the_highest_threshold_reached_is_notified_even_if_a_lower_alert_arrives_first(
    store: Store,
) -> None:
    first = window(80)
    first = replace(first, annotations={**first.annotations, "ratio": "1.13"})
    assert queue_at(store, 0, first) == ["[100 %] shared"]
    assert queue_at(store, 0, first, window(90), window(100)) == []
    assert queue_at(store, 10, window(80), window(90), window(100, ended=10)) == []
    # The lower alert alone is not new. The one with a new start is.
    assert queue_at(store, 72, first) == []
    assert queue_at(store, 72, first, window(100, hours=72)) == ["[100 %] shared"]


def test_a_resolved_threshold_is_notified_to_those_who_know_that_it_started(
    store: Store,
) -> None:
    quotas = replace(
        ROLLING, quotas=tuple(replace(q, notify_resolved=True) for q in ROLLING.quotas)
    )

    def at(hours: int, *alerts: Alert) -> list[str]:
        return queue_at(store, hours, *alerts, quotas=quotas)

    assert at(0, window(80), window(90)) == ["[90 %] shared"]
    assert at(1, window(80), window(90, ended=1)) == ["[resolved] shared"]
    # The second start is not mailed, because it is within a day. So its end is not mailed either.
    assert at(2, window(80), window(90, hours=2)) == []
    assert at(3, window(80), window(90, hours=2, ended=3)) == []
    # The mail about 90 % also covers the start of 80 %.
    assert at(4, window(80, ended=4)) == ["[resolved] shared"]
