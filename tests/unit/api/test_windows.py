from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.windows import (
    DAY,
    MONTH,
    MOST_POINTS,
    WEEK,
    Step,
    choose_auto_step,
    choose_step,
    cut_windows,
    from_ms,
    to_ms,
)
from quotas.calendars import LONGEST_SECONDS, Kind


def ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def starts(start: str, end: str, step: Step, timezone: str = "UTC") -> list[str]:
    windows = cut_windows(ms(start), ms(end), ms("2030-01-01T00:00:00Z"), step, timezone)
    return [from_ms(bound).strftime("%m-%d %H:%M") for bound in windows.starts_ms]


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (300, "1m"),
        (3_600, "1m"),
        (6 * 3_600, "2m"),
        (86_400, "5m"),
        (7 * 86_400, "1h"),
        (30 * 86_400, "3h"),
        (90 * 86_400, "12h"),
        (365 * 86_400, "1w"),
        (20 * 365 * 86_400, "month"),
    ],
)
def test_auto_is_a_round_step_of_at_most_three_hundred_points(seconds: int, name: str) -> None:
    assert choose_auto_step(seconds, 15).name == name


def test_steps_of_different_kinds_have_different_names() -> None:
    names = [Step(LONGEST_SECONDS[kind], kind).name for kind in get_args(Kind)]
    assert names == ["1h", "1d", "1w", "month"]


def test_auto_leaves_room_for_some_scrapes_in_each_window() -> None:
    assert choose_auto_step(300, 60).name == "5m"
    assert choose_auto_step(300, 1).name == "5s"


def test_the_shortest_step_that_fits_is_chosen() -> None:
    assert choose_step(86_400, 1, MOST_POINTS).name == "10s"
    assert choose_step(86_400, 1, 1).name == "1d"


def test_windows_are_whole_and_hold_all_that_is_asked_for() -> None:
    found = starts("2026-01-01T00:07:00Z", "2026-01-01T00:15:00Z", Step(300))
    assert found == ["01-01 00:05", "01-01 00:10"]


def test_days_begin_at_midnight_of_the_time_zone_also_where_clocks_change() -> None:
    found = starts("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", DAY, "Europe/Berlin")
    assert found == ["03-27 23:00", "03-28 23:00", "03-29 22:00"]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert starts("2026-11-24T00:00:00Z", "2026-11-30T00:00:00Z", WEEK) == ["11-23 00:00"]
    found = starts("2026-01-31T00:00:00Z", "2026-03-01T00:00:01Z", MONTH, "Asia/Kathmandu")
    assert found == ["12-31 18:15", "01-31 18:15", "02-28 18:15"]


def test_runs_are_windows_of_one_length() -> None:
    start, end = ms("2026-03-27T00:00:00Z"), ms("2026-04-01T00:00:00Z")
    windows = cut_windows(start, end, end, DAY, "Europe/Berlin")
    runs = list(windows.runs(len(windows.starts_ms)))
    assert [(len(run), run.step // 3_600_000) for run in runs] == [(2, 24), (1, 23), (3, 24)]
    assert list(windows.runs(0)) == []


def test_the_last_window_is_partial_while_it_is_not_over() -> None:
    now = ms("2026-01-01T00:07:00Z")
    windows = cut_windows(now - 600_000, now, now, Step(300), "UTC")
    assert windows.partial_last
    assert windows.end_ms == now
    assert windows.count_until(now) == len(windows.starts_ms) - 1


@given(
    st.integers(1_600_000_000_000, 1_900_000_000_000),
    st.integers(1, 90 * 86_400_000),
    st.sampled_from([Step(60), Step(900), Step(21_600), DAY, WEEK, MONTH]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_windows_touch_and_their_runs_are_all_of_them(
    start_ms: int, length_ms: int, step: Step, timezone: str
) -> None:
    end_ms = start_ms + min(length_ms, 1000 * MOST_POINTS * step.seconds)
    windows = cut_windows(start_ms, end_ms, end_ms, step, timezone)
    bounds = list(windows.bounds_ms)
    assert bounds[0] <= start_ms < bounds[1]
    assert bounds[-2] < end_ms <= bounds[-1]
    count = len(windows.starts_ms)
    assert [end for run in windows.runs(count) for end in run] == bounds[1:]


def test_a_time_is_the_same_after_there_and_back() -> None:
    time = datetime(2026, 1, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert from_ms(to_ms(time)) == time
