from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.parameters import ParametersError
from api.views.schemas.spans import LONGEST_ROWS_SECONDS, BandwidthQuestion, BandwidthUsedQuestion
from api.windows import MOST_POINTS, Step, TooManyPointsError, Windows, from_ms
from tests.unit.api.answers import NOW

WINDOW_MS = 60_000


def cut(now: datetime, lookback_seconds: int, step: Step | None = None) -> Windows:
    question = BandwidthUsedQuestion(lookback_seconds=lookback_seconds, step=step, selection={})
    return question.cut(now)


def ends(windows: Windows) -> list[str]:
    return [from_ms(end).time().isoformat() for end in windows.ends_ms]


def test_five_minutes_are_five_whole_windows_and_a_partial_one() -> None:
    assert ends(cut(NOW, 300)) == [
        "18:40:00",
        "18:41:00",
        "18:42:00",
        "18:43:00",
        "18:44:00",
        "18:44:37.123000",
    ]


def test_on_the_minute_there_is_no_partial_window() -> None:
    windows = cut(NOW.replace(second=0, microsecond=0), 120)
    assert ends(windows) == ["18:43:00", "18:44:00"]
    assert not windows.partial_last


def test_a_window_shorter_than_a_millisecond_is_left_out() -> None:
    assert ends(cut(NOW.replace(second=0, microsecond=999), 60)) == ["18:44:00"]
    assert ends(cut(NOW.replace(second=0, microsecond=1000), 60)) == [
        "18:44:00",
        "18:44:00.001000",
    ]


def test_a_lookback_within_the_minute_is_one_partial_window() -> None:
    assert ends(cut(NOW, 30)) == ["18:44:37.123000"]


def test_an_end_in_the_past_ends_the_last_window_of_rows() -> None:
    end = NOW - timedelta(minutes=2)
    question = BandwidthUsedQuestion(lookback_seconds=60, end=end, selection={})
    windows = question.cut(NOW)
    assert ends(windows) == ["18:42:00", "18:42:37.123000"]
    assert windows.partial_last


def test_an_end_in_the_past_leaves_the_last_window_of_a_chart_whole() -> None:
    end = NOW - timedelta(minutes=2)
    windows = BandwidthQuestion(lookback_seconds=60, end=end, step=Step(60), filters={}).cut(
        NOW, 15
    )
    assert ends(windows) == ["18:42:00", "18:43:00"]
    assert not windows.partial_last


def test_the_future_is_cut_off() -> None:
    question = BandwidthUsedQuestion(lookback_seconds=60, end=NOW + timedelta(days=1), selection={})
    assert ends(question.cut(NOW)) == ["18:44:00", "18:44:37.123000"]
    with pytest.raises(ParametersError, match="a time in the past"):
        BandwidthUsedQuestion(start=NOW + timedelta(1), selection={}).cut(NOW)


def test_more_windows_than_prometheus_answers_are_refused_with_a_step_that_would_do() -> None:
    with pytest.raises(TooManyPointsError) as caught:
        cut(NOW, 86_400, Step(5))
    assert caught.value.step.name == "10s"
    assert len(cut(NOW, 86_400, caught.value.step).starts_ms) <= MOST_POINTS


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.integers(1, LONGEST_ROWS_SECONDS),
)
def test_windows_of_rows_are_aligned_and_end_at_the_present(
    now: datetime, lookback_seconds: int
) -> None:
    windows = cut(now, lookback_seconds)
    bounds = list(windows.bounds_ms)
    whole = [from_ms(end) for end in bounds[1:] if end <= windows.until_ms]

    assert bounds == list(range(bounds[0], bounds[-1] + 1, WINDOW_MS))
    assert all((time.second, time.microsecond) == (0, 0) for time in whole)
    assert all(now - timedelta(seconds=lookback_seconds) < time <= now for time in whole)
    assert len(whole) in (lookback_seconds // 60, lookback_seconds // 60 + 1)
    assert windows.end_ms == windows.until_ms
