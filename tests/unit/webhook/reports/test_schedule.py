from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, WEEK, Calendar
from quotas.model import Quota, QuotaFile
from webhook.reports.schedule import (
    WAIT,
    find_due,
    has_new,
    mark_issued,
    newest_period,
    quotas_by_calendar,
    span_of,
    start_new,
)
from webhook.store.database import Store

BERLIN = Calendar("month", timezone="Europe/Berlin")
# Names of zones can be long, and the column of status values is not.
LONG = Calendar("month", 28, timezone="America/Argentina/ComodRivadavia")
MONTHLY, WEEKLY = Quota("monthly", 1, report=MONTH), Quota("weekly", 1, report=WEEK)
OCTOBER_END = datetime(2026, 11, 1, tzinfo=UTC)


def file(*quotas: Quota) -> QuotaFile:
    return QuotaFile(Accounting(), ("ops@example.com",), quotas)


def titles_of_due(store: Store, quotas: QuotaFile, now: datetime) -> list[str]:
    """Return the titles of the reports that are due, as a delivery process finds them."""
    with store.writing() as connection:
        due = find_due(connection, quotas, now)
        start_new(connection, quotas, now)
        assert not has_new(connection, quotas)
    return [report.period.title for report in due]


def issue(store: Store, quotas: QuotaFile, now: datetime) -> None:
    with store.writing() as connection:
        for report in find_due(connection, quotas, now):
            mark_issued(connection, report, now)


def test_quotas_are_grouped_by_the_calendar_of_their_reports() -> None:
    none, other = Quota("none", 1), Quota("other", 1, report=MONTH)
    assert quotas_by_calendar(file(MONTHLY, none, WEEKLY, other)) == {
        MONTH: (MONTHLY, other),
        WEEK: (WEEKLY,),
    }


@pytest.mark.parametrize(
    ("calendar", "now", "title"),
    [
        (MONTH, OCTOBER_END + WAIT - timedelta(seconds=1), "September 2026"),
        (MONTH, OCTOBER_END + WAIT, "October 2026"),
        (BERLIN, OCTOBER_END, "October 2026"),
        (BERLIN, OCTOBER_END - timedelta(seconds=1), "September 2026"),
        (WEEK, OCTOBER_END, "19 to 25 October 2026"),
    ],
)
def test_a_report_can_be_written_an_hour_after_its_period_in_its_time_zone(
    calendar: Calendar, now: datetime, title: str
) -> None:
    assert newest_period(calendar, now).title == title


def test_the_first_report_is_about_the_period_in_which_it_was_asked_for(store: Store) -> None:
    quotas, now = file(MONTHLY), OCTOBER_END - timedelta(days=10)
    assert titles_of_due(store, quotas, now) == []
    assert titles_of_due(store, quotas, OCTOBER_END) == []
    assert titles_of_due(store, quotas, OCTOBER_END + WAIT) == ["October 2026"]


def test_a_report_is_due_until_it_is_issued(store: Store) -> None:
    quotas, now = file(MONTHLY, WEEKLY, Quota("long", 1, report=LONG)), OCTOBER_END
    titles_of_due(store, quotas, now)
    later = OCTOBER_END + timedelta(days=3)
    due = ["October 2026", "26 October to 1 November 2026"]
    for _ in range(2):
        assert titles_of_due(store, quotas, later) == due
    issue(store, quotas, later)
    assert titles_of_due(store, quotas, later) == []


def test_only_the_newest_of_several_reports_that_were_missed_is_due(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    quotas = file(MONTHLY)
    titles_of_due(store, quotas, OCTOBER_END)
    assert titles_of_due(store, quotas, datetime(2027, 1, 20, tzinfo=UTC)) == ["December 2026"]
    assert "no report about November 2026 and before was issued" in caplog.text


def test_a_clock_that_was_ahead_makes_no_report_due_again(store: Store) -> None:
    quotas = file(MONTHLY)
    titles_of_due(store, quotas, OCTOBER_END)
    issue(store, quotas, OCTOBER_END + timedelta(days=40))
    assert titles_of_due(store, quotas, OCTOBER_END + WAIT) == []


def test_the_current_period_is_only_known_while_it_lasts() -> None:
    period = newest_period(MONTH, OCTOBER_END + WAIT)
    span = span_of(MONTH, period, OCTOBER_END + timedelta(days=29))
    assert span.current is not None
    assert (span.before.title, span.current.title) == ("September 2026", "November 2026")
    assert span_of(MONTH, period, OCTOBER_END + timedelta(days=30)).current is None


def test_keys_differ_by_calendar_and_period() -> None:
    quotas = quotas_by_calendar(file(MONTHLY, Quota("berlin", 1, report=BERLIN)))
    keys = set()
    for calendar in quotas:
        for days in (0, 40):
            period = newest_period(calendar, OCTOBER_END + WAIT + timedelta(days=days))
            keys.add((period.id, calendar))
    assert len(keys) == 4


@given(
    st.sampled_from([MONTH, WEEK, BERLIN, LONG]),
    st.lists(st.integers(1, 9 * 86_400), min_size=1, max_size=40),
)
def test_every_period_is_issued_once_and_an_hour_after_its_end_whenever_somebody_looks(
    calendar: Calendar, gaps_seconds: list[int]
) -> None:
    """A model of the marker: the ids of newest periods only grow, one for each period."""
    now = datetime(2026, 10, 1, tzinfo=UTC)
    marker, issued = newest_period(calendar, now).id, []
    for gap in gaps_seconds:
        now += timedelta(seconds=gap)
        newest = newest_period(calendar, now)
        assert newest.end + WAIT <= now
        if marker < newest.id:
            marker = newest.id
            issued.append(marker)
    assert len(set(issued)) == len(issued)
    assert issued == sorted(issued)
