"""A backfill: raw counters in a database, the blocks that it makes from them, and the quotas then.

The rules are loaded in the night after a day on which clocks changed. The series that they record
from then on are made in the same way. The backfill must add that day and the part of the night.
"""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local.backfill.filling import backfill
from local.backfill.ranges import BackfillError, TimeRange
from quotas import names
from quotas.file.loading import parse_quotas
from quotas.prometheus.endpoint import Endpoint
from quotas.rules.compiler import compile_rules
from tests.integration.support.prometheus import Server, fill, running, samples

ZONE = "Europe/Berlin"
QUOTAS = parse_quotas(b"""\
version: 1
defaults: {notify: [ops@example.com]}
accounting: {resolution: 5m}
quotas:
  - {name: day, limit: 1 MB, period: {calendar: day, timezone: Europe/Berlin}, forecast: true}
  - {name: each, limit: 1 MB, for_each: service, period: {calendar: day, timezone: Europe/Berlin}}
  - {name: month, limit: 1 GB, service: tea}
""")

STEP_SECONDS, DELAY_SECONDS, SCRAPE_SECONDS = 300, 10, 60
HOUR_SECONDS = 3_600


def local_time(day: int, hour: int = 0, month: int = 10) -> int:
    return int(datetime(2026, month, day, hour, tzinfo=ZoneInfo(ZONE)).timestamp())


# The backfill starts with the day of 25 hours; the rules were loaded at 02:00 on the next day.
DAY, NEXT_DAY = local_time(25), local_time(26)
LOADED, NOW = local_time(26, 2), local_time(26, 6)
RECORDED = (names.DELTA, names.STEP_END, names.PERIOD_ELAPSED, names.PERIOD_LEFT)
GATEWAY = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
SERVICES = {"tea": 7, "bun": 100}


def scrapes() -> range:
    return range(DAY - 2 * HOUR_SECONDS + 7, NOW, SCRAPE_SECONDS)


def moved(service: str, at: int) -> int:
    return at % (SERVICES[service] * 13) + 1


def raw_counters() -> Iterator[str]:
    yield from samples("up", GATEWAY, ((at, 1) for at in scrapes()))
    for service in SERVICES:
        labels = {**GATEWAY, names.SERVICE: service, names.DIRECTION: names.EGRESS}
        values = itertools.accumulate(moved(service, at) for at in scrapes())
        yield from samples(names.GATEWAY_BYTES, labels, zip(scrapes(), values, strict=True))


def truth(service: str, begin: int, end: int) -> int:
    """Return the bytes that moved between two times, which are ends of steps."""
    return sum(moved(service, at) for at in scrapes() if begin < at <= end)


def recorded_since_loading(server: Server) -> Iterator[str]:
    """Yield the samples that the rules have recorded since they were loaded."""
    # Evaluations have a phase of their own.
    phase = 123.456
    for file in compile_rules(QUOTAS, datetime.fromtimestamp(NOW, UTC)):
        for group in file.groups:
            for rule in group.rules:
                if rule.name not in RECORDED:
                    continue
                begin = LOADED if rule.name in (names.DELTA, names.STEP_END) else DAY
                found = server.query_range(rule.query, begin + phase, NOW, STEP_SECONDS)
                for labels, values in found:
                    yield from samples(rule.name, {**labels, **rule.labels}, values)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a Prometheus that has the blocks of a backfill in its database."""
    folder, blocks = tmp_path_factory.mktemp("prometheus"), tmp_path_factory.mktemp("blocks")
    now = datetime.fromtimestamp(NOW, UTC)
    start = datetime.fromtimestamp(DAY, UTC)
    fill(folder, raw_counters())
    with running(folder) as server:
        with pytest.raises(BackfillError, match="load the rules"):
            backfill(Endpoint(server.url), QUOTAS, blocks, start=start, now=now)
        recorded = list(recorded_since_loading(server))
    fill(folder, recorded)
    with running(folder) as server:
        soon = datetime.fromtimestamp(LOADED + HOUR_SECONDS, UTC)
        with pytest.raises(BackfillError, match="try again after 04:0"):
            backfill(Endpoint(server.url), QUOTAS, blocks, start=start, now=soon)
        stretches = backfill(Endpoint(server.url), QUOTAS, blocks, start=start, now=now)
    # The live rules count from the step on that ended just before they were loaded.
    one = TimeRange(DAY + STEP_SECONDS + DELAY_SECONDS, LOADED + DELAY_SECONDS)
    assert stretches == {f"day@{ZONE}": one, "month": one}
    assert all((block / "meta.json").exists() for block in blocks.iterdir())
    for block in blocks.iterdir():
        shutil.move(block, folder / "data")
    with running(folder) as server:
        yield server


def test_each_byte_of_both_days_counts_once(filled: Server) -> None:
    calendar = f'calendar=~"|day@{ZONE}"'
    query = f"sum by (service, period) (sum_over_time({names.DELTA}{{{calendar}}}[3d]))"
    found: dict[tuple[str, str], float] = {}
    for labels, value in filled.query(query, NOW + HOUR_SECONDS):
        # What the live rules recorded has no period. It is all of the second day.
        key = labels["service"], labels.get("period", "20261026")
        found[key] = found.get(key, 0) + value
    # The last step that the rules have counted.
    end = (NOW - DELAY_SECONDS) // STEP_SECONDS * STEP_SECONDS
    expected = {}
    for service in SERVICES:
        expected[service, "20261025"] = truth(service, DAY, NEXT_DAY)
        expected[service, "20261026"] = truth(service, NEXT_DAY, end)
    assert found == expected
    assert NEXT_DAY - DAY == 25 * HOUR_SECONDS


def test_used_bytes_are_filled(filled: Server) -> None:
    at = local_time(26, 1)
    query = f"max by (quota, service, period) (last_over_time({names.USED}[10m]))"
    found = {
        (labels["quota"], labels.get("service"), labels.get("period")): value
        for labels, value in filled.query(query, at)
    }
    # An evaluation within a step of 01:00 counts the step that ended before.
    for end in range(at - 3 * STEP_SECONDS, at + 1, STEP_SECONDS):
        tea, bun = (truth(service, NEXT_DAY, end) for service in ("tea", "bun"))
        if found["day", None, "20261026"] == tea + bun:
            break
    assert found["day", None, "20261026"] == tea + bun
    assert found["each", "tea", "20261026"] == tea
    assert found["each", "bun", "20261026"] == bun


def test_a_month_has_used_the_bytes_of_its_days(filled: Server) -> None:
    # Quotas of months are evaluated every fifth step.
    query = f'last_over_time({names.USED}{{quota="month"}}[30m])'
    [(labels, used)] = filled.query(query, local_time(26, 1))
    assert labels[names.PERIOD] == "202610"
    ends = range(local_time(26), local_time(26, 1), STEP_SECONDS)
    assert used in {truth("tea", DAY, end) for end in ends}


def test_ratios_and_forecasts_are_filled(filled: Server) -> None:
    at = local_time(26, 1)
    used, ratio, forecast = (
        value
        for metric in (names.USED, names.RATIO, names.FORECAST)
        for _, value in filled.query(
            f'last_over_time({metric}{{quota="day", period="20261026"}}[5m])', at
        )
    )
    # Groups are evaluated at different times, so a ratio may be of the step before.
    assert ratio == pytest.approx(used / 1_000_000, rel=0.15)
    # One of 24 hours at an even pace. Its last steps are not counted yet.
    assert forecast == pytest.approx(used * 24, rel=0.3)
