from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas import names
from quotas.model import Threshold
from tests.unit.webhook.samples import NOW, QUOTAS, pipeline, usage
from webhook.alerts.events import (
    Event,
    OtherEvent,
    QuotaEvent,
    by_threshold,
    read_bytes,
    read_event,
)
from webhook.alerts.payload import FIRING, Alert


def read_quota(alert: Alert) -> QuotaEvent:
    event = read_event(alert, QUOTAS)
    assert isinstance(event, QuotaEvent)
    return event


def test_a_usage_alert_carries_its_numbers() -> None:
    event = read_quota(usage())
    assert (event.used_bytes, event.limit_bytes) == (450_200_000_000, 500_000_000_000)
    assert (event.threshold_percent, event.severity) == (90, "warning")
    assert event.later_thresholds == (100,)
    assert event.own_labels == {"team": "bun"}
    assert event.selector == {"service": "bun-service", "direction": "egress"}


def test_the_severity_is_that_of_the_quotas_threshold_and_not_of_the_alert() -> None:
    assert usage().labels[names.SEVERITY] == "warning"
    for threshold, severity in ((80, "info"), (90, "warning"), (100, "critical")):
        assert read_quota(usage(threshold)).severity == severity
    own = (Threshold(90, "critical"),)
    quotas = replace(QUOTAS, quotas=(replace(QUOTAS.quotas[0], thresholds=own),))
    event = read_event(usage(90), quotas)
    assert isinstance(event, QuotaEvent)
    assert event.severity == "critical"
    unknown = read_event(usage(100), replace(QUOTAS, quotas=()))
    assert isinstance(unknown, QuotaEvent)
    assert unknown.severity == "critical"


def test_labels_that_all_alerts_have_are_not_the_quotas_own() -> None:
    alert = replace(usage(), labels={**usage().labels, "namespace": "monitoring"})
    event = read_event(alert, replace(QUOTAS, labels={"namespace": "monitoring"}))
    assert isinstance(event, QuotaEvent)
    assert event.own_labels == {"team": "bun"}


