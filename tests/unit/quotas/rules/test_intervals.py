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
        (WEEK, 1),
        (MONTH, 1),
        (Rolling(7 * 86_400), 5),
    ],
)
def test_only_windows_of_more_than_a_day_are_evaluated_every_fifth_step(
    calendar: Calendar | Rolling, steps: int
) -> None:
    assert interval_seconds(calendar, Accounting()) == 60 * steps
    assert interval_seconds(calendar, Accounting(resolution_seconds=15)) == 15 * steps


def test_a_period_remains_until_its_last_step_is_counted_and_evaluated() -> None:
    settings = Accounting(resolution_seconds=60, scrape_delay_seconds=10)
    for calendar in (DAY, MONTH):
        latest = settings.lag_seconds + interval_seconds(calendar, settings)
        assert lingering_seconds(calendar, settings) > latest


def test_a_period_remains_until_its_missed_steps_are_counted() -> None:
    # The last quarter of an hour that ends while a step of the period is not older than the gap
    # tolerance.
    late = Accounting(gap_tolerance_seconds=1_800)
    assert lingering_seconds(MONTH, late) > 1_800 + 900
    assert lingering_seconds(MONTH, Accounting(catch_up=False)) < 600


@pytest.mark.parametrize("resolution", [1, 60, 300])
def test_rules_still_find_a_value_after_one_missed_evaluation(resolution: int) -> None:
    settings = Accounting(resolution_seconds=resolution)
    window = Rolling(7 * 86_400)
    reach = reach_seconds([DAY, window], settings)
    assert reach > 2 * interval_seconds(window, settings)
    assert reach_seconds([DAY], settings) < reach


def test_the_values_of_long_windows_may_be_older_than_the_lookback_of_prometheus() -> None:
    assert reach_seconds([Rolling(7 * 86_400)], Accounting()) > LOOKBACK_SECONDS
