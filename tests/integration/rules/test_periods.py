"""Periods and offsets as Prometheus computes them, compared with ``zoneinfo``."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from quotas import names
from quotas.calendars import WEEKDAYS, Calendar, period_at
from quotas.rules.period_queries import PeriodQueries, period_queries
from quotas.rules.timezones import FIRST_YEAR, last_year, offset_changes, offset_query
from tests.integration.support.prometheus import Server, running
from tests.integration.support.promtool import NOW

START = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(last_year(NOW) + 1, 1, 1, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# How many times are compared: in all years, and at the ends of random periods.
TIMES_IN_ALL_YEARS, PERIOD_ENDS = 40, 5
BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
# Clocks that change at midnight, by half an hour, several times a year, or the other way round.
ODD_ZONES = (
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Scoresbysund",
    "Europe/Dublin",
    "Asia/Kathmandu",
)

CALENDARS = [
    *(Calendar("month", anchor_day=day) for day in (1, 2, 15, 28)),
    *(Calendar("week", anchor_weekday=day) for day in range(len(WEEKDAYS))),
    *(Calendar("hour", timezone=zone) for zone in ("UTC", BERLIN, KOLKATA, *ODD_ZONES[:2])),
    *(Calendar("day", timezone=zone) for zone in ("UTC", BERLIN, NEW_YORK, KOLKATA, *ODD_ZONES)),
    *(Calendar("week", anchor_weekday=6, timezone=zone) for zone in (NEW_YORK, KOLKATA)),
    *(Calendar("month", timezone=zone) for zone in (BERLIN, NEW_YORK, KOLKATA)),
    *(Calendar("month", anchor_day=28, timezone=zone) for zone in (BERLIN, "Pacific/Auckland")),
]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a Prometheus without any data."""
    with running(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, *ODD_ZONES])
def test_the_offset_of_a_zone_is_right_in_all_years_and_to_the_second_at_its_changes(
    empty: Server, zone: str
) -> None:
    clocks = f"vector({offset_query(zone, 'time()', NOW)})"
    changes = [at for at, _ in offset_changes(zone, FIRST_YEAR, last_year(NOW) + 1)[1:]]
    ranges = [(START, END - 1, 2 * DAY + 7), *((at - 2, at + 2, 1) for at in changes)]
    for start, end, step in ranges:
        [(_, found)] = empty.query_range(clocks, start, end, step)
        assert found == [(at, offset_at(zone, at)) for at in range(start, end + 1, step)]


def offset_at(zone: str, at: float) -> float:
    offset = datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset.total_seconds()


def ranges_of(calendar: Calendar) -> Iterator[tuple[float, float, float]]:
    """Yield ranges of times at which to compare a calendar, each as start, end and step.

    They cover all years, the hours around two changes of clocks, and the ends of some periods.
    """
    yield START, END - 1, (END - START) // TIMES_IN_ALL_YEARS
    chance = random.Random(calendar.name)  # noqa: S311 - times, no secrets
    changes = offset_changes(calendar.timezone, FIRST_YEAR, last_year(NOW) + 1)[1:]
    for at, _ in chance.sample(changes, min(2, len(changes))):
        yield at - 25 * HOUR, at + 25 * HOUR, 5 * HOUR - MINUTE
    for _ in range(PERIOD_ENDS):
        end = period_at(calendar, datetime.fromtimestamp(chance.randrange(START, END), UTC)).end
        yield end.timestamp() - 1, end.timestamp(), 1


def assert_period(calendar: Calendar, at: float, found: tuple[str, float, float]) -> None:
    """Fail unless id, elapsed and remaining seconds are right."""
    moment = datetime.fromtimestamp(at, UTC)
    period = period_at(calendar, moment)
    expected = (str(period.id), at - period.start.timestamp(), period.end.timestamp() - at)
    assert found == expected, f"{calendar.name} at {moment} ({at})"


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.name)
def test_prometheus_and_python_compute_the_same_periods_in_all_years(
    empty: Server, calendar: Calendar
) -> None:
    queries = period_queries(calendar, "time()", NOW)
    for start, end, step in ranges_of(calendar):
        found = list(periods(empty, queries, start, end, step))
        assert len(found) == (end - start) // step + 1
        for at, period_id, elapsed, left in found:
            assert_period(calendar, at, (period_id, elapsed, left))


def periods(
    server: Server, queries: PeriodQueries, start: float, end: float, step: float
) -> Iterator[tuple[float, str, float, float]]:
    """Yield time, id, elapsed seconds and remaining seconds for each time of a range."""
    both = "\nor\n".join(
        f'label_replace({queries.label} * on () group_left () ({query}), "what", "{what}", "", "")'
        for what, query in (("elapsed", queries.elapsed_seconds), ("left", queries.left_seconds))
    )
    seen: dict[tuple[float, str], dict[str, float]] = {}
    for labels, values in server.query_range(both, start, end, step):
        for at, value in values:
            seen.setdefault((at, labels[names.PERIOD]), {})[labels["what"]] = value
    for (at, period_id), found in seen.items():
        yield at, period_id, found["elapsed"], found["left"]
