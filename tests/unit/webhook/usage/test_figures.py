"""The figures of reports, from what a fake reader knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from quotas.calendars import DAY, MONTH, WEEK, Calendar, Period, period_at
from quotas.model import Match, Quota
from webhook.reports.schedule import newest_period, span_of
from webhook.usage.figures import read_figures
from webhook.usage.highest import periods_that_end
from webhook.usage.model import EntryFigures, Figures
from webhook.usage.reading import EntryTotal, UsageReader, UsageUnavailableError

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
QUOTA = Quota("team", 1_000)
EACH = Quota("each", 1_000, for_each=("consumer",))


@dataclass
class FakeReader:
    """Knows the usage of each entry on the first days of periods, and what used most."""

    # By the name of the entry (empty for the only one): usage by the day on which it was reached.
    used: Mapping[str, Mapping[str, int]]
    top: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    knows_no_points: bool = False

    def read_totals(self, quota: Quota, period: Period, at: datetime) -> tuple[EntryTotal, ...]:
        """Return the newest usage of each entry within the period until some time."""
        found = []
        for entry, by_day in self.used.items():
            known = [
                size
                for day, size in by_day.items()
                if period.start <= datetime.fromisoformat(f"{day}T00:00+00:00") < period.end
                if datetime.fromisoformat(f"{day}T00:00+00:00") <= at
            ]
            if known:
                labels = {"consumer": entry} if entry else {}
                found.append(EntryTotal(labels, known[-1], quota.limit_bytes))
        return tuple(sorted(found, key=lambda total: -total.used_bytes))

    def read_points(
        self, _quota: Quota, _entry: Mapping[str, str], start: datetime, end: datetime
    ) -> tuple[tuple[datetime, int], ...]:
        """Return two points, unless Prometheus does not know them."""
        if self.knows_no_points:
            raise UsageUnavailableError("Prometheus: it is busy")
        return ((start, 0), (end, 1))

    def read_top(
        self, _quota: Quota, _period: Period, label: str, _at: datetime, most: int
    ) -> tuple[tuple[str, int], ...]:
        """Return what is known of a label."""
        return self.top.get(label, ())[:most]


def read(
    reader: FakeReader, quota: Quota, calendar: Calendar = MONTH, now: datetime = NOW
) -> Figures:
    span = span_of(calendar, newest_period(calendar, now), now)
    return read_figures(cast("UsageReader", reader), quota, span, now)


def test_a_period_is_compared_with_the_one_before() -> None:
    figures = read(FakeReader({"": {"2026-09-30": 300, "2026-10-31": 500}}), QUOTA)
    [entry] = figures.entries
    assert (entry.used_bytes, entry.before_bytes, figures.total_before_bytes) == (500, 300, 300)
    assert figures.basis == "period"


def test_a_period_before_that_is_unknown_is_not_compared() -> None:
    figures = read(FakeReader({"": {"2026-10-31": 500}}), QUOTA)
    assert figures.entries[0].before_bytes is figures.total_before_bytes is None


def test_the_outlook_follows_the_last_seven_days() -> None:
    figures = read(FakeReader({"": {"2026-10-20": 430, "2026-10-31": 500}}), QUOTA)
    assert figures.entries[0].expected_bytes == 70 * 30 // 7


def test_a_quota_that_began_within_the_last_seven_days_has_no_outlook() -> None:
    figures = read(FakeReader({"": {"2026-10-28": 430, "2026-10-31": 500}}), QUOTA)
    assert figures.entries[0].expected_bytes is None


def test_there_is_no_outlook_for_a_period_that_is_over() -> None:
    reader = FakeReader({"": {"2026-10-20": 430, "2026-10-31": 500}})
    span = span_of(MONTH, newest_period(MONTH, NOW), NOW + timedelta(days=31))
    figures = read_figures(cast("UsageReader", reader), QUOTA, span, NOW)
    assert figures.entries[0].expected_bytes is None


def test_a_week_goes_on_as_the_last_one() -> None:
    monday = datetime(2026, 10, 26, 2, tzinfo=UTC)
    quota = Quota("team", 1_000, calendar=WEEK)
    figures = read(FakeReader({"": {"2026-10-20": 430}}), quota, WEEK, monday)
    assert figures.entries[0].expected_bytes == 430


def test_entries_without_traffic_before_used_nothing_then() -> None:
    reader = FakeReader(
        {
            "new": {"2026-10-31": 900},
            "old": {"2026-09-30": 50, "2026-10-20": 60, "2026-10-31": 95},
            "gone": {"2026-09-30": 1_000},
        }
    )
    figures = read(reader, EACH)
    assert figures.entries == (
        EntryFigures({"consumer": "new"}, 900, 1_000, 0, 900 * 30 // 7),
        EntryFigures({"consumer": "old"}, 95, 1_000, 50, 35 * 30 // 7),
    )
    assert (figures.total_bytes, figures.total_before_bytes) == (995, 1_050)


def test_a_month_in_a_weekly_report_is_what_was_used_so_far() -> None:
    monday = datetime(2026, 10, 26, 2, tzinfo=UTC)
    reader = FakeReader({"": {"2026-10-12": 100, "2026-10-24": 180, "2026-10-26": 999}})
    figures = read(reader, QUOTA, WEEK, monday)
    # The usage at the end of the week, which is the first moment of the next one.
    assert figures.basis == "so far"
    assert (figures.entries[0].used_bytes, figures.total_before_bytes) == (999, 100)


def test_a_month_that_began_within_the_week_is_not_compared() -> None:
    monday = datetime(2026, 11, 2, 2, tzinfo=UTC)
    figures = read(FakeReader({"": {"2026-10-26": 999, "2026-11-01": 5}}), QUOTA, WEEK, monday)
    assert (figures.entries[0].used_bytes, figures.total_before_bytes) == (5, None)


def test_the_largest_consumers_and_services_are_those_that_differ() -> None:
    top = {
        "consumer": (("acme", 400), ("big-co", 100)),
        "service": (("bun", 500),),
        "route": (("a", 300), ("b", 200)),
    }
    reader = FakeReader({"": {"2026-10-31": 500}, "acme": {"2026-10-31": 400}}, top)
    assert [label for label, _ in read(reader, QUOTA).top] == ["consumer", "route"]
    assert [label for label, _ in read(reader, EACH).top] == ["route"]
    one_service = Quota("bun", 1, {"service": Match(("bun",)), "consumer": Match(("acme",))})
    assert [label for label, _ in read(reader, one_service).top] == ["route"]


def test_usage_over_time_is_that_of_the_quotas_own_period_until_the_reports_end() -> None:
    used = {"": {"2026-10-12": 100, "2026-10-24": 180}}
    monday = datetime(2026, 10, 26, tzinfo=UTC)
    points = read(FakeReader(used), QUOTA, WEEK, monday + timedelta(hours=2)).points
    assert [at for at, _ in points] == [datetime(2026, 10, 1, tzinfo=UTC), monday]
    points = read(FakeReader(used), QUOTA).points
    assert [at for at, _ in points] == [datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11)]
    assert read(FakeReader({"acme": {"2026-10-12": 100}}), EACH).points == ()


def test_figures_do_not_depend_on_usage_over_time() -> None:
    figures = read(FakeReader({"": {"2026-10-31": 500}}, knows_no_points=True), QUOTA)
    assert (figures.entries[0].used_bytes, figures.points) == (500, ())


def test_a_quota_that_nobody_recorded_has_no_entries() -> None:
    assert read(FakeReader({}), QUOTA).entries == ()


def test_the_periods_of_a_month_are_those_that_end_within_it() -> None:
    october = period_at(MONTH, datetime(2026, 10, 5, tzinfo=UTC))
    assert len(periods_that_end(DAY, october.start, october.end)) == 31
    weeks = periods_that_end(WEEK, october.start, october.end)
    assert [week.id for week in weeks] == [20260928, 20261005, 20261012, 20261019]
    berlin = Calendar("hour", timezone="Europe/Berlin")
    month = period_at(Calendar("month", timezone="Europe/Berlin"), october.start)
    assert len(periods_that_end(berlin, month.start, month.end)) == 31 * 24 + 1
