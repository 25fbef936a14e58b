from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.samples import NOW, QUOTAS, forecast, usage
from webhook.alerts.events import QuotaEvent, read_event
from webhook.alerts.payload import Alert
from webhook.mail.advice import advise, describe_next, describe_outlook


def event(alert: Alert) -> QuotaEvent:
    found = read_event(alert, QUOTAS)
    assert isinstance(found, QuotaEvent)
    return found


def test_the_outlook_says_when_the_limit_is_reached() -> None:
    # 100 GB are left, and the pace is 12.5 GB a day.
    half = datetime(2026, 11, 16, tzinfo=UTC)
    text = describe_outlook(event(usage(80, 400 * 10**9, forecast_bytes=587_500_000_000)), half)
    assert text == (
        "At the recent pace of 12.5 GB a day, the limit is reached around 24 November 2026, "
        "00:00 UTC."
    )


def test_the_outlook_says_how_the_period_ends_if_the_limit_is_not_reached() -> None:
    late = datetime(2026, 11, 28, tzinfo=UTC)
    text = describe_outlook(event(usage(80, 405 * 10**9, forecast_bytes=450 * 10**9)), late)
    assert text == (
        "At the recent pace of 15 GB a day, the period ends at about 450 GB, 90 % of the limit."
    )


def test_a_near_time_is_rounded_to_ten_minutes_in_the_time_zone_of_the_quota() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    day = usage(
        used_bytes=400 * 10**9,
        forecast_bytes=840 * 10**9,
        period="20261124",
        calendar="day@Europe/Berlin",
    )
    # The pace is 40 GB an hour for the remaining 11 hours. 100 GB take two and a half.
    assert describe_outlook(event(day), now).endswith("24 November 2026, 15:30 Europe/Berlin.")


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)],
)
def test_there_is_no_outlook_outside_of_the_period(now: datetime) -> None:
    assert describe_outlook(event(usage(forecast_bytes=10**12)), now) == ""


def test_there_is_no_outlook_above_the_limit_without_a_forecast_or_without_traffic() -> None:
    assert describe_outlook(event(usage(100, 500 * 10**9, forecast_bytes=10**12)), NOW) == ""
    assert describe_outlook(event(usage()), NOW) == ""
    assert describe_outlook(event(usage(forecast_bytes=450_200_000_000)), NOW) == ""
    assert describe_outlook(event(usage(calendar="rolling:30d", forecast_bytes=1)), NOW) == ""


def test_a_forecast_has_an_outlook_too() -> None:
    assert "the limit is reached around" in describe_outlook(event(forecast()), NOW)


def test_a_limit_that_is_reached_within_minutes_has_no_time_that_might_be_past() -> None:
    # A terabyte an hour: the limit is reached in 4 seconds, and in 11 minutes.
    rate, left = 10**12 / 3_600, 6 * 86_400 + 10 * 3_600 + 23 * 60
    for seconds, expected in ((4, "within minutes."), (660, "around 24 November 2026, 13:50 UTC.")):
        used_bytes = round(500 * 10**9 - seconds * rate)
        alert = usage(90, used_bytes, forecast_bytes=round(used_bytes + left * rate))
        assert describe_outlook(event(alert), NOW).endswith(f"the limit is reached {expected}")


@given(
    used_bytes=st.integers(0, 10**18),
    limit_bytes=st.integers(1, 10**18),
    forecast_bytes=st.integers(0, 10**18),
)
def test_the_outlook_works_for_any_numbers(
    used_bytes: int, limit_bytes: int, forecast_bytes: int
) -> None:
    alert = usage(used_bytes=used_bytes, limit_bytes=limit_bytes, forecast_bytes=forecast_bytes)
    describe_outlook(event(alert), NOW)


def test_a_mail_names_the_thresholds_that_follow() -> None:
    assert describe_next(event(usage(80))).endswith("at 90 % and 100 %.")
    assert describe_next(event(usage(100))) == ""
    assert describe_next(event(usage(80, quota="gone"))) == ""


def test_a_critical_threshold_below_the_limit_gets_the_advice_of_a_warning() -> None:
    assert advise(event(usage(100, 499_999_999_999))) == advise(event(usage(90)))
    assert "not cut off" in advise(event(usage(100, 500 * 10**9)))
