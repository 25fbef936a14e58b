"""Every window of every step, over days on which clocks change, a reset, and gaps.

The gateway is scraped every 30 s. It moves bytes that depend on the time, is restarted once, is out
of sight for half an hour (which is caught up) and for three hours (which is lost: nobody observed).
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from api import create_app
from quotas import names
from quotas.file.loading import parse_quotas
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from tests.integration.support.prometheus import fill, run_promtool, running, samples
from tests.integration.support.promtool import chosen

START = int(datetime(2026, 3, 27, tzinfo=UTC).timestamp())
NOW = int(datetime(2026, 3, 30, 12, 10, 30, tzinfo=UTC).timestamp())
SCRAPE_SECONDS = 30
OFFSET_SECONDS = 7
HOUR = 3_600
RESET = START + 20 * HOUR
SHORT_GAP = range(START + 30 * HOUR, START + 30 * HOUR + 1_800)
LONG_GAP = range(START + 52 * HOUR, START + 55 * HOUR)

QUOTAS = b"version: 1\nquotas: [{name: all, limit: 1 TB, notify: [a@example.com]}]\n"
LABELS = {"service": "s", "route": "r", "consumer": "", "workspace": "default"}
TARGET = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}

TIMES = [
    at
    for at in range(START + OFFSET_SECONDS, NOW + 600, SCRAPE_SECONDS)
    if at not in SHORT_GAP and at not in LONG_GAP
]


def counted(at: int) -> int:
    """Return what the counter says: a polynomial of the time, from zero after the reset."""
    seconds = at - (RESET if at >= RESET else START)
    return 1_000 + 7 * seconds + seconds * seconds // 10_000


def moved() -> dict[int, int]:
    """Return the bytes that each scrape finds moved since the one before, by time."""
    found = {}
    for before, at in pairwise(TIMES):
        if at - before > HOUR:
            found[at] = 0  # seen anew: counted from here
        else:
            found[at] = counted(at) - (0 if before < RESET <= at else counted(before))
    return found


MOVED = moved()


def expected(start: float, end: float) -> int | None:
    """Return the bytes in a window, None if there was no scrape in it."""
    first, last = bisect_left(TIMES, start + 0.001), bisect_left(TIMES, end + 0.001)
    if first == last:
        return None
    return sum(MOVED.get(at, 0) for at in TIMES[first:last])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    labels = {**TARGET, **{name: text for name, text in LABELS.items() if text}}
    counters = {**labels, "direction": "egress"}
    lines = [
        *samples("up", TARGET, ((at, 1.0) for at in TIMES)),
        *samples(names.GATEWAY_BYTES, counters, ((at, float(counted(at))) for at in TIMES)),
    ]
    fill(folder, lines)
    with running(folder) as server:
        _record(folder, server.url)
    with running(folder) as server:
        environ = {"PROMETHEUS_URL": server.url, "PROMETHEUS_TIMEOUT_SECONDS": "30"}
        now = datetime.fromtimestamp(NOW, UTC)
        yield create_app(environ, clock=lambda: now).test_client()


def _record(folder: Path, url: str) -> None:
    """Evaluate the rules over all of the history, and put what they record beside it."""
    quotas = parse_quotas(QUOTAS)
    rendered = render_files(compile_rules(quotas, datetime.now(UTC), live=False))
    rules = folder / "accounting.yml"
    [content] = chosen(rendered, names.DELTA).values()
    rules.write_text(content, encoding="utf-8")
    run_promtool(
        *("tsdb", "create-blocks-from", "rules", f"--start={START}", f"--end={NOW + 300}"),
        *(f"--url={url}", "--eval-interval=1m", f"--output-dir={folder / 'data'}", rules),
    )


def chart(client: FlaskClient, **parameters: str) -> tuple[list[list[Any]], dict[str, Any]]:
    answer = client.get(f"/api/v1/bandwidth?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    [series] = body["series"]
    return series["points"], body["meta"]


CASES = [
    ("1m", "3h", "UTC"),
    ("5m", "25h", "UTC"),
    ("10m", "50h", "UTC"),
    ("30m", "84h", "UTC"),
    ("1h", "84h", "UTC"),
    ("6h", "84h", "UTC"),
    ("1d", "84h", "UTC"),
    ("1d", "84h", "Europe/Berlin"),
    ("1d", "84h", "America/St_Johns"),
    ("1d", "84h", "Asia/Kathmandu"),
    ("1w", "84h", "Europe/Berlin"),
    ("month", "84h", "Europe/Berlin"),
    ("auto", "84h", "UTC"),
]


@pytest.mark.parametrize(("step", "lookback", "timezone"), CASES)
def test_each_window_has_the_bytes_that_were_moved_in_it(
    client: FlaskClient, step: str, lookback: str, timezone: str
) -> None:
    points, meta = chart(client, step=step, lookback=lookback, timezone=timezone)
    starts = [at / 1000 for at, _ in points]
    ends = [*starts[1:], float(NOW)]
    assert [used for _, used in points] == [
        expected(start, end) for start, end in zip(starts, ends, strict=True)
    ]
    assert meta["partial_last"] is True
    # Asked again, most comes from memory: the same.
    assert chart(client, step=step, lookback=lookback, timezone=timezone)[0] == points


@pytest.mark.parametrize("step", ["5m", "10m", "1h", "1d"])
def test_the_total_of_days_is_the_same_in_any_step(client: FlaskClient, step: str) -> None:
    span = {"start": "2026-03-27T00:00:00Z", "end": "2026-03-30T00:00:00Z"}
    points, meta = chart(client, step=step, **span)
    end = START + timedelta(days=3).total_seconds()
    assert sum(used or 0 for _, used in points) == expected(START, end)
    assert meta["source"] == ("counters" if step == "5m" else "recorded")
    assert meta["partial_last"] is False


def test_a_day_on_which_clocks_change_has_23_hours(client: FlaskClient) -> None:
    points, _ = chart(client, step="1d", lookback="84h", timezone="Europe/Berlin")
    lengths = [(end[0] - start[0]) // 3_600_000 for start, end in pairwise(points)]
    assert lengths == [
        24,
        24,
        23,
    ][: len(lengths)] or lengths == [24, 24, 24, 23]