def test_labels_that_a_ruler_adds_are_not_the_quotas_own() -> None:
    alert = usage(alertgroup="quotas", replica="a", tenant_id="default-tenant")
    assert read_quota(alert).own_labels == {"team": "bun"}
    unknown = read_event(usage(quota="gone", replica="a"), QUOTAS)
    assert isinstance(unknown, QuotaEvent)
    assert unknown.own_labels == {}


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("202611", datetime(2026, 12, 1, tzinfo=UTC)),
        ("202612", datetime(2027, 1, 1, tzinfo=UTC)),
        ("20261124", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2026112423", datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_a_period_is_found_by_its_id_and_calendar(period: str, end: datetime) -> None:
    calendar = {6: "month", 8: "day", 10: "hour"}[len(period)]
    found = read_quota(usage(period=period, calendar=calendar)).period
    assert found is not None
    assert found.end == end


@pytest.mark.parametrize("period", ["", "2026", "202613", "20261131", "99991231", "november", "\0"])
def test_an_id_that_is_not_a_period_is_ignored(period: str) -> None:
    assert read_quota(usage(period=period)).period is None


@pytest.mark.parametrize(
    "broken",
    [
        {names.USED_BYTES: "NaN", names.RATIO_NUMBER: ""},
        {names.USED_BYTES: "", names.RATIO_NUMBER: "-1"},
        {names.LIMIT_BYTES: "0"},
        {names.LIMIT_BYTES: "+Inf"},
    ],
)
def test_a_quota_alert_without_readable_numbers_is_an_other_event(broken: dict[str, str]) -> None:
    whole = usage()
    alert = Alert(FIRING, whole.labels, {**whole.annotations, **broken})
    assert isinstance(read_event(alert, QUOTAS), OtherEvent)


@pytest.mark.parametrize("threshold", ["", "all", "-5", "0", "1e2", "²", "99999"])
def test_a_usage_alert_without_a_percentage_is_an_other_event(threshold: str) -> None:
    alert = usage()
    labels = {**alert.labels, names.THRESHOLD: threshold}
    assert isinstance(read_event(Alert(FIRING, labels, alert.annotations), QUOTAS), OtherEvent)


def test_the_threshold_is_the_highest_that_the_usage_has_reached() -> None:
    event = read_quota(usage(80, 565 * 10**9))
    assert (event.threshold_percent, event.severity) == (100, "critical")
    assert event.later_thresholds == ()
    almost = read_quota(usage(80, 450 * 10**9 - 1))
    assert (almost.threshold_percent, almost.severity) == (80, "info")
    exact = read_quota(usage(80, 450 * 10**9))
    assert (exact.threshold_percent, exact.later_thresholds) == (90, (100,))


def annotated(threshold: int, **annotations: str) -> Alert:
    alert = usage(threshold)
    return replace(alert, annotations={**alert.annotations, **annotations})


def test_the_ratio_that_raised_the_alert_decides_if_the_bytes_are_newer() -> None:
    event = read_quota(annotated(80, ratio="0.8004", used_bytes="450200000000"))
    assert (event.threshold_percent, event.severity) == (80, "info")
    assert event.used_bytes == 400_200_000_000
    assert event.later_thresholds == (90, 100)


@pytest.mark.parametrize("ratio", ["", "NaN", "-1", "+Inf", "1e30", "a"])
def test_without_a_readable_ratio_the_bytes_decide(ratio: str) -> None:
    event = read_quota(annotated(80, ratio=ratio, used_bytes="450200000000"))
    assert (event.threshold_percent, event.used_bytes) == (90, 450_200_000_000)


def test_without_readable_bytes_the_ratio_decides() -> None:
    assert read_quota(annotated(90, used_bytes="")).used_bytes == 450_200_000_000


@given(
    st.integers(8_000, 20_000) | st.sampled_from([8_000, 9_000, 10_000]),
    st.integers(0, 10**14),
    st.integers(10**6, 10**14),
    st.sampled_from([80, 90, 100]),
)
def test_threshold_percent_and_bytes_agree_whatever_else_the_ruler_says(
    hundredths: int, newer_bytes: int, limit_bytes: int, threshold: int
) -> None:
    # As the rules divide whole bytes.
    used_bytes = -(-max(hundredths, threshold * 100) * limit_bytes // 10_000)
    ratio = used_bytes / limit_bytes
    alert = usage(threshold, newer_bytes, limit_bytes=limit_bytes)
    alert = replace(alert, annotations={**alert.annotations, "ratio": repr(ratio)})
    event = read_quota(alert)
    assert event.used_bytes == used_bytes
    assert event.threshold_percent == max(
        t for t in (80, 90, 100) if t * limit_bytes <= used_bytes * 100
    )


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("450200000000", 450_200_000_000),
        ("4.502e+11", 450_200_000_000),
        ("0", 0),
        ("9007199254740992", 2**53),
        ("", None),
        (None, None),
        ("NaN", None),
        ("+Inf", None),
        ("-1", None),
        ("1e999999999", None),
        ("many", None),
    ],
)
def test_bytes_are_read_as_prometheus_writes_them(text: str | None, size_bytes: int | None) -> None:
    assert read_bytes(text) == size_bytes


@given(st.text())
def test_any_text_is_a_number_of_bytes_or_none(text: str) -> None:
    size_bytes = read_bytes(text)
    assert size_bytes is None or size_bytes >= 0


def most(*alerts: Alert) -> Event:
    """Return the event that is mailed of several about the same thing, in any order."""
    events = [read_event(alert, QUOTAS) for alert in alerts]
    chosen = max(events, key=by_threshold)
    assert max(reversed(events), key=by_threshold) == chosen
    return chosen


def test_the_highest_threshold_is_mailed_whatever_its_usage_and_start() -> None:
    # The alert for 80 % was evaluated later.
    higher = usage(90, 459 * 10**9)
    lower = usage(80, 449 * 10**9, starts_at=NOW + timedelta(minutes=1))
    assert most(higher, lower).alert == higher


def test_of_one_threshold_the_larger_usage_is_mailed_whenever_it_started() -> None:
    for minutes in (-1, 0, 1):
        larger = usage(90, 470 * 10**9)
        smaller = usage(90, 460 * 10**9, starts_at=NOW + timedelta(minutes=minutes))
        assert most(larger, smaller).alert == larger


def test_over_a_rolling_window_the_later_start_is_mailed_and_then_the_larger_usage() -> None:
    def rolling(used_bytes: int, starts_at: datetime) -> Alert:
        return usage(90, used_bytes, calendar="rolling:30d", period="", starts_at=starts_at)

    # The earlier start was perhaps mailed already, so only the later one can be new.
    later = rolling(460 * 10**9, NOW + timedelta(minutes=1))
    assert most(rolling(470 * 10**9, NOW), later).alert == later
    larger = rolling(470 * 10**9, NOW)
    assert most(larger, rolling(460 * 10**9, NOW)).alert == larger


def test_of_an_alert_without_a_quota_the_later_start_is_mailed() -> None:
    later = replace(pipeline(), starts_at=NOW + timedelta(minutes=1))
    assert most(pipeline(), later).alert == later
