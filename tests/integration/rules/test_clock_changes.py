"""The periods that live rules record while clocks change, compared with ``quotas.calendars``.

Rules for the past compute periods from the time alone (``test_periods``). Live rules record what
the clocks of each time zone show, and compute the periods from these records.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from bench.support.remote_write import Series, write
from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import LAST_ANCHOR_DAY, Calendar, Period, period_at
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import SLOTS
from quotas.rules.compiler import compile_rules
from quotas.rules.timezones import FIRST_YEAR, offset_changes
from tests.integration.support.prometheus import Labels, Server, with_config

HOUR = 3_600
ACCOUNTING = Accounting()
# Hours around a change of the clocks, and around the end of the day after it.
AROUND_CHANGE, AROUND_MIDNIGHT = 4 * HOUR, HOUR
# Every second evaluation is missed, so the records that are read can be two minutes old.
RECORDED_EVERY, RECORDED_AT = 2 * ACCOUNTING.resolution_seconds, 23
# Seconds in a quarter of an hour: its first moment, one with a new record, and its end.
READ_AT = (0, RECORDED_AT, QUARTER_SECONDS - 0.5)
COMPILED = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
# The open quarter, and those that can still gain bytes when the newest one is closed.
NEEDED_QUARTERS = 1 + ACCOUNTING.recounted_quarters + 1
CHANGING_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    # By half an hour, and with an offset that has three quarters of an hour.
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    # At midnight: clocks skip it, or show the hour before or after it twice.
    "Africa/Cairo",
    "America/Santiago",
    "America/Havana",
    # For the month of Ramadan, and for good at the end of a month.
    "Africa/Casablanca",
    "Asia/Almaty",
)
CONSTANT_ZONES = ("Asia/Kathmandu", "Pacific/Apia", "UTC")

# What a rule records, by time.
Records = Mapping[float, list[tuple[Labels, float]]]


@dataclass(frozen=True)
class Change:
    """A change of a time zone's clocks, at a time in Unix seconds."""

    zone: str
    at: int

    def spans(self) -> list[range]:
        """Return the times around the change, and around the end of the day after it."""
        day_after = period_at(Calendar("day", timezone=self.zone), moment(self.at + 12 * HOUR))
        midnight = int(day_after.end.timestamp())
        return [
            range(self.at - AROUND_CHANGE, self.at + AROUND_CHANGE),
            range(midnight - AROUND_MIDNIGHT, midnight + AROUND_MIDNIGHT),
        ]

    def calendars(self) -> list[Calendar]:
        """Return calendars of all kinds, whose periods begin at the nearest midnight if any do."""
        day = moment(self.at).astimezone(ZoneInfo(self.zone)) + timedelta(hours=12)
        return [
            Calendar("hour", timezone=self.zone),
            Calendar("day", timezone=self.zone),
            Calendar("week", anchor_weekday=day.weekday(), timezone=self.zone),
            Calendar(
                "month",
                anchor_day=day.day if day.day <= LAST_ANCHOR_DAY else 1,
                timezone=self.zone,
            ),
        ]


