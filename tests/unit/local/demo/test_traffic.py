from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local.demo.traffic import History, make_history

NOW = datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC)


def total(history: History, **where: str) -> int:
    return sum(
        sum(flow.buckets)
        for flow in history.flows
        if all(flow.labels[name] == value for name, value in where.items())
    )


def test_the_history_has_about_as_many_bytes_as_the_live_traffic(history: History) -> None:
    seconds = history.bounds[-1] - history.bounds[0]
    assert total(history) / seconds == pytest.approx(100_000, rel=0.2)
    bun_share = total(history, service="bun-service") / total(history)
    assert bun_share == pytest.approx(0.6, abs=0.03)


def test_the_same_end_gives_the_same_history(history: History) -> None:
    assert make_history(NOW, 100_000) == history


@pytest.mark.parametrize("seconds", range(0, 600, 30))
def test_no_bytes_move_between_the_scrapes_around_a_gap(seconds: int) -> None:
    """Otherwise deltas would have bytes that the counters cannot show."""
    now = NOW.replace(minute=0, second=0) + timedelta(seconds=seconds)
    history = make_history(now, 100_000)
    gaps = 0
    for flow in history.flows[:2]:
        for (start, end), size in zip(pairwise(history.bounds), flow.buckets, strict=True):
            scrapes = range(start + 30, end + 1, 30)
            if not all(map(history.is_observed, [start, *scrapes])):
                gaps += 1
                assert size == 0
    assert gaps > 2 * 30
