from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.samples import NOW, QUOTAS, forecast, usage
from webhook.alerts.events import QuotaNotice, read_notice
from webhook.alerts.payload import Alert
from webhook.mail.advice import advise, describe_next, describe_outlook


def notice(alert: Alert) -> QuotaNotice:
    found = read_notice(alert, QUOTAS)
    assert isinstance(found, QuotaNotice)
    return found


def test_a_fast_month_is_told_when_its_limit_is_reached() -> None:
    # 100 GB are left, and 12.5 GB move each day.
    half = datetime(2026, 11, 16, tzinfo=UTC)
    text = describe_outlook(notice(usage(80, 400 * 10**9, forecast_bytes=587_500_000_000)), half)
    assert text == (
        "At the recent pace of 12.5 GB a day, 100 % is reached around 24 November 2026, 00:00 UTC."
    )


def test_a_slow_month_is_told_where_it_ends() -> None:
    late = datetime(2026, 11, 28, tzinfo=UTC)
    text = describe_outlook(notice(usage(80, 405 * 10**9, forecast_bytes=450 * 10**9)), late)
    assert text == (
        "At the recent pace of 15 GB a day, the period ends at about 450 GB, 90 % of the limit."
    )


def test_what_is_near_is_told_to_ten_minutes_and_in_the_quotas_time_zone() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    day = usage(
        used_bytes=400 * 10**9,
        forecast_bytes=840 * 10**9,
        period="20261124",
        calendar="day@Europe/Berlin",
    )
    # 11 hours are left, 40 GB move in each; 100 GB take two and a half.
    assert describe_outlook(notice(day), now).endswith("24 November 2026, 15:30 Europe/Berlin.")


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)],
)
def test_nothing_is_foretold_outside_of_the_period(now: datetime) -> None:
    assert describe_outlook(notice(usage(forecast_bytes=10**12)), now) == ""


def test_nothing_is_foretold_above_the_limit_without_a_forecast_or_while_nothing_moves() -> None:
    assert describe_outlook(notice(usage(100, 500 * 10**9, forecast_bytes=10**12)), NOW) == ""
    assert describe_outlook(notice(usage()), NOW) == ""
    assert describe_outlook(notice(usage(forecast_bytes=450_200_000_000)), NOW) == ""
    assert describe_outlook(notice(usage(calendar="rolling:30d", forecast_bytes=1)), NOW) == ""


def test_a_forecast_tells_its_pace_too() -> None:
    assert "100 % is reached around" in describe_outlook(notice(forecast()), NOW)


@given(
    used_bytes=st.integers(0, 10**18),
    limit_bytes=st.integers(1, 10**18),
    forecast_bytes=st.integers(0, 10**18),
)
def test_an_outlook_can_be_had_for_any_numbers(
    used_bytes: int, limit_bytes: int, forecast_bytes: int
) -> None:
    alert = usage(used_bytes=used_bytes, limit_bytes=limit_bytes, forecast_bytes=forecast_bytes)
    describe_outlook(notice(alert), NOW)


def test_the_next_mail_is_announced() -> None:
    assert describe_next(notice(usage(80))).endswith("at 90 % and 100 %.")
    assert describe_next(notice(usage(100))) == ""
    assert describe_next(notice(usage(80, quota="gone"))) == ""


def test_a_critical_threshold_below_the_limit_is_not_called_the_limit() -> None:
    assert advise(notice(usage(100, 499_999_999_999))) == advise(notice(usage(90)))
    assert "not cut off" in advise(notice(usage(100, 500 * 10**9)))
