from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bandwidth.row_windows import LONGEST_LOOKBACK_SECONDS, Timetable, cut
from tests.unit.api.answers import NOW, at

MOST_STEPS = 11_000
WINDOW_MS = 60_000


def clocks(timetable: Timetable) -> list[str]:
    return [time.time().isoformat() for time in timetable.windows.values()]


def test_five_minutes_are_five_closed_windows_and_the_one_that_is_not_over() -> None:
    assert clocks(cut(NOW, 300, 10)) == [
        "18:40:00",
        "18:41:00",
        "18:42:00",
        "18:43:00",
        "18:44:00",
        "18:44:37.123456",
    ]


def test_on_the_minute_there_is_no_window_that_is_not_over() -> None:
    timetable = cut(NOW.replace(second=0, microsecond=0), 120, 10)
    assert clocks(timetable) == ["18:43:00", "18:44:00"]
    assert timetable.tail_ms == 0


def test_a_window_shorter_than_a_millisecond_is_left_out() -> None:
    assert clocks(cut(NOW.replace(second=0, microsecond=999), 60, 10)) == ["18:44:00"]
    assert clocks(cut(NOW.replace(second=0, microsecond=1000), 60, 10)) == [
        "18:44:00",
        "18:44:00.001000",
    ]


def test_a_lookback_within_the_minute_is_the_window_that_is_not_over() -> None:
    timetable = cut(NOW, 30, 10)
    assert clocks(timetable) == ["18:44:37.123456"]
    assert [ms / 1000 for ms in timetable.steps_ms] == [
        at("18:44:10"),
        at("18:44:20"),
        at("18:44:30"),
    ]
    assert timetable.tail_ms == 7_123


def test_before_the_first_whole_step_of_a_lookback_there_is_only_a_tail() -> None:
    timetable = cut(NOW.replace(second=5), 5, 10)
    assert not timetable.steps_ms
    assert timetable.tail_ms == 5_123


def test_the_first_step_ends_a_step_after_the_start_of_the_first_window() -> None:
    timetable = cut(NOW, 300, 10)
    assert timetable.steps_ms[0] / 1000 == at("18:39:10")
    assert timetable.steps_ms[-1] / 1000 == at("18:44:30")


@pytest.mark.parametrize(
    ("lookback_seconds", "scrape_interval_seconds", "step_seconds"),
    [(300, 15, 15), (300, 1, 1), (300, 8, 6), (300, 300, 60), (86_400, 1, 10), (604_800, 15, 60)],
)
def test_a_step_is_within_the_scrape_interval_while_they_are_not_too_many(
    lookback_seconds: int, scrape_interval_seconds: int, step_seconds: int
) -> None:
    assert cut(NOW, lookback_seconds, scrape_interval_seconds).step_seconds == step_seconds


@pytest.mark.parametrize("lookback_seconds", [86_400, LONGEST_LOOKBACK_SECONDS])
def test_the_longest_lookbacks_take_no_more_steps_than_prometheus_answers(
    lookback_seconds: int,
) -> None:
    assert len(cut(NOW, lookback_seconds, 10).steps_ms) <= MOST_STEPS


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.integers(1, LONGEST_LOOKBACK_SECONDS),
)
def test_windows_are_aligned_and_whole_and_their_steps_cover_all_up_to_now(
    now: datetime, lookback_seconds: int
) -> None:
    timetable = cut(now, lookback_seconds, 10)
    ends = list(timetable.windows)
    closed = [time for end, time in timetable.windows.items() if end <= timetable.now_ms]

    assert ends == list(range(ends[0], ends[-1] + 1, WINDOW_MS))
    assert all((time.second, time.microsecond) == (0, 0) for time in closed)
    assert all(now - timedelta(seconds=lookback_seconds) < time <= now for time in closed)
    assert len(closed) in (lookback_seconds // 60, lookback_seconds // 60 + 1)
    last = max(timetable.steps_ms, default=ends[0] - WINDOW_MS)
    assert last + timetable.tail_ms == timetable.now_ms
    assert timetable.tail_ms < timetable.steps_ms.step
    if timetable.steps_ms:
        assert timetable.steps_ms[0] - timetable.steps_ms.step == ends[0] - WINDOW_MS
    assert {timetable.window_of(ms) for ms in timetable.steps_ms} <= set(ends)
