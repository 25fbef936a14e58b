from datetime import UTC, datetime

import pytest

from local.demo.traffic import History, make_history


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
    now = datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC)
    assert make_history(now, 100_000) == history
