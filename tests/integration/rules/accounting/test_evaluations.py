"""Evaluations that are missing, late, or doubled: totals are late at worst, never wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quotas.calendars import DAY, HOUR, period_at
from tests.integration.rules.accounting.ruler import (
    ACCOUNTING,
    MINUTE,
    WARM_UP_SECONDS,
    Evaluation,
    Gateway,
    evaluated,
    every_minute,
    used,
)
from tests.marks import thorough

HOUR_SECONDS = 3_600
# Rules count from the step on that had ended when they were evaluated first.
FIRST_SECONDS = WARM_UP_SECONDS - MINUTE
UNTIL_SECONDS = 95 * MINUTE


def assert_used_is_the_truth(
    folder: Path,
    evaluations: list[Evaluation],
    *,
    counted: range = range(FIRST_SECONDS, UNTIL_SECONDS - MINUTE),
    recounted_in: int = 7,
) -> None:
    """Fail unless both hours and the day have used what moved between some seconds."""
    until = int(evaluations[-1].at) // MINUTE * MINUTE + MINUTE
    with evaluated(folder, evaluations, until, recounted_in=recounted_in) as (server, gateway):
        # The first hour is not evaluated any more, after all of it was counted.
        found = used(server, gateway, until, "60m")
        first = gateway.truth(counted.start, HOUR_SECONDS)
        second = gateway.truth(HOUR_SECONDS, counted.stop)
        assert found[("hour", _hour(gateway, 0))] == first
        assert found[("hour", _hour(gateway, 1))] == second
        day = period_at(DAY, datetime.fromtimestamp(gateway.start + HOUR_SECONDS, UTC)).id
        if day == period_at(DAY, datetime.fromtimestamp(gateway.start, UTC)).id:
            assert found[("day", day)] == first + second
        else:
            assert found[("day", day)] == second


def _hour(gateway: Gateway, number: int) -> int:
    at = datetime.fromtimestamp(gateway.start + number * HOUR_SECONDS, UTC)
    return period_at(HOUR, at).id


def test_if_none_is_missing_all_that_moved_is_used(tmp_path: Path) -> None:
    evaluations = every_minute(UNTIL_SECONDS)
    assert_used_is_the_truth(tmp_path, evaluations)


@pytest.mark.parametrize(
    "missing",
    [
        range(44, 47),
        range(56, 66),
        *map(thorough, [range(60, 61), range(20, 21), range(59, 61), range(29, 43)]),
    ],
    ids=lambda missing: f"{missing.start}-{missing.stop - 1}",
)
def test_missed_steps_count_in_the_period_in_which_the_bytes_moved(
    tmp_path: Path, missing: range
) -> None:
    evaluations = every_minute(UNTIL_SECONDS, without=[missing])
    assert_used_is_the_truth(tmp_path, evaluations)


# Minutes and seconds at which a ruler may evaluate the rules of every quarter of an hour: in the
# scrape delay, just after it, and last.
@pytest.mark.parametrize(
    ("recounted_in", "phase"),
    [
        (0, 12.3),
        thorough(0, 5.0),
        thorough(3, 5.0),
        thorough(14, 58.0),
    ],
)
def test_missed_steps_count_whenever_a_ruler_counts_again(
    tmp_path: Path, recounted_in: int, phase: float
) -> None:
    until = 110 * MINUTE
    evaluations = every_minute(until, phase=phase, without=[range(37, 40), range(57, 62)])
    # In the delay after its end, a step is not counted yet.
    late = MINUTE if phase < ACCOUNTING.scrape_delay_seconds else 0
    counted = range(FIRST_SECONDS - late, until - MINUTE - late)
    assert_used_is_the_truth(tmp_path, evaluations, counted=counted, recounted_in=recounted_in)


@pytest.mark.parametrize("lag", [75.0, thorough(20.0)])
def test_a_ruler_that_sees_its_results_late_is_late_and_not_wrong(
    tmp_path: Path, lag: float
) -> None:
    evaluations = every_minute(UNTIL_SECONDS, lag=lag)
    with evaluated(tmp_path, evaluations, UNTIL_SECONDS) as (server, gateway):
        for minute in range(20, UNTIL_SECONDS // MINUTE):
            found = used(server, gateway, minute * MINUTE)
            for number in (0, 1):
                begin, end = number * HOUR_SECONDS, (number + 1) * HOUR_SECONDS
                value = found.get(("hour", _hour(gateway, number)), 0)
                truth = gateway.truth(max(FIRST_SECONDS, begin), min(end, minute * MINUTE))
                assert value <= truth
        found = used(server, gateway, UNTIL_SECONDS)
        assert found[("hour", _hour(gateway, 0))] == gateway.truth(FIRST_SECONDS, HOUR_SECONDS)
        # Results that are read by three rules in a row are late by three times the lag.
        at_least = gateway.truth(HOUR_SECONDS, HOUR_SECONDS + 15 * MINUTE)
        assert found[("hour", _hour(gateway, 1))] >= at_least


@pytest.mark.parametrize(
    ("most_rules", "phases"),
    [
        thorough(20, (43.7, 3.1)),
        (10, (51.2, 38.4, 17.9, 2.3)),
        thorough(10, (25, 29, 22, 21)),
    ],
)
def test_split_groups_that_are_evaluated_in_any_order_are_late_and_not_wrong(
    tmp_path: Path, most_rules: int, phases: tuple[float, ...]
) -> None:
    evaluations = [
        replace(evaluation, part=part)
        for part, phase in enumerate(phases)
        for evaluation in every_minute(UNTIL_SECONDS, phase=phase, without=[range(44, 47)])
    ]
    with evaluated(tmp_path, evaluations, UNTIL_SECONDS, most_rules=most_rules) as (
        server,
        gateway,
    ):
        for minute in range(20, UNTIL_SECONDS // MINUTE):
            found = used(server, gateway, minute * MINUTE)
            for number in (0, 1):
                begin, end = number * HOUR_SECONDS, (number + 1) * HOUR_SECONDS
                value = found.get(("hour", _hour(gateway, number)), 0)
                truth = gateway.truth(max(FIRST_SECONDS, begin), min(end, minute * MINUTE))
                assert value <= truth
        found = used(server, gateway, UNTIL_SECONDS, "60m")
        assert found[("hour", _hour(gateway, 0))] == gateway.truth(FIRST_SECONDS, HOUR_SECONDS)
        # Each part adds a minute at most.
        late = (len(phases) + 1) * MINUTE
        at_least = gateway.truth(HOUR_SECONDS, UNTIL_SECONDS - late)
        assert found[("hour", _hour(gateway, 1))] >= at_least


def test_two_rulers_that_write_the_same_series_count_nothing_twice(tmp_path: Path) -> None:
    first = every_minute(UNTIL_SECONDS, phase=12.3, without=[range(40, 44)])
    second = every_minute(UNTIL_SECONDS, phase=47.8, without=[range(42, 47)])
    assert_used_is_the_truth(tmp_path, [*first, *second])


def test_two_rulers_that_see_results_late_count_nothing_twice(tmp_path: Path) -> None:
    first = every_minute(UNTIL_SECONDS, phase=12.3, lag=40)
    second = every_minute(UNTIL_SECONDS, phase=17.8, lag=40)
    with evaluated(tmp_path, [*first, *second], UNTIL_SECONDS) as (server, gateway):
        found = used(server, gateway, UNTIL_SECONDS)
        assert found[("hour", _hour(gateway, 0))] == gateway.truth(FIRST_SECONDS, HOUR_SECONDS)
        most = gateway.truth(HOUR_SECONDS, UNTIL_SECONDS)
        assert 0 < found[("hour", _hour(gateway, 1))] <= most


@pytest.mark.parametrize(
    "minute",
    [60, *map(thorough, [37, 58, 75])],
)
def test_an_upgrade_within_a_period_loses_nothing_and_doubles_nothing(
    tmp_path: Path, minute: int
) -> None:
    evaluations = every_minute(UNTIL_SECONDS)
    upgrade = {"upgraded_at": minute * MINUTE}
    with evaluated(tmp_path, evaluations, UNTIL_SECONDS, **upgrade) as (server, gateway):
        for number in (0, 1):
            hour = "hour", _hour(gateway, number)
            begin, end = number * HOUR_SECONDS, (number + 1) * HOUR_SECONDS
            before = 0.0
            for look in range(20, UNTIL_SECONDS // MINUTE + 1):
                value = used(server, gateway, look * MINUTE).get(hour, before)
                truth = gateway.truth(max(FIRST_SECONDS, begin), min(end, look * MINUTE))
                assert before <= value <= truth
                before = value
            counted = min(end, UNTIL_SECONDS - MINUTE)
            assert before == gateway.truth(max(FIRST_SECONDS, begin), counted)
