from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import webhook.intake
from quotas.calendars import Rolling
from quotas.model import QuotaFile
from tests.unit.webhook.samples import (
    LETTERHEAD,
    NOW,
    QUOTAS,
    WANTING,
    forecast,
    open_mail,
    over,
    pipeline,
    usage,
)
from webhook.alerts.payload import RESOLVED, Alert, Payload
from webhook.intake import Taken, take_payload
from webhook.store.database import Store
from webhook.store.notified import find_told

DAY = timedelta(days=1)
ROLLING = replace(
    QUOTAS, quotas=tuple(replace(q, calendar=Rolling(30 * 86_400)) for q in QUOTAS.quotas)
)


def take(
    store: Store, *alerts: Alert, quotas: QuotaFile = QUOTAS, now: datetime = NOW, **payload: object
) -> Taken:
    made = Payload(alerts, **payload)  # type: ignore[arg-type] # a test's own fields
    return take_payload(store, made, quotas, LETTERHEAD, now)


def told(taken: Taken) -> list[str]:
    return [mail.subject.partition(":")[0] for mail in taken.mails]


def window(percent: int, *, hours: int = 0, ended: int | None = None) -> Alert:
    """Return an alert of a rolling window, begun and perhaps ended so many hours after NOW."""
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


def test_each_recipient_is_told_once_whatever_is_repeated(store: Store) -> None:
    assert len(take(store, usage()).mails) == 2
    for later in (NOW, NOW + 5 * DAY):
        assert take(store, usage(), now=later).mails == ()
        # Another start, fingerprint or evaluator is no other news.
        again = replace(usage(replica="b"), starts_at=later, fingerprint="other")
        assert take(store, again, now=later).mails == ()


@pytest.mark.parametrize(
    "other",
    [
        usage(100),
        usage(period="202612"),
        usage(limit_bytes=600 * 10**9),
        usage(consumer="big-co"),
        usage(quota="shared"),
        usage(calendar="month@Europe/Berlin"),
    ],
)
def test_another_threshold_period_limit_selector_or_quota_is_told(
    store: Store, other: Alert
) -> None:
    take(store, usage())
    assert take(store, other).mails


def test_several_thresholds_at_once_are_one_mail_about_the_highest(store: Store) -> None:
    taken = take(store, usage(80), usage(100), usage(90))
    assert told(taken) == ["[100 %] bun-egress"] * 2
    assert taken.news == 1
    for percent in (80, 90, 100):
        assert take(store, usage(percent)).mails == ()


def test_thresholds_that_rise_are_told_one_by_one(store: Store) -> None:
    assert [told(take(store, usage(percent)))[0][:6] for percent in (80, 90, 100)] == [
        "[80 %]",
        "[90 %]",
        "[100 %",
    ]


def test_a_new_recipient_is_told_and_the_old_ones_are_not(store: Store) -> None:
    take(store, usage())
    more = replace(
        QUOTAS,
        quotas=tuple(replace(q, notify=(*q.notify, "new@example.com")) for q in QUOTAS.quotas),
    )
    assert [mail.recipient for mail in take(store, usage(), quotas=more).mails] == [
        "new@example.com"
    ]


def test_new_alerts_of_one_request_are_one_mail_about_those_alone(store: Store) -> None:
    take(store, usage(quota="shared", consumer="a"))
    alerts = [usage(quota="shared", consumer=name) for name in "abc"]
    (mail,) = take(store, *alerts).mails
    text = open_mail(mail).text
    assert mail.subject == "[90 %] 2 alerts: shared"
    assert "consumer a" not in text
    assert "consumer b" in text


def test_what_alertmanager_left_out_is_said(store: Store) -> None:
    taken = take(store, usage(), truncated_alerts=3)
    assert "left out 3 alerts" in " ".join(open_mail(taken.mails[0]).text.split())


def test_alertmanagers_own_address_is_linked_to(store: Store) -> None:
    for url, linked in (("http://am.example.com", True), ("javascript:alert(1)", False)):
        mail = take(store, usage(quota=f"q{linked}"), external_url=url).mails[0]
        assert ("silences/new" in open_mail(mail).html) is linked


def test_another_alert_is_told_once_for_each_start_and_status(store: Store) -> None:
    alert = pipeline()
    assert take(store, alert, quotas=WANTING).mails
    assert take(store, alert, quotas=WANTING).mails == ()
    assert take(store, replace(alert, starts_at=NOW), quotas=WANTING).mails
    over = pipeline(RESOLVED)
    assert take(store, over, quotas=WANTING).mails
    assert take(store, over, quotas=WANTING).mails == ()


def test_a_forecast_is_told_once_in_a_period(store: Store) -> None:
    assert take(store, forecast()).mails
    assert take(store, forecast(700 * 10**9)).mails == ()
    assert take(store, usage(100)).mails


def test_what_is_over_is_told_once(store: Store) -> None:
    # Nobody knows yet that it began.
    assert take(store, over(), quotas=WANTING).mails == ()
    take(store, usage(limit_bytes=400 * 10**9), quotas=WANTING)
    assert told(take(store, over(), quotas=WANTING))[0] == "[resolved] bun-egress"
    assert take(store, over(), quotas=WANTING).mails == ()


