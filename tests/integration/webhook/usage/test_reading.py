"""The usage that mails read from Prometheus: what the rules recorded, never above the truth."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quotas import names
from quotas.calendars import DAY, HOUR, MONTH, Calendar, period_at
from quotas.model import Match, Quota
from quotas.prometheus.endpoint import Endpoint
from tests.integration.rules.accounting.ruler import Gateway, evaluated, every_minute
from tests.integration.support.prometheus import Labels, fill, running, samples
from webhook.usage.highest import read_highest
from webhook.usage.reading import MOST_POINTS, EntryTotal, UsageReader

MINUTE, HOUR_SECONDS = 60, 3_600
OCTOBER = period_at(MONTH, datetime(2026, 10, 10, tzinfo=UTC))
LATER = datetime(2026, 11, 20, tzinfo=UTC)
TEAM = Quota("team", 1_000, {"service": Match(("bun",))}, "egress")
EACH = Quota("each", 1_000, direction="egress", for_each=("consumer",))
CARROT = Quota("carrot", 1_000, {"service": Match(("carrot",))})
ENDED = int(OCTOBER.end.timestamp())


def lasting(
    metric: str, labels: Labels, value: float, until: int = ENDED + HOUR_SECONDS
) -> Iterator[str]:
    """Yield a series that grows by one in each of the three hours until some time."""
    every = range(until - 3 * HOUR_SECONDS, until, MINUTE)
    return samples(metric, labels, ((at, value - (until - at) // HOUR_SECONDS) for at in every))


def used(quota: Quota, period: int = 202610, **more: str) -> Labels:
    own = {"quota": quota.name, "calendar": quota.calendar.name, "period": str(period)}
    return own | quota.fixed_labels | more


def recorded() -> Iterable[str]:
    """Yield what rules recorded around the end of October."""
    yield from lasting(names.USED, used(TEAM), 700)
    yield from lasting(names.USED, used(TEAM, 202611), 5)
    # What the quota counted before its selector was changed.
    yield from lasting(names.USED, used(TEAM, service="kale"), 999)
    for consumer, value in {"acme": 300, "big-co": 900, "=cmd|' /C calc'!A0": 20}.items():
        yield from lasting(names.USED, used(EACH, consumer=consumer), value)
    # Prometheus was down at the end of the month, and came back long after it.
    yield from lasting(names.USED, used(CARROT), 50, ENDED - 36 * HOUR_SECONDS)
    yield from samples(
        names.LIMIT, {"quota": "team"}, [(ENDED - 7_200, 800), (ENDED - 3_600, 1_000)]
    )
    yield from samples(names.LIMIT, {"quota": "team"}, [(ENDED + 3_600, 2_000)])
    total = {"calendar": "month", "period": "202610", "direction": "egress"}
    for consumer, value in {"acme": 300, "big-co": 500, "": 40}.items():
        for service in ("bun", "kale"):
            labels = total | {"consumer": consumer, "service": service}
            yield from lasting(names.TOTAL, labels, value)
    yield from lasting(names.TOTAL, total | {"service": "bun", "direction": "ingress"}, 10_000)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsageReader]:
    folder = tmp_path_factory.mktemp("recorded")
    fill(folder, recorded())
    with running(folder) as server:
        yield UsageReader(Endpoint(server.url))


def test_a_total_is_the_greatest_value_of_the_quota_as_it_is_now(reader: UsageReader) -> None:
    assert reader.read_totals(TEAM, OCTOBER, LATER) == (EntryTotal({}, 700, 1_000),)


def test_a_total_until_a_time_within_the_period_is_what_was_used_then(reader: UsageReader) -> None:
    at = OCTOBER.end - timedelta(minutes=90)
    assert reader.read_totals(TEAM, OCTOBER, at) == (EntryTotal({}, 698, 800),)


def test_entries_are_sorted_by_what_they_used(reader: UsageReader) -> None:
    totals = reader.read_totals(EACH, OCTOBER, LATER)
    found = [(total.labels, total.used_bytes) for total in totals]
    assert found == [
        ({"consumer": "big-co"}, 900),
        ({"consumer": "acme"}, 300),
        ({"consumer": "=cmd|' /C calc'!A0"}, 20),
    ]


def test_a_period_whose_end_nobody_recorded_has_what_is_known(reader: UsageReader) -> None:
    assert [total.used_bytes for total in reader.read_totals(CARROT, OCTOBER, LATER)] == [50]


def test_a_limit_that_nobody_recorded_is_that_of_the_quota(reader: UsageReader) -> None:
    assert [total.limit_bytes for total in reader.read_totals(CARROT, OCTOBER, LATER)] == [1_000]


def test_a_quota_that_nobody_recorded_has_no_totals(reader: UsageReader) -> None:
    assert reader.read_totals(Quota("unknown", 1), OCTOBER, LATER) == ()


def test_the_largest_consumers_are_those_of_the_quotas_traffic(reader: UsageReader) -> None:
    assert reader.read_top(TEAM, OCTOBER, "consumer", LATER) == (("big-co", 500), ("acme", 300))
    assert reader.read_top(TEAM, OCTOBER, "consumer", LATER, most=1) == (("big-co", 500),)
    assert reader.read_top(EACH, OCTOBER, "service", LATER) == (("bun", 800), ("kale", 800))


def test_points_end_where_they_are_asked_to(reader: UsageReader) -> None:
    points = reader.read_points(TEAM, {}, OCTOBER.start, OCTOBER.end)
    assert points[-1] == (OCTOBER.end, 699)
    assert reader.read_points(TEAM, {}, OCTOBER.end, OCTOBER.end) == ()


def test_points_are_those_of_one_entry_and_few(reader: UsageReader) -> None:
    start = OCTOBER.end - timedelta(hours=2)
    points = reader.read_points(EACH, {"consumer": "acme", "team": "x"}, start, OCTOBER.end)
    values = [value for _, value in points]
    assert MOST_POINTS // 2 < len(points) <= MOST_POINTS
    assert values == sorted(values)
    assert set(values) == {297, 298, 299}


def test_what_the_rules_recorded_is_what_a_gateway_moved(tmp_path: Path) -> None:
    """One hour and what follows, as the rules count them; the hour's step begins at its minute."""
    until = 2 * HOUR_SECONDS
    with evaluated(tmp_path, every_minute(until), until) as (server, gateway):
        reader = UsageReader(Endpoint(server.url))
        end = datetime.fromtimestamp(gateway.start + until, UTC)
        for quota in (Quota("hour", 10**12, calendar=HOUR), Quota("day", 10**12, calendar=DAY)):
            check(reader, quota, gateway, end)
        check_highest(reader, gateway, end)


