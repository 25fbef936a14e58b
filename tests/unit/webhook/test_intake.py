from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import webhook.intake
from tests.unit.webhook.mails import open_mail
from tests.unit.webhook.queueing import DAY, queue, tags
from tests.unit.webhook.samples import (
    NOW,
    QUOTAS,
    QUOTAS_WITH_RESOLVED,
    forecast,
    pipeline,
    resolved,
    usage,
)
from webhook.alerts.payload import Alert
from webhook.store.database import Store, StoreError
from webhook.store.past_notifications import RaceError, find_past_notifications


def test_each_recipient_is_notified_once_however_often_an_alert_repeats(store: Store) -> None:
    assert len(queue(store, usage()).mails) == 2
    for later in (NOW, NOW + 5 * DAY):
        assert queue(store, usage(), now=later).mails == ()
        # Another start, fingerprint or evaluator makes no difference.
        again = replace(usage(replica="b"), starts_at=later, fingerprint="other")
        assert queue(store, again, now=later).mails == ()


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
def test_another_threshold_period_limit_selector_or_quota_is_notified(
    store: Store, other: Alert
) -> None:
    queue(store, usage())
    assert queue(store, other).mails


def test_several_thresholds_at_once_are_one_mail_about_the_highest(store: Store) -> None:
    result = queue(store, usage(80), usage(100), usage(90))
    assert tags(result) == ["[100 %] bun-egress"] * 2
    assert result.new == 1
    for percent in (80, 90, 100):
        assert queue(store, usage(percent)).mails == ()


@pytest.mark.parametrize("minutes", [0, 1, -1])
@pytest.mark.parametrize("replicas", [("a", "b"), ("", "")])
def test_of_two_evaluators_with_the_same_threshold_the_one_with_more_usage_is_mailed(
    store: Store, minutes: int, replicas: tuple[str, str]
) -> None:
    more, less = (
        usage(90, used_bytes, replica=replica)
        for used_bytes, replica in zip((470 * 10**9, 460 * 10**9), replicas, strict=True)
    )
    less = replace(less, starts_at=NOW + timedelta(minutes=minutes))
    for number, alerts in enumerate([(less, more), (more, less)]):
        renamed = [replace(a, labels={**a.labels, "consumer": f"c{number}"}) for a in alerts]
        assert "470 GB of 500 GB" in queue(store, *renamed).mails[0].subject


def test_rising_thresholds_are_notified_one_by_one(store: Store) -> None:
    assert [tags(queue(store, usage(percent)))[0][:6] for percent in (80, 90, 100)] == [
        "[80 %]",
        "[90 %]",
        "[100 %",
    ]


def test_a_new_recipient_is_notified_and_the_former_ones_are_not(store: Store) -> None:
    queue(store, usage())
    more = replace(
        QUOTAS,
        quotas=tuple(replace(q, notify=(*q.notify, "new@example.com")) for q in QUOTAS.quotas),
    )
    assert [mail.recipient for mail in queue(store, usage(), quotas=more).mails] == [
        "new@example.com"
    ]


def test_what_fell_to_the_default_recipients_reaches_its_own_ones_when_the_alert_is_repeated(
    store: Store,
) -> None:
    half_written = replace(QUOTAS, quotas=())
    for quotas, recipients in (
        (half_written, ["ops@example.com"]),
        (half_written, []),
        (QUOTAS, ["bun@example.com", "boss@example.com"]),
        (QUOTAS, []),
    ):
        mails = queue(store, usage(), quotas=quotas).mails
        assert [mail.recipient for mail in mails] == recipients


def test_a_mail_is_only_about_the_alerts_that_are_new(store: Store) -> None:
    queue(store, usage(quota="shared", consumer="a"))
    alerts = [usage(quota="shared", consumer=name) for name in "abc"]
    (mail,) = queue(store, *alerts).mails
    text = open_mail(mail).text
    assert mail.subject == "[90 %] 2 alerts: shared, November 2026"
    assert "consumer a" not in text
    assert "consumer b" in text


def test_a_mail_says_how_many_alerts_alertmanager_left_out(store: Store) -> None:
    result = queue(store, usage(), truncated_alerts=3)
    assert "left out 3 alerts" in " ".join(open_mail(result.mails[0]).text.split())


def test_alertmanagers_own_address_is_linked_to(store: Store) -> None:
    for url, linked in (("http://am.example.com", True), ("javascript:alert(1)", False)):
        mail = queue(store, usage(quota=f"q{linked}"), external_url=url).mails[0]
        assert ("silences/new" in open_mail(mail).html) is linked


def test_a_forecast_is_notified_once_in_a_period(store: Store) -> None:
    assert queue(store, forecast()).mails
    assert queue(store, forecast(700 * 10**9)).mails == ()
    assert queue(store, usage(100)).mails


def test_a_resolved_quota_is_notified_once_and_only_if_its_start_was(store: Store) -> None:
    quotas = QUOTAS_WITH_RESOLVED
    assert queue(store, resolved(), quotas=quotas).mails == ()
    queue(store, usage(limit_bytes=400 * 10**9), quotas=quotas)
    assert tags(queue(store, resolved(), quotas=quotas))[0] == "[resolved] bun-egress"
    assert queue(store, resolved(), quotas=quotas).mails == ()


def test_two_simultaneous_requests_notify_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_late(*arguments: object) -> object:
        found = find_past_notifications(*arguments)  # type: ignore[arg-type] # passed on
        monkeypatch.undo()
        # Another process commits first.
        assert len(queue(store, usage()).mails) == 2
        return found

    monkeypatch.setattr(webhook.intake, "find_past_notifications", find_late)
    assert queue(store, usage(), pipeline()).mails[0].recipient == "ops@example.com"


def test_a_request_that_loses_every_race_fails_and_stores_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        raise RaceError

    monkeypatch.setattr(webhook.intake, "add_past_notifications", lose)
    with pytest.raises(StoreError, match="other requests"):
        queue(store, usage())
    monkeypatch.undo()
    assert len(queue(store, usage()).mails) == 2


# The store is the same for all examples.
examples = count()
percents = st.sampled_from([80, 90, 100])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(
        st.lists(st.tuples(percents, st.sampled_from(["a", "b"])), min_size=1, max_size=5),
        max_size=6,
    )
)
def test_in_any_order_of_alerts_only_rising_thresholds_are_notified(
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
        assert queue(store, *alerts).new == len(new)
        for consumer, percent in new.items():
            seen.setdefault(consumer, []).append(percent)
    assert all(rises(percents) for percents in seen.values())


def rises(numbers: Iterable[int]) -> bool:
    return all(first < second for first, second in pairwise(numbers))