def test_a_rolling_window_is_told_again_when_it_was_below_and_a_day_has_passed(
    store: Store,
) -> None:
    def at(hours: int, *alerts: Alert) -> list[str]:
        return told(take(store, *alerts, quotas=ROLLING, now=NOW + timedelta(hours=hours)))

    assert at(0, window(90)) == ["[90 %] shared"]
    assert at(100, window(90)) == []
    assert at(101, window(90, ended=101)) == []
    # It never began again: Alertmanager repeats the alert that was told.
    assert at(102, window(90)) == []
    assert at(103, window(90, hours=103)) == ["[90 %] shared"]
    # Up and down around the threshold: once a day.
    assert at(104, window(90, hours=103, ended=104)) == []
    assert at(105, window(90, hours=105)) == []
    assert at(128, window(90, hours=128)) == ["[90 %] shared"]


def test_a_rolling_window_that_falls_is_not_told_of_the_lower_threshold(store: Store) -> None:
    first = NOW + 3 * DAY
    assert take(store, window(90), window(100), quotas=ROLLING).mails
    take(store, window(100, ended=72), quotas=ROLLING, now=first)
    # 90 % has fired all the time, only hidden by 100 %.
    assert take(store, window(90), quotas=ROLLING, now=first).mails == ()


def test_a_rolling_window_passes_a_threshold_anew_while_a_lower_one_fires(store: Store) -> None:
    def at(hours: int, *alerts: Alert) -> list[str]:
        return told(take(store, *alerts, quotas=ROLLING, now=NOW + timedelta(hours=hours)))

    assert at(0, window(80), window(90)) == ["[90 %] shared"]
    assert at(10, window(80), window(90, ended=10)) == []
    # The lower one was evaluated a little later, and has seen more.
    low = window(80)
    low = replace(low, annotations={**low.annotations, "used_bytes": str(475 * 10**9)})
    assert at(72, low, window(90, hours=72)) == ["[90 %] shared"]


def test_a_rolling_window_is_told_of_the_highest_threshold_though_a_lower_alert_comes_first(
    store: Store,
) -> None:
    def at(hours: int, *alerts: Alert) -> list[str]:
        return told(take(store, *alerts, quotas=ROLLING, now=NOW + timedelta(hours=hours)))

    first = replace(
        window(80), annotations={**window(80).annotations, "used_bytes": str(565 * 10**9)}
    )
    assert at(0, first) == ["[100 %] shared"]
    assert at(0, first, window(90), window(100)) == []
    assert at(10, window(80), window(90), window(100, ended=10)) == []
    # The lower one alone says nothing new; the one that has begun anew does.
    assert at(72, first) == []
    assert at(72, first, window(100, hours=72)) == ["[100 %] shared"]


def test_the_end_of_a_rolling_window_is_told_to_those_who_know_that_it_began(store: Store) -> None:
    wanting = replace(
        ROLLING, quotas=tuple(replace(q, notify_resolved=True) for q in ROLLING.quotas)
    )

    def at(hours: int, *alerts: Alert) -> list[str]:
        return told(take(store, *alerts, quotas=wanting, now=NOW + timedelta(hours=hours)))

    assert at(0, window(80), window(90)) == ["[90 %] shared"]
    assert at(1, window(80), window(90, ended=1)) == ["[resolved] shared"]
    # Up and down: neither is told.
    assert at(2, window(80), window(90, hours=2)) == []
    assert at(3, window(80), window(90, hours=2, ended=3)) == []
    # Who was told of 90 % knows that 80 % began.
    assert at(4, window(80, ended=4)) == ["[resolved] shared"]


def test_two_requests_at_once_are_told_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_late(*arguments: object) -> object:
        found = find_told(*arguments)  # type: ignore[arg-type] # passed on
        monkeypatch.undo()
        # Another process is quicker.
        assert len(take(store, usage()).mails) == 2
        return found

    monkeypatch.setattr(webhook.intake, "find_told", find_late)
    assert take(store, usage(), pipeline()).mails[0].recipient == "ops@example.com"


# The store outlives an example.
examples = count()
percents = st.sampled_from([80, 90, 100])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(
        st.lists(st.tuples(percents, st.sampled_from(["a", "b"])), min_size=1, max_size=5),
        max_size=6,
    )
)
def test_whatever_comes_in_whatever_order_nothing_is_told_twice_or_falling(
    store: Store, requests: list[list[tuple[int, str]]]
) -> None:
    period = str(next(examples))
    seen: dict[str, list[int]] = {}
    for request in requests:
        alerts = [usage(p, quota="shared", consumer=c, period=period) for p, c in request]
        highest: dict[str, int] = {}
        for percent, consumer in request:
            highest[consumer] = max(percent, highest.get(consumer, 0))
        new = {c: p for c, p in highest.items() if p > max(seen.get(c, [0]))}
        assert take(store, *alerts).news == len(new)
        for consumer, percent in new.items():
            seen.setdefault(consumer, []).append(percent)
    assert all(rises(percents) for percents in seen.values())


def rises(numbers: Iterable[int]) -> bool:
    return all(first < second for first, second in pairwise(numbers))
