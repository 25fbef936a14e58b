"""The expressions about periods, evaluated as arithmetic and compared with ``quotas.calendars``."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, period_at
from quotas.rules.period_queries import compiled_until, period_queries

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONES = st.sampled_from(
    [
        "UTC",
        "Africa/Cairo",
        "America/New_York",
        "America/Santiago",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "Pacific/Chatham",
    ]
)

CALENDARS = st.one_of(
    st.builds(Calendar, st.just("day"), timezone=ZONES),
    st.builds(Calendar, st.just("week"), anchor_weekday=st.integers(0, 6), timezone=ZONES),
    st.builds(Calendar, st.just("month"), anchor_day=st.integers(1, 28), timezone=ZONES),
    st.builds(Calendar, st.just("hour"), timezone=ZONES),
)

TIMES = st.integers(
    int(datetime(2024, 1, 2, tzinfo=UTC).timestamp()),
    int(datetime(2040, 12, 30, tzinfo=UTC).timestamp()),
)


def evaluate(promql: str, time: int) -> float:
    """Return the number that a scalar of arithmetic is, as Prometheus would have it."""
    text = re.sub(r" bool | on \(quarter_hour\) ", " ", promql).replace("\n", " ")
    # Of one element or none at all, vectors are what is in them.
    names: dict[str, Any] = {
        "time": lambda: time,
        "vector": lambda value: value,
        "scalar": lambda value: value,
        "year": _part("%Y"),
        "month": _part("%m"),
        "day_of_month": _part("%d"),
        "hour": _part("%H"),
        "days_in_month": lambda at: _days_in_month(datetime.fromtimestamp(at, UTC)),
    }
    return float(eval(text, {"__builtins__": {}}, names))  # noqa: S307 - our own expression


def _part(part: str) -> Callable[[float], int]:
    return lambda at: int(f"{datetime.fromtimestamp(at, UTC):{part}}")


def _days_in_month(first: datetime) -> int:
    following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (following - timedelta(days=1)).day


def id_at(calendar: Calendar, time: int) -> int:
    label = period_queries(calendar, "time()", NOW).label
    match = re.fullmatch(r'count_values\("period", (.*)\)', label, re.DOTALL)
    assert match is not None
    return int(evaluate(match[1], time))


@given(CALENDARS, TIMES)
@example(Calendar("day", timezone="Africa/Cairo"), 1_809_032_400)
@example(Calendar("week", anchor_weekday=3), 1_830_297_600)
def test_the_period_label_is_the_id_of_the_period(calendar: Calendar, time: int) -> None:
    assert id_at(calendar, time) == period_at(calendar, datetime.fromtimestamp(time, UTC)).id


@given(CALENDARS, TIMES)
def test_elapsed_and_remaining_seconds_are_true_although_clocks_change(
    calendar: Calendar, time: int
) -> None:
    queries = period_queries(calendar, "time()", NOW)
    elapsed = evaluate(queries.elapsed_seconds, time)
    left = evaluate(queries.left_seconds, time)
    assert left > 0
    local = datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(calendar.timezone))
    if calendar.kind == "hour":
        assert math.isclose(elapsed, local.minute * 60 + local.second)
        assert elapsed + left == 3_600
        return
    period = period_at(calendar, local)
    assert elapsed == time - period.start.timestamp()
    assert left == period.end.timestamp() - time


@pytest.mark.parametrize("calendar", [HOUR, DAY, WEEK, MONTH, Calendar("month", 28)])
def test_in_utc_no_offsets_are_compiled(calendar: Calendar) -> None:
    assert compiled_until(calendar, NOW) is None
    assert ">= bool" not in str(period_queries(calendar, "time()", NOW))


def test_the_offsets_of_a_zone_are_compiled_until_a_known_year() -> None:
    berlin = Calendar("day", timezone="Europe/Berlin")
    assert compiled_until(berlin, NOW) == 2040
    assert str(period_queries(berlin, "time()", NOW)).count(">= bool") > 2 * 2 * 16


def test_the_time_can_be_any_scalar() -> None:
    query = period_queries(MONTH, "(time() - 60)", NOW).label
    assert query == (
        'count_values("period", year(vector((time() - 60))) * 100 + month(vector((time() - 60))))'
    )
