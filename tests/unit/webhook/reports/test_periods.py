import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.calendars import MONTH, WEEK, Calendar
from webhook.reports.periods import kind_of, parse_period


@pytest.mark.parametrize(
    ("calendar", "text", "title"),
    [
        (MONTH, "2026-10", "October 2026"),
        (Calendar("month", 15), "2026-10", "15 October to 14 November 2026"),
        (Calendar("month", timezone="Asia/Kolkata"), "2026-02", "February 2026"),
        (WEEK, "2026-W43", "19 to 25 October 2026"),
        (WEEK, "2026-W01", "29 December 2025 to 4 January 2026"),
        (WEEK, "2026-W53", "28 December 2026 to 3 January 2027"),
        (Calendar("week", anchor_weekday=6), "2026-W43", "18 to 24 October 2026"),
        (Calendar("week", timezone="Pacific/Kiritimati"), "2026-W43", "19 to 25 October 2026"),
        (Calendar("week", timezone="Pacific/Pago_Pago"), "2026-W43", "19 to 25 October 2026"),
    ],
)
def test_a_month_or_a_week_is_a_period_of_its_calendar(
    calendar: Calendar, text: str, title: str
) -> None:
    assert kind_of(text) == calendar.kind
    assert parse_period(calendar, text).title == title


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-13",
        "2026-00",
        "2026-W54",
        "2025-W53",
        "26-10",
        "1999-10",
        "²026-10",
    ],
)
def test_what_is_neither_is_refused_with_how_they_are_written(text: str) -> None:
    with pytest.raises(ValueError, match="write a month such as 2026-10, or a week such as"):
        kind_of(text)


@given(st.text(max_size=10) | st.from_regex(r"\A2[0-9]{3}-W?[0-9]{2}\Z"))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    try:
        kind = kind_of(text)
    except ValueError:
        return
    assert parse_period(Calendar(kind, timezone="Asia/Kolkata"), text).title
