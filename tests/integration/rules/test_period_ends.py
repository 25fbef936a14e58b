"""Traffic around the end of a period: which bytes count in the old period, which in the new."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import WEEKDAYS, Calendar, period_at
from quotas.model import Quota, QuotaFile
from quotas.rules.compiler import compile_rules
from tests.integration.support.prometheus import Server, fill, running, samples
from tests.integration.support.promtool import NOW

MINUTE, DAY = 60, 86_400
BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"


@dataclass(frozen=True)
class Stretch:
    """Traffic around the start of a period.

    Attributes:
        calendar: the calendar of the period.
        first_day: the first day of the new period.
        before: minutes of traffic before the new period begins.
        after: minutes of traffic from then on.

    """

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
        """Return the accounting step in seconds; it is longer if the traffic lasts a day."""
        return 5 * MINUTE if self.before > DAY // MINUTE - 120 else MINUTE

    def scrapes(self) -> range:
        """Return when gateways are scraped: twice a minute, never at a whole minute."""
        return range(self.at - self.before * MINUTE + 7, self.at + self.after * MINUTE, 30)


STRETCHES = [
    *(
        Stretch(Calendar("month", anchor_day=day), first_day)
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
        Stretch(Calendar("week", anchor_weekday=day), f"2026-06-{day + 1:02}")
        for day in range(len(WEEKDAYS))
    ),
    *(Stretch(Calendar(kind, timezone=KOLKATA), "2026-07-01") for kind in ("hour", "day", "month")),
    # Days of 23 and 25 hours, with traffic from before their start until after their end.
    Stretch(Calendar("day", timezone=BERLIN), "2026-03-30", 23 * 60 + 10),
    Stretch(Calendar("day", timezone=BERLIN), "2026-10-26", 25 * 60 + 10),
    Stretch(Calendar("day", timezone=NEW_YORK), "2026-03-09", 23 * 60 + 10),
    Stretch(Calendar("day", timezone=NEW_YORK), "2025-11-03", 25 * 60 + 10),
    Stretch(Calendar("month", timezone=BERLIN), "2026-04-01"),
    Stretch(Calendar("month", timezone=BERLIN), "2025-11-01"),
    Stretch(Calendar("month", timezone=NEW_YORK), "2025-12-01"),
    Stretch(Calendar("week", timezone=BERLIN), "2025-10-27"),
]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a Prometheus with the traffic of all stretches, each on a gateway of its own."""
    folder = tmp_path_factory.mktemp("history")
    fill(folder, (line for number, one in enumerate(STRETCHES) for line in traffic(number, one)))
    with running(folder) as server:
        yield server


def traffic(number: int, stretch: Stretch) -> Iterator[str]:
    target = {"job": names.GATEWAY_JOB, "instance": f"kong-{number}"}
    yield from samples("up", target, ((at, 1) for at in stretch.scrapes()))
    labels = {**target, names.SERVICE: f"turn-{number}", names.DIRECTION: names.EGRESS}
    counted = itertools.accumulate(moved(at) for at in stretch.scrapes())
    yield from samples(names.GATEWAY_BYTES, labels, zip(stretch.scrapes(), counted, strict=True))


def moved(at: int) -> int:
    """Return the bytes that moved between the previous scrape and this one."""
    return at % 997


@pytest.mark.parametrize(
    "number", range(len(STRETCHES)), ids=lambda n: f"{n}-{STRETCHES[n].calendar.name}"
)
def test_bytes_count_in_the_period_in_which_they_moved(history: Server, number: int) -> None:
    stretch = STRETCHES[number]
    # From the second step on, because the first is the baseline.
    began = stretch.at - stretch.before * MINUTE + stretch.step
    expected: Counter[str] = Counter()
    for at in stretch.scrapes():
        if at > began:
            period = period_at(stretch.calendar, datetime.fromtimestamp(at, UTC))
            expected[str(period.id)] += moved(at)
    assert sum_by_period(history, stretch, began) == expected
    assert len(expected) == (2 if stretch.step == MINUTE else 3)


def sum_by_period(history: Server, stretch: Stretch, began: int) -> dict[str, float]:
    """Return the bytes of each period, from all steps since a time."""
    evaluations = history.query_range(
        delta_query(stretch.calendar, Accounting(resolution_seconds=stretch.step)),
        began + stretch.step + 33,
        stretch.at + stretch.after * MINUTE + stretch.step,
        stretch.step,
    )
    found: dict[str, float] = {}
    for labels, values in evaluations:
        found[labels[names.PERIOD]] = sum(value for _, value in values)
    return found


def delta_query(calendar: Calendar, accounting: Accounting) -> str:
    quotas = QuotaFile(accounting, (), (Quota("any", 1, calendar=calendar),))
    rules = [
        rule
        for file in compile_rules(quotas, NOW, live=False)
        for group in file.groups
        for rule in group.rules
        if rule.name == names.DELTA and rule.labels[names.CALENDAR] == calendar.name
    ]
    [delta] = rules
    return delta.query


def test_a_step_counts_the_same_whenever_it_is_evaluated(history: Server) -> None:
    stretch = STRETCHES[0]
    first = stretch.at - stretch.before * MINUTE + 2 * MINUTE
    seen = [
        history.query_range(
            delta_query(stretch.calendar, Accounting()),
            first + late,
            first + 30 * MINUTE + late,
            MINUTE,
        )
        # From the earliest evaluation, after the delay, until just before the next one.
        for late in (10.002, 10.5, 11, 30, 59.999, 60, 69, 70)
    ]
    steps = [
        [(labels[names.PERIOD], [value for _, value in values]) for labels, values in looked]
        for looked in seen
    ]
    assert steps[1:] == steps[:1] * (len(steps) - 1)
