from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.samples import NOW, QUOTAS, forecast, usage
from webhook.advice import advise, describe_next, describe_outlook
from webhook.notices import QuotaNotice, read_notice
from webhook.payload import Alert


def notice(alert: Alert) -> QuotaNotice:
    found = read_notice(alert, QUOTAS)
    assert isinstance(found, QuotaNotice)
    return found


def test_a_fast_month_is_told_when_its_limit_is_reached() -> None:
    half = datetime(2026, 11, 16, tzinfo=UTC)
    text = describe_outlook(notice(usage(80, 400 * 10**9)), half)
    assert "reached around 19 November 2026, 18:00 UTC" in text


def test_a_slow_month_is_told_where_it_ends() -> None:
    late = datetime(2026, 11, 28, tzinfo=UTC)
    text = describe_outlook(notice(usage(80, 405 * 10**9)), late)
    assert "it ends at about 450 GB, 90 % of the limit" in text


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2026, 10, 31, tzinfo=UTC),
    ],
)
def test_nothing_is_foretold_early_or_outside_of_the_period(now: datetime) -> None:
    assert describe_outlook(notice(usage()), now) == ""


def test_nothing_is_foretold_above_the_limit_or_beside_a_forecast() -> None:
    assert describe_outlook(notice(usage(100, 500 * 10**9)), NOW) == ""
    assert describe_outlook(notice(forecast()), NOW) == ""


@given(used_bytes=st.integers(0, 10**18), limit_bytes=st.integers(1, 10**18))
def test_an_outlook_can_be_had_for_any_numbers(used_bytes: int, limit_bytes: int) -> None:
    describe_outlook(notice(usage(used_bytes=used_bytes, limit_bytes=limit_bytes)), NOW)


def test_the_next_mail_is_announced() -> None:
    assert describe_next(notice(usage(80))).endswith("at 90 % and 100 %.")
    assert describe_next(notice(usage(100))) == ""
    assert describe_next(notice(usage(80, quota="gone"))) == ""


def test_a_critical_threshold_below_the_limit_is_not_called_the_limit() -> None:
    assert advise(notice(usage(100, 499_999_999_999))) == advise(notice(usage(90)))
    assert "not cut off" in advise(notice(usage(100, 500 * 10**9)))
