import pytest

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.model import Accounting
from quotas.rules.intervals import interval_seconds, lingering_seconds, reach_seconds

LOOKBACK_SECONDS = 300


@pytest.mark.parametrize(
    ("calendar", "steps"),
    [
        (HOUR, 1),
        (DAY, 1),
        (Calendar("day", timezone="Europe/Berlin"), 1),
        (Rolling(3_600), 1),
        (Rolling(86_400), 1),
        (WEEK, 5),
        (MONTH, 5),
        (Rolling(7 * 86_400), 5),
    ],
)
def test_what_takes_days_is_evaluated_every_fifth_step(
    calendar: Calendar | Rolling, steps: int
) -> None:
    assert interval_seconds(calendar, Accounting()) == 60 * steps
    assert interval_seconds(calendar, Accounting(resolution_seconds=15)) == 15 * steps


def test_a_period_that_ended_stays_until_its_last_step_is_counted_and_evaluated() -> None:
    settings = Accounting(resolution_seconds=60, scrape_delay_seconds=10)
    for calendar in (DAY, MONTH):
        latest = settings.lag_seconds + interval_seconds(calendar, settings)
        assert lingering_seconds(calendar, settings) > latest


@pytest.mark.parametrize("resolution", [1, 60, 300])
def test_rules_reach_past_a_value_that_one_evaluation_left_out(resolution: int) -> None:
    settings = Accounting(resolution_seconds=resolution)
    reach = reach_seconds([DAY, MONTH], settings)
    assert reach > 2 * interval_seconds(MONTH, settings)
    assert reach_seconds([DAY], settings) < reach


def test_months_are_read_further_back_than_prometheus_looks_by_itself() -> None:
    assert reach_seconds([MONTH], Accounting()) > LOOKBACK_SECONDS