def changes() -> list[Change]:
    """Return all changes of clocks in a year, and the end of a month where there are none."""
    changing = [
        Change(zone, at)
        for zone in CHANGING_ZONES
        for at, _ in offset_changes(zone, FIRST_YEAR, FIRST_YEAR + 1)[1:]
    ]
    constant = [
        Change(zone, int(datetime(FIRST_YEAR, 7, 1, tzinfo=ZoneInfo(zone)).timestamp()))
        for zone in CONSTANT_ZONES
    ]
    return [*changing, *constant]


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a Prometheus that accepts samples of any time of a year."""
    config = {"storage": {"tsdb": {"out_of_order_time_window": "1y"}}}
    flags = (
        "--web.enable-remote-write-receiver",
        # All samples stay in memory: Prometheus 2.42 fails to read old ones while it moves them.
        "--storage.tsdb.min-block-duration=10y",
        "--storage.tsdb.max-block-duration=10y",
    )
    with with_config(tmp_path_factory.mktemp("prometheus"), config, *flags) as found:
        yield found


@pytest.mark.parametrize("change", changes(), ids=lambda c: f"{c.zone}-{moment(c.at):%Y-%m-%d}")
def test_live_rules_record_the_periods_of_the_calendar(server: Server, change: Change) -> None:
    calendars = change.calendars()
    quotas = tuple(Quota(calendar.name, 1, calendar=calendar) for calendar in calendars)
    rules = compile_rules(QuotaFile(ACCOUNTING, (), quotas), COMPILED)[0].groups[0].rules
    for span in change.spans():
        for rule in rules:
            if rule.name == names.LOCAL_TIME:
                write(server.url, records_of_clocks(server, rule, span))
        for calendar in calendars:
            found = {
                rule.name: read(server, rule.query, span)
                for rule in rules
                if rule.name in (names.QUARTER_HOUR_PERIOD, names.PERIOD_ELAPSED, names.PERIOD_LEFT)
                and rule.labels[names.CALENDAR] == calendar.name
            }
            assert_quarters(calendar, found[names.QUARTER_HOUR_PERIOD])
            assert_now(calendar, found[names.PERIOD_ELAPSED], found[names.PERIOD_LEFT])


def records_of_clocks(server: Server, rule: Rule, span: range) -> Iterator[Series]:
    """Yield what a rule records. It reads no series, so all of it can be computed at once."""
    first = span.start - RECORDED_EVERY + RECORDED_AT
    for labels, samples in server.query_range(rule.query, first, span.stop, RECORDED_EVERY):
        yield {**labels, **rule.labels, "__name__": rule.name}, samples


def read(server: Server, query: str, span: range) -> Records:
    """Return what a rule records at the chosen seconds of each quarter of an hour.

    It reads only what was recorded before. So it finds the same later.
    """
    found: dict[float, list[tuple[Labels, float]]] = {}
    for second in READ_AT:
        series = server.query_range(query, span.start + second, span.stop - 0.1, QUARTER_SECONDS)
        for labels, samples in series:
            for at, value in samples:
                found.setdefault(at, []).append((labels, value))
    assert len(found) == len(READ_AT) * len(span) // QUARTER_SECONDS
    return found


def assert_quarters(calendar: Calendar, records: Records) -> None:
    """Fail unless all quarters of an hour that are needed are recorded, each with its period."""
    for at, found in records.items():
        # A quarter has the number of its end.
        newest = int(at) // QUARTER_SECONDS + 1
        periods = {
            str(number % SLOTS): str(period_of_quarter(calendar, number).id)
            for number in range(newest - SLOTS // 2, newest + SLOTS // 2)
        }
        needed = {str((newest - back) % SLOTS) for back in range(NEEDED_QUARTERS)}
        pairs = [(labels[names.QUARTER_HOUR], labels[names.PERIOD]) for labels, _ in found]
        expected = {(quarter, periods[quarter]) for quarter in needed.union(q for q, _ in pairs)}
        assert sorted(pairs) == sorted(expected), f"{calendar.name} at {moment(at)}"


@cache
def period_of_quarter(calendar: Calendar, number: int) -> Period:
    return period_at(calendar, moment((number - 1) * QUARTER_SECONDS))


def assert_now(calendar: Calendar, elapsed: Records, left: Records) -> None:
    """Fail unless the current period, its elapsed and its remaining seconds are right."""
    for at in elapsed:
        period = period_at(calendar, moment(at))
        label = {names.PERIOD: str(period.id)}
        found = (elapsed[at], left[at])
        assert found == (
            [(label, at - period.start.timestamp())],
            [(label, period.end.timestamp() - at)],
        ), f"{calendar.name} at {moment(at)}"
