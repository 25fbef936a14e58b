"""Periods as Prometheus computes them, beside those that Python's zoneinfo knows."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from quotas import names
from quotas.calendars import WEEKDAYS, Calendar, period_at
from quotas.model import Accounting, Quota, QuotaFile
from quotas.rules.compiler import compile_rules
from quotas.rules.periods import PeriodQueries, period_queries
from quotas.rules.timezones import FIRST_YEAR, last_year, offset_changes, offset_query
from tests.integration.support.prometheus import Server, fill, running, samples
from tests.integration.support.promtool import NOW

START = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(last_year(NOW) + 1, 1, 1, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY = 60, 3_600, 86_400
YEAR_LOOKS, TURN_LOOKS = 40, 5

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
# Clocks that change at midnight, by half an hour, several times a year, and the other way round.
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
    """Return a Prometheus that holds nothing."""
    with running(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, *ODD_ZONES])
def test_the_clocks_of_a_zone_are_right_in_all_years_and_to_the_second_at_their_changes(
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


def looks(calendar: Calendar) -> Iterator[tuple[float, float, float]]:
    """Yield ranges of times, as start, end and step, at which to look at a calendar.

    They are all the years, the hours around two changes of the clocks, and some periods' turns.
    """
    yield START, END - 1, (END - START) // YEAR_LOOKS
    chance = random.Random(calendar.name)  # noqa: S311 - times, no secrets
    changes = offset_changes(calendar.timezone, FIRST_YEAR, last_year(NOW) + 1)[1:]
    for at, _ in chance.sample(changes, min(2, len(changes))):
        yield at - 25 * HOUR, at + 25 * HOUR, 5 * HOUR - MINUTE
    for _ in range(TURN_LOOKS):
        turn = period_at(calendar, datetime.fromtimestamp(chance.randrange(START, END), UTC)).end
        yield turn.timestamp() - 1, turn.timestamp(), 1


def assert_period(calendar: Calendar, at: float, found: tuple[str, float, float]) -> None:
    """Fail unless id, elapsed and left are what Python says, on clocks as if none changed."""
    moment = datetime.fromtimestamp(at, UTC)
    period = period_at(calendar, moment)
    clocks = [
        time.astimezone(ZoneInfo(calendar.timezone)).replace(tzinfo=None)
        for time in (period.start, moment, period.end)
    ]
    if calendar.kind == "hour":
        clocks = [time.astimezone(UTC) for time in (period.start, moment, period.end)]
    else:
        # Where midnight is left out, a period begins later than its first day.
        clocks[0] = clocks[0].replace(hour=0, minute=0)
        clocks[2] = clocks[2].replace(hour=0, minute=0)
    start, now, end = clocks
    expected = (str(period.id), (now - start).total_seconds(), (end - now).total_seconds())
    assert found == expected, f"{calendar.name} at {moment} ({at})"


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.name)
def test_prometheus_and_python_cut_all_years_into_the_same_periods(
    empty: Server, calendar: Calendar
) -> None:
    queries = period_queries(calendar, "time()", NOW)
    for start, end, step in looks(calendar):
        found = list(periods(empty, queries, start, end, step))
        assert len(found) == (end - start) // step + 1
        for at, period_id, elapsed, left in found:
            assert_period(calendar, at, (period_id, elapsed, left))


def periods(
    server: Server, queries: PeriodQueries, start: float, end: float, step: float
) -> Iterator[tuple[float, str, float, float]]:
    """Yield each time of a range with the period's id, its elapsed and its left seconds."""
    both = "\nor\n".join(
        f'label_replace({queries.label} * ({query}), "what", "{what}", "", "")'
        for what, query in (("elapsed", queries.elapsed_seconds), ("left", queries.left_seconds))
    )
    seen: dict[tuple[float, str], dict[str, float]] = {}
    for labels, values in server.query_range(both, start, end, step):
        for at, value in values:
            seen.setdefault((at, labels[names.PERIOD]), {})[labels["what"]] = value
    for (at, period_id), found in seen.items():
        yield at, period_id, found["elapsed"], found["left"]


@dataclass(frozen=True)
class Turn:
    """A stretch of traffic around the turn of a period: minutes before and after it."""

    calendar: Calendar
    first_day: str
    before: int = 20
    after: int = 20

    @property
    def at(self) -> int:
        """Return when the new period begins, in Unix seconds."""
        midnight = datetime.fromisoformat(self.first_day)
        return int(midnight.replace(tzinfo=ZoneInfo(self.calendar.timezone)).timestamp())

    @property
    def step(self) -> int:
        """Return the accounting step in seconds: a long one for days."""
        return 5 * MINUTE if self.before > DAY // MINUTE - 120 else MINUTE

    def scrapes(self) -> range:
        """Return when gateways are scraped: every half minute, never at a whole one."""
        return range(self.at - self.before * MINUTE + 7, self.at + self.after * MINUTE, 30)


