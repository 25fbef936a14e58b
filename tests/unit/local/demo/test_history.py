import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local.demo import history
from local.demo.run import QUOTAS
from quotas import names
from quotas.file.loading import load_quotas

NOW = datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC)
LINE = re.compile(r"([^{]+)\{(.*)\} (\S+) (\S+)\n")


@pytest.fixture(scope="module")
def past() -> history.Past:
    return history.make_past(NOW, 100_000)


def total(past: history.Past, **where: str) -> int:
    return sum(
        sum(flow.buckets)
        for flow in past.flows
        if all(flow.labels[name] == value for name, value in where.items())
    )


def test_it_moves_about_as_much_as_the_traffic_of_the_demo(past: history.Past) -> None:
    seconds = past.bounds[-1] - past.bounds[0]
    assert total(past) / seconds == pytest.approx(100_000, rel=0.2)
    assert total(past, service="bun-service") / total(past) == pytest.approx(0.6, abs=0.03)


def test_it_is_the_same_each_time(past: history.Past) -> None:
    assert history.make_past(NOW, 100_000) == past


def test_recorded_deltas_are_all_bytes_in_each_calendar(past: history.Past) -> None:
    quotas = load_quotas(QUOTAS).quotas
    sums: dict[str, int] = {}
    for line in history._write_deltas(past, quotas):
        found = LINE.fullmatch(line)
        assert found is not None
        calendar = re.search('calendar="([^"]*)"', found[2])
        assert calendar is not None
        sums[calendar[1]] = sums.get(calendar[1], 0) + int(found[3])
    assert sums == dict.fromkeys(("day", "month", "week"), total(past))


def test_counters_rise_and_are_missing_where_no_gateway_was_observed(past: history.Past) -> None:
    last: dict[str, tuple[int, int]] = {}
    longest = 0
    for line in history._write_counters(past, {"job": names.GATEWAY_JOB, "instance": "one:1"}):
        found = LINE.fullmatch(line)
        assert found is not None
        value, at = int(found[3]), int(found[4])
        if found[2] in last:
            assert value >= last[found[2]][0]
            longest = max(longest, at - last[found[2]][1])
        last[found[2]] = (value, at)
    assert len(last) == len(past.flows)
    assert longest > 2_000


def test_what_quotas_had_used_begins_anew_with_each_period(past: history.Past) -> None:
    quotas = load_quotas(QUOTAS)
    month = [quota for quota in quotas.quotas if quota.name == "bun-egress"]
    used: dict[str, list[int]] = {}
    for line in history._write_used(past, month):
        found = LINE.fullmatch(line)
        assert found is not None
        period = re.search('period="([^"]*)"', found[2])
        assert period is not None
        used.setdefault(period[1], []).append(int(found[3]))
    assert list(used) == ["202610", "202611"]
    assert all(values == sorted(values) for values in used.values())
    all_bytes = total(past, service="bun-service", direction="egress")
    assert sum(values[-1] for values in used.values()) == all_bytes


@pytest.mark.parametrize("seconds", range(0, 600, 30))
def test_nothing_moves_between_the_scrapes_around_a_gap_in_any_minute(seconds: int) -> None:
    """Otherwise recorded deltas would have bytes that the counters cannot show."""
    past = history.make_past(NOW.replace(minute=0, second=0) + timedelta(seconds=seconds), 100_000)
    gaps = 0
    for flow in past.flows[:2]:
        for (start, end), size in zip(pairwise(past.bounds), flow.buckets, strict=True):
            scrapes = range(start + 30, end + 1, 30)
            if not all(map(past.is_observed, [start, *scrapes])):
                gaps += 1
                assert size == 0
    assert gaps > 2 * 30
