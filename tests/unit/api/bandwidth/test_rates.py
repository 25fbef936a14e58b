import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bandwidth.rates import percentile_of, to_unit
from api.windows import Step, Windows

MINUTE = Step(60)


def windows(count: int, *, partial_seconds: float = 60) -> Windows:
    bounds = range(0, 60_000 * count + 1, 60_000)
    until_ms = round(bounds[-1] - 60_000 + 1000 * partial_seconds)
    return Windows(MINUTE, bounds, until_ms, until_ms)


def test_bits_per_second_are_eight_times_the_bytes_in_each_second() -> None:
    found = to_unit([60, 7.5e6, 0, None, 1], windows(5), "bits_per_second")
    assert found == [8, 1_000_000, 0, None, 0.133]


def test_the_rate_of_a_partial_window_is_that_so_far() -> None:
    assert to_unit([600, 600], windows(2, partial_seconds=15), "bits_per_second") == [80, 320]


def test_bytes_stay_as_they_are() -> None:
    assert to_unit([60, None], windows(2), "bytes") == [60, None]


@pytest.mark.parametrize(
    ("percent", "expected"), [(95, 95), (100, 100), (1, 1), (50, 50), (None, None)]
)
def test_a_percentile_is_that_of_the_nearest_rank(percent: int | None, expected: int) -> None:
    assert percentile_of([*range(100, 0, -1)], windows(100), percent) == expected


def test_five_percent_of_the_windows_are_free() -> None:
    # Of 20 windows one is free, of 19 none.
    assert percentile_of([10] * 19 + [900], windows(20), 95) == 10
    assert percentile_of([10] * 18 + [900], windows(19), 95) == 900


def test_windows_that_are_partial_or_not_observed_do_not_count() -> None:
    assert percentile_of([1, None, 5, 900], windows(4, partial_seconds=30), 100) == 5
    assert percentile_of([None, 900], windows(2, partial_seconds=30), 95) is None
    assert percentile_of([None], windows(1), 95) is None


@given(st.lists(st.integers(0, 2**53), min_size=1, max_size=50), st.integers(1, 100))
def test_at_least_so_many_percent_do_not_exceed_it(values: list[int], percent: int) -> None:
    found = percentile_of(values, windows(len(values)), percent)
    assert found in values
    assert found is not None
    below = sum(value <= found for value in values)
    assert 100 * below >= percent * len(values)
    assert 100 * sum(value < found for value in values) < percent * len(values)