TURNS = [
    *(
        Turn(Calendar("month", anchor_day=day), first_day)
        for day, first_day in (
            (1, "2026-02-01"),  # 31 days
            (1, "2026-03-01"),  # 28
            (1, "2024-03-01"),  # 29
            (1, "2026-05-01"),  # 30
            (1, "2026-01-01"),  # a year's end
            (28, "2024-02-28"),
            (28, "2025-02-28"),
            (15, "2025-01-15"),
        )
    ),
    *(
        Turn(Calendar("week", anchor_weekday=day), f"2026-06-{day + 1:02}")
        for day in range(len(WEEKDAYS))
    ),
    *(Turn(Calendar(kind, timezone=KOLKATA), "2026-07-01") for kind in ("hour", "day", "month")),
    # Days of 23 and 25 hours, from before their start until after their end.
    Turn(Calendar("day", timezone=BERLIN), "2026-03-30", 23 * 60 + 10),
    Turn(Calendar("day", timezone=BERLIN), "2026-10-26", 25 * 60 + 10),
    Turn(Calendar("day", timezone=NEW_YORK), "2026-03-09", 23 * 60 + 10),
    Turn(Calendar("day", timezone=NEW_YORK), "2025-11-03", 25 * 60 + 10),
    Turn(Calendar("month", timezone=BERLIN), "2026-04-01"),
    Turn(Calendar("month", timezone=BERLIN), "2025-11-01"),
    Turn(Calendar("month", timezone=NEW_YORK), "2025-12-01"),
    Turn(Calendar("week", timezone=BERLIN), "2025-10-27"),
]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a Prometheus that holds one gateway for each turn."""
    folder = tmp_path_factory.mktemp("history")
    fill(folder, (line for number, turn in enumerate(TURNS) for line in traffic(number, turn)))
    with running(folder) as server:
        yield server


def traffic(number: int, turn: Turn) -> Iterator[str]:
    target = {"job": names.GATEWAY_JOB, "instance": f"kong-{number}"}
    yield from samples("up", target, ((at, 1) for at in turn.scrapes()))
    labels = {**target, names.SERVICE: f"turn-{number}", names.DIRECTION: names.EGRESS}
    counted = itertools.accumulate(moved(at) for at in turn.scrapes())
    yield from samples(names.GATEWAY_BYTES, labels, zip(turn.scrapes(), counted, strict=True))


def moved(at: int) -> int:
    """Return how many bytes a scrape finds to have been moved since the one before."""
    return at % 997


@pytest.mark.parametrize("number", range(len(TURNS)), ids=lambda n: f"{n}-{TURNS[n].calendar.name}")
def test_bytes_before_a_turn_are_of_the_old_period_and_those_after_it_of_the_new(
    history: Server, number: int
) -> None:
    turn = TURNS[number]
    # From the second step on: the first is the baseline.
    began = turn.at - turn.before * MINUTE + turn.step
    expected: Counter[str] = Counter()
    for at in turn.scrapes():
        if at > began:
            period = period_at(turn.calendar, datetime.fromtimestamp(at, UTC))
            expected[str(period.id)] += moved(at)
    assert sum_by_period(history, turn, began) == expected
    assert len(expected) == (2 if turn.step == MINUTE else 3)


def sum_by_period(history: Server, turn: Turn, began: int) -> dict[str, float]:
    """Return the bytes of each period, of all steps from a time on."""
    evaluations = history.query_range(
        delta_query(turn.calendar, Accounting(resolution_seconds=turn.step)),
        began + turn.step + 33,
        turn.at + turn.after * MINUTE + turn.step,
        turn.step,
    )
    found: dict[str, float] = {}
    for labels, values in evaluations:
        found[labels[names.PERIOD]] = sum(value for _, value in values)
    return found


def delta_query(calendar: Calendar, accounting: Accounting) -> str:
    quotas = QuotaFile(accounting, (), (Quota("any", 1, calendar=calendar),))
    rules = [
        rule
        for file in compile_rules(quotas, NOW)
        for group in file.groups
        for rule in group.rules
        if rule.name == names.DELTA and rule.labels[names.CALENDAR] == calendar.name
    ]
    [delta] = rules
    return delta.query


def test_what_a_step_counts_does_not_depend_on_when_it_is_looked_at(history: Server) -> None:
    turn = TURNS[0]
    first = turn.at - turn.before * MINUTE + 2 * MINUTE
    seen = [
        history.query_range(
            delta_query(turn.calendar, Accounting()),
            first + late,
            first + 30 * MINUTE + late,
            MINUTE,
        )
        # As soon as it is over and samples have had their time, and just before the next one.
        for late in (10.002, 10.5, 11, 30, 59.999, 60, 69, 70)
    ]
    steps = [
        [(labels[names.PERIOD], [value for _, value in values]) for labels, values in looked]
        for looked in seen
    ]
    assert steps[1:] == steps[:1] * (len(steps) - 1)
