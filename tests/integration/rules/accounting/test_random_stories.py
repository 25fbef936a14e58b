"""Random outages and restarts: bytes count exactly once, and never more than moved."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.rules.accounting.stories import TOTAL, Story, assert_totals
from tests.integration.support.promtool import counter, up
from tests.marks import thorough


@dataclass(frozen=True)
class Trace:
    """The scrapes of one gateway, and the bytes that they prove to have moved."""

    story: Story
    proven_bytes: int


def random_trace(chance: random.Random, *, restarts: bool) -> Trace:
    """Return 25 minutes of a counter with random outages, and with restarts if asked."""
    value = chance.choice((None, 10**9))
    before, proven, failures_left, has_restarted = value, 0, 0, False
    answers, values = [], []
    for scrape in range(100):
        # The scrapes of the first step are the baseline.
        if scrape > 4:
            failures_left = failures_left or (chance.random() < 0.03) * chance.randint(1, 12)
            if restarts and chance.random() < 0.03:
                value, has_restarted = None, True
            if chance.random() < 0.4:
                value = (value or 0) + chance.randint(1, 1_000)
        answers.append("0" if failures_left else "1")
        values.append("stale" if failures_left or value is None else str(value))
        if failures_left:
            failures_left -= 1
            continue
        proven += (value or 0) - (0 if has_restarted else before or 0)
        before, has_restarted = value, False
    return Trace({up(): " ".join(answers), counter(): " ".join(values)}, proven)


@pytest.mark.parametrize("count", [6, thorough(40)])
def test_with_random_outages_every_byte_counts_exactly_once(tmp_path: Path, count: int) -> None:
    chance = random.Random(1)  # noqa: S311 - traces, no secrets
    traces = [random_trace(chance, restarts=False) for _ in range(count)]
    stories = {f"{i}": (trace.story, TOTAL, trace.proven_bytes) for i, trace in enumerate(traces)}
    assert_totals(tmp_path, stories, at="28m")


@pytest.mark.parametrize("count", [6, thorough(40)])
def test_with_random_restarts_no_more_bytes_count_than_moved(tmp_path: Path, count: int) -> None:
    chance = random.Random(2)  # noqa: S311 - traces, no secrets
    traces = [random_trace(chance, restarts=True) for _ in range(count)]
    stories = {
        f"{i}": (trace.story, f"({TOTAL}) <= bool {trace.proven_bytes}", 1)
        for i, trace in enumerate(traces)
    }
    assert_totals(tmp_path, stories, at="28m")
