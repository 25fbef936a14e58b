from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quotas import names
from tests.unit.webhook.samples import (
    NOW,
    QUOTAS,
    QUOTAS_WITH_RESOLVED,
    forecast,
    pipeline,
    resolved,
    usage,
)
from webhook.alerts.events import Event, QuotaEvent, read_event
from webhook.alerts.payload import FIRING, RESOLVED, Alert
from webhook.recipients import recipients_of, select_events


def select_resolved(*alerts: Alert, now: datetime = NOW) -> tuple[Event, ...]:
    return select_events(alerts, QUOTAS_WITH_RESOLVED, now)


def with_used(alert: Alert, used_bytes: int) -> Alert:
    ratio = used_bytes / int(alert.annotations[names.LIMIT_BYTES])
    numbers = {names.USED_BYTES: str(used_bytes), names.RATIO_NUMBER: str(ratio)}
    return replace(alert, annotations={**alert.annotations, **numbers})


def test_recipients_come_from_quotas_yaml_alone() -> None:
    alert = usage(notify="evil@example.com", email="evil@example.com")
    assert recipients_of(read_event(alert, QUOTAS), QUOTAS) == (
        "bun@example.com",
        "boss@example.com",
    )


def test_a_quota_alert_without_readable_numbers_goes_to_the_recipients_of_its_quota() -> None:
    alert = replace(usage(), annotations={})
    assert recipients_of(read_event(alert, QUOTAS), QUOTAS) == (
        "bun@example.com",
        "boss@example.com",
    )


def test_an_unknown_quota_goes_to_the_default_recipients() -> None:
    event = read_event(usage(quota="gone"), QUOTAS)
    assert recipients_of(event, QUOTAS) == ("ops@example.com",)


def test_another_alert_goes_to_the_default_recipients_even_if_it_names_a_quota() -> None:
    alert = Alert(FIRING, {"alertname": "Other", "quota": "bun-egress"})
    assert recipients_of(read_event(alert, QUOTAS), QUOTAS) == ("ops@example.com",)


def test_the_watchdog_is_left_out() -> None:
    assert select_events([pipeline(name=names.WATCHDOG_ALERT)], QUOTAS, NOW) == ()


@pytest.mark.parametrize(
    "alert", [resolved(), pipeline(RESOLVED), replace(resolved(), annotations={})]
)
def test_resolved_alerts_are_left_out_unless_quotas_yaml_asks_for_them(alert: Alert) -> None:
    assert select_events([alert], QUOTAS, NOW) == ()
    assert len(select_resolved(alert)) == 1


def test_a_resolved_quota_that_quotas_yaml_no_longer_has_is_left_out() -> None:
    assert select_resolved(usage(status=RESOLVED, ends_at=NOW, quota="gone")) == ()


@pytest.mark.parametrize("ends_at", [None, datetime(2026, 12, 1, 0, 1, tzinfo=UTC)])
def test_an_alert_that_ends_with_its_period_is_left_out(ends_at: datetime | None) -> None:
    after = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    assert select_resolved(resolved(ends_at=ends_at), now=after) == ()
    assert len(select_resolved(resolved(), now=after)) == 1


def test_a_resolved_alert_is_left_out_while_the_usage_is_above_its_threshold() -> None:
    # Prometheus was down: Alertmanager ends alerts that are not evaluated any more.
    assert select_resolved(usage(status=RESOLVED, ends_at=NOW)) == ()
    # The limit was raised, but the usage is above the same threshold of the new limit.
    assert select_resolved(with_used(resolved(), 451 * 10**9)) == ()
    rolling = usage(status=RESOLVED, ends_at=NOW, calendar="rolling:30d", period="")
    assert len(select_resolved(rolling)) == 1


def test_a_resolved_forecast_is_selected_only_if_the_limit_was_raised() -> None:
    ended = replace(forecast(), status=RESOLVED, ends_at=NOW)
    assert select_resolved(ended) == ()
    # The limit was 400 GB and is now 500 GB.
    old = {names.LIMIT_BYTES: str(400 * 10**9), names.FORECAST_BYTES: str(450 * 10**9)}
    raised = replace(ended, annotations={**ended.annotations, **old})
    assert len(select_resolved(raised)) == 1


def test_the_limit_of_another_calendar_resolves_nothing() -> None:
    labels = {**resolved().labels, "calendar": "day", "period": "20261124"}
    assert select_resolved(replace(resolved(), labels=labels)) == ()


def test_firing_events_come_before_resolved_ones() -> None:
    events = select_resolved(pipeline(RESOLVED), pipeline(FIRING, instance="b"))
    assert [event.alert.status for event in events] == [FIRING, RESOLVED]


def test_the_same_alert_twice_is_one_event() -> None:
    assert len(select_events([usage(), usage()], QUOTAS, NOW)) == 1


def test_several_thresholds_of_one_quota_are_one_event_with_the_highest() -> None:
    (event,) = select_events([usage(80), usage(100), usage(90)], QUOTAS, NOW)
    assert event.alert.labels[names.THRESHOLD] == "100"


def test_the_higher_threshold_is_selected_even_if_its_usage_is_lower() -> None:
    lower = usage(80, 460 * 10**9, calendar="rolling:30d", period="")
    higher = usage(90, 459 * 10**9, calendar="rolling:30d", period="")
    for alerts in ([lower, higher], [higher, lower]):
        [event] = select_events(alerts, QUOTAS, NOW)
        assert isinstance(event, QuotaEvent)
        assert event.threshold_percent == 90


def test_other_periods_and_consumers_are_separate_events() -> None:
    alerts = [usage(80), usage(90, period="202610"), usage(100, consumer="big-co")]
    assert len(select_events(alerts, QUOTAS, NOW)) == 3


def test_the_most_severe_event_comes_first() -> None:
    alerts = [pipeline(), forecast(), usage(80, quota="a"), usage(100, quota="b"), usage(90)]
    events = select_events(alerts, QUOTAS, NOW)
    assert [event.alert.labels.get(names.THRESHOLD) for event in events] == [
        "100",
        "90",
        "80",
        None,
        None,
    ]
    assert events[-1].alert.name == names.SCRAPE_FAILING_ALERT