def check_highest(reader: UsageReader, gateway: Gateway, end: datetime) -> None:
    """Compare the highest of two hours with the bytes that were moved in either."""
    start = datetime.fromtimestamp(gateway.start, UTC)
    quota, span = Quota("hour", 10**12, calendar=HOUR), (start, start + timedelta(hours=2))
    [highest] = read_highest(reader, quota, *span, end)
    hours = [gateway.truth(at, at + HOUR_SECONDS) for at in (0, HOUR_SECONDS)]
    [first] = reader.read_totals(quota, period_at(HOUR, start), end)
    assert first.used_bytes <= highest.used_bytes <= max(hours)
    assert highest.over == 0
    [limited] = read_highest(reader, replace(quota, limit_bytes=1), *span, end)
    assert limited.over == 2


def check(reader: UsageReader, quota: Quota, gateway: Gateway, end: datetime) -> None:
    """Compare what is read of the first hour's period with the bytes that were moved in it."""
    assert isinstance(quota.calendar, Calendar)
    period = period_at(quota.calendar, datetime.fromtimestamp(gateway.start, UTC))
    [total] = reader.read_totals(quota, period, end)
    counted = gateway.truth(0, HOUR_SECONDS if quota.calendar == HOUR else 2 * HOUR_SECONDS)
    assert 0 < total.used_bytes <= counted
    [(service, top_bytes)] = reader.read_top(quota, period, "service", end)
    assert (service, top_bytes) == ("s", total.used_bytes)
    points = reader.read_points(quota, {}, period.start, min(end, period.end))
    assert 0 < points[-1][1] <= total.used_bytes
