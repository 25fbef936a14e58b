import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.samples import NOW, QUOTAS, forecast, pipeline, resolved, usage
from webhook.alerts.events import Event, read_event
from webhook.alerts.payload import Alert
from webhook.mail.charts.choosing import want_chart
from webhook.mail.charts.making import make_chart
from webhook.mail.charts.wanted import WantedChart, read_wanted


def events(*alerts: Alert) -> list[Event]:
    return [read_event(alert, QUOTAS) for alert in alerts]


def wanted(alert: Alert) -> WantedChart:
    return read_wanted(want_chart(events(alert), NOW))


def test_a_chart_has_the_numbers_of_its_mail() -> None:
    assert wanted(usage(90, 450_200_000_000, forecast_bytes=571_000_000_000)) == WantedChart(
        name="bun-egress",
        quota="bun-egress",
        entry={},
        calendar="month",
        period="202611",
        at=int(NOW.timestamp()),
        used_bytes=450_200_000_000,
        limit_bytes=500 * 10**9,
        unit="",
        forecast_bytes=571_000_000_000,
    )


@given(st.text(st.characters(exclude_categories=()), max_size=90))
def test_any_entry_can_be_stored_and_read(consumer: str) -> None:
    text = want_chart(events(usage(quota="each-consumer", consumer=consumer)), NOW)
    assert text.isascii()
    assert "\0" not in text
    assert read_wanted(text).entry == {"consumer": consumer}


def test_a_chart_shows_its_period_until_the_mail_was_written() -> None:
    chart = wanted(usage())
    assert chart.span == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert chart.until == NOW


def test_the_chart_of_a_period_that_is_over_ends_with_it() -> None:
    chart = wanted(usage(period="202610"))
    assert chart.until == chart.span[1] == datetime(2026, 11, 1, tzinfo=UTC)


def test_the_chart_of_a_rolling_window_ends_with_the_mail_and_has_no_forecast() -> None:
    chart = wanted(usage(calendar="rolling:30d", period="", forecast_bytes=10**12))
    assert chart.span == (NOW - timedelta(days=30), NOW)
    assert chart.forecast_bytes is None


@pytest.mark.parametrize(
    "alerts",
    [
        [usage(), usage(quota="shared")],
        [resolved()],
        [pipeline()],
        [usage(period="unknown")],
    ],
    ids=["several", "resolved", "no quota", "unknown period"],
)
def test_other_mails_have_no_chart(alerts: list[Alert]) -> None:
    assert want_chart(events(*alerts), NOW) == ""


def test_a_forecast_has_a_chart() -> None:
    assert json.loads(want_chart(events(forecast()), NOW))["forecast_bytes"] == 612_340_000_000


def test_the_picture_ends_with_the_usage_in_the_mail() -> None:
    before = NOW - timedelta(hours=1)
    points = [(before - timedelta(hours=1), 7), (before, 9), (NOW, 10)]
    drawn = make_chart(wanted(usage(used_bytes=8)), QUOTAS.quotas[0], points)
    assert drawn is not None
    assert drawn.points == [(points[0][0], 7), (before, 8), (NOW, 8)]
    assert drawn.thresholds == QUOTAS.quotas[0].thresholds


def test_usage_over_a_rolling_window_may_fall() -> None:
    chart = wanted(usage(used_bytes=8, calendar="rolling:30d", period=""))
    before = NOW - timedelta(hours=1)
    drawn = make_chart(chart, QUOTAS.quotas[0], [(before, 9)])
    assert drawn is not None
    assert drawn.points == [(before, 9), (NOW, 8)]


def test_a_single_point_is_no_chart() -> None:
    assert make_chart(wanted(usage()), QUOTAS.quotas[0], [(NOW, 1)]) is None


def test_a_quota_that_is_counted_otherwise_by_now_does_not_fit() -> None:
    bun_egress, _, each_consumer = QUOTAS.quotas
    assert wanted(usage()).fits(bun_egress)
    assert not wanted(usage(calendar="day", period="20261124")).fits(bun_egress)
    assert not wanted(usage()).fits(each_consumer)
