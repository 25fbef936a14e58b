import pytest

from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.rules.intervals import interval_seconds, lingering_seconds, reach_seconds

# Prometheus finds no older value at an instant.
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
def test_quotas_of_more_than_a_day_are_evaluated_every_fifth_step(
    calendar: Calendar | Rolling, steps: int
) -> None:
    assert interval_seconds(calendar, Accounting()) == 60 * steps
    assert interval_seconds(calendar, Accounting(resolution_seconds=15)) == 15 * steps


def test_a_period_remains_until_its_last_step_is_counted_and_evaluated() -> None:
    settings = Accounting(resolution_seconds=60, scrape_delay_seconds=10)
    for calendar in (DAY, MONTH):
        latest = settings.lag_seconds + interval_seconds(calendar, settings)
        assert lingering_seconds(calendar, settings) > latest


@pytest.mark.parametrize("resolution", [1, 60, 300])
def test_rules_still_find_a_value_after_one_missed_evaluation(resolution: int) -> None:
    settings = Accounting(resolution_seconds=resolution)
    reach = reach_seconds([DAY, MONTH], settings)
    assert reach > 2 * interval_seconds(MONTH, settings)
    assert reach_seconds([DAY], settings) < reach


def test_the_values_of_months_may_be_older_than_the_lookback_of_prometheus() -> None:
    assert reach_seconds([MONTH], Accounting()) > LOOKBACK_SECONDS
