"""Which times are asked of Prometheus, and which are cached. Each value equals its time."""

import math
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.clients import range_cache
from api.clients.cache import Cache
from api.clients.range_cache import SETTLE_MS, Upstream, read_range
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Columns, Prometheus

NOW_MS = 10_000_000_000
STEP_MS = 60_000
# All values that are final.
PAST = range(NOW_MS - 600 * STEP_MS, NOW_MS - SETTLE_MS + 1, STEP_MS)


class Asked(list[range]):
    """The times of each question."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return answer_with_times(monkeypatch)


def answer_with_times(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()

    def answer(_: Prometheus, query: str, times_ms: range, __: float) -> Columns:
        found.append(times_ms)
        return {(("query", query),): array("d", times_ms)}

    monkeypatch.setattr(range_cache, "query_columns", answer)
    return found


def upstream() -> Upstream:
    return Upstream(Prometheus(Endpoint("http://x"), 1), Cache(10_000_000))


def read(known: Upstream, times_ms: range, query: str = "q") -> list[float]:
    [column] = read_range(known, query, times_ms, NOW_MS).values()
    return list(column)


def test_past_values_are_asked_once(asked: Asked) -> None:
    known = upstream()
    for _ in range(3):
        assert read(known, PAST) == [float(time) for time in PAST]
    assert asked == [PAST]


def test_only_values_that_are_not_cached_or_not_final_are_asked_again(asked: Asked) -> None:
    known = upstream()
    times = range(PAST.start, NOW_MS + 1, STEP_MS)
    assert read(known, times) == read(known, times)
    young = [time for time in times if time > NOW_MS - SETTLE_MS]
    assert list(asked[1]) == young

    earlier = range(PAST.start - 10 * STEP_MS, PAST.stop, STEP_MS)
    assert read(known, earlier) == [float(time) for time in earlier]
    assert asked[2:] == [range(PAST.start - 10 * STEP_MS, PAST.start, STEP_MS)]


def test_values_of_a_query_that_looks_ahead_are_final_later(asked: Asked) -> None:
    known = upstream()
    ahead_ms = 10 * STEP_MS
    for _ in range(2):
        read_range(known, "q", PAST, NOW_MS, look_ahead_ms=ahead_ms)
    assert asked == [PAST, PAST[-10:]]


def test_another_query_step_or_phase_is_another_question(asked: Asked) -> None:
    known = upstream()
    read(known, PAST)
    read(known, PAST, "other")
    read(known, range(PAST.start, PAST.stop, 2 * STEP_MS))
    read(known, range(PAST.start + 1, PAST.stop - STEP_MS, STEP_MS))
    assert len(asked) == 4


def test_a_series_that_comes_later_has_no_value_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: Any, __: str, times_ms: range, ___: float) -> Columns:
        name = "late" if times_ms.start > PAST.start else "early"
        missing = [math.nan] * (len(times_ms) - 1)
        return {(("name", name),): array("d", [1.0, *missing])}

    monkeypatch.setattr(range_cache, "query_columns", answer)
    known = upstream()
    first = range(PAST.start, PAST.start + 3 * STEP_MS, STEP_MS)
    whole = range(PAST.start, PAST.start + 5 * STEP_MS, STEP_MS)
    read_range(known, "q", first, NOW_MS)
    for _ in range(2):
        columns = read_range(known, "q", whole, NOW_MS)
        early, late = columns[(("name", "early"),)], columns[(("name", "late"),)]
        assert [math.isnan(value) for value in early] == [False, True, True, True, True]
        assert [math.isnan(value) for value in late] == [True, True, True, False, True]


@given(st.lists(st.tuples(st.integers(0, 1_500), st.integers(1, 800)), min_size=1, max_size=8))
@settings(max_examples=60)
def test_each_time_has_its_value_whatever_was_asked_before(spans: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        asked = answer_with_times(patch)
        known = upstream()
        for first, length in spans:
            last = NOW_MS - first * STEP_MS
            times = range(last - (length - 1) * STEP_MS, last + 1, STEP_MS)
            assert read(known, times) == [float(time) for time in times]
        assert len(asked) <= 4 * len(spans)
