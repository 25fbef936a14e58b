from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.calendars import CALENDARS, DAY, HOUR, MONTH, Calendar, period_at, period_label_query
from quotas.calendars import period_of as read_period

ALL = st.sampled_from(list(CALENDARS.values()))
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda time: time.replace(tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("calendar", "period_id", "start", "end", "title"),
    [
        (
            HOUR,
            "2026112423",
            datetime(2026, 11, 24, 23, tzinfo=UTC),
            datetime(2026, 11, 25, tzinfo=UTC),
            "24 November 2026, 23:00 to 00:00 UTC",
        ),
        (
            DAY,
            "20281231",
            datetime(2028, 12, 31, tzinfo=UTC),
            datetime(2029, 1, 1, tzinfo=UTC),
            "31 December 2028",
        ),
        (
            MONTH,
            "202802",
            datetime(2028, 2, 1, tzinfo=UTC),
            datetime(2028, 3, 1, tzinfo=UTC),
            "February 2028",
        ),
        (
            MONTH,
            "202612",
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
            "December 2026",
        ),
    ],
)
def test_an_id_tells_start_end_and_title_of_its_period(
    calendar: Calendar, period_id: str, start: datetime, end: datetime, title: str
) -> None:
    period = read_period(calendar, period_id)
    assert (period.id, period.start, period.end) == (int(period_id), start, end)
    assert period.title == title


@given(ALL, TIMES)
def test_a_time_is_in_its_period_and_the_period_of_its_id_is_the_same(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    assert period.start <= time < period.end
    assert read_period(calendar, str(period.id)) == period


@given(ALL, TIMES)
def test_periods_follow_each_other_without_gap_and_their_ids_grow(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    following = period_at(calendar, period.end)
    assert following.start == period.end
    assert following.id > period.id
    assert period_at(calendar, period.end - timedelta(microseconds=1)) == period


@given(ALL, TIMES)
def test_no_period_is_longer_than_its_calendar_says(calendar: Calendar, time: datetime) -> None:
    period = period_at(calendar, time)
    assert (period.end - period.start).total_seconds() <= calendar.longest_period_seconds


def test_a_time_of_another_zone_is_in_the_period_of_utc() -> None:
    time = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert period_at(MONTH, time).id == 202612


@pytest.mark.parametrize(
    ("calendar", "period_id"),
    [
        (MONTH, ""),
        (MONTH, "november"),
        (MONTH, "999912"),
        (DAY, "99991231"),
        (HOUR, "9999123123"),
        (MONTH, "202613"),
        (MONTH, "202600"),
        (MONTH, "20261"),
        (MONTH, "20261124"),
        (MONTH, "２０２６１１"),  # noqa: RUF001 - digits that int() would take
        (DAY, "20270229"),
        (DAY, "202611"),
        (HOUR, "2026112424"),
        (HOUR, "20261124"),
    ],
)
def test_what_is_no_period_of_the_calendar_is_refused(calendar: Calendar, period_id: str) -> None:
    with pytest.raises(ValueError, match=r"match|no month|no day|no hour|remains|out of range"):
        read_period(calendar, period_id)


def test_the_label_query_is_of_now_unless_another_time_is_named() -> None:
    assert period_label_query(MONTH) == 'count_values("period", year() * 100 + month())'
    assert period_label_query(MONTH, "vector(7)") == (
        'count_values("period", year(vector(7)) * 100 + month(vector(7)))'
    )
