"""/metrics/bandwidth_used and /api/v1/bandwidth say the same of the same window.

Gateway ``old`` is scraped every 15 s until 600 s after START, also exactly on the minute. Gateway
``new`` appears at 310 s, gets a new route within its first minute, and restarts at 490 s. The rules
have recorded all steps.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from api import create_app
from quotas import names
from tests.integration.support.prometheus import fill, running, samples

START = datetime(2026, 3, 27, 12, tzinfo=UTC)
NOW = START + timedelta(seconds=757)
LABELS = {"service": "s", "direction": "egress"}


def values(first: int, last: int, start: float, growth: float) -> list[tuple[float, float]]:
    return [
        (START.timestamp() + at, start + growth * (at - first)) for at in range(first, last + 1, 15)
    ]


def lines() -> Iterator[str]:
    old, new = ({"job": names.GATEWAY_JOB, "instance": one} for one in ("old:8100", "new:8100"))
    yield from samples("up", old, values(-3600, 600, 1, 0))
    yield from samples("up", new, values(310, 595, 1, 0))
    counter = names.GATEWAY_BYTES
    yield from samples(counter, old | LABELS | {"route": "a"}, values(-3600, 600, 1e6, 10))
    born = [*values(310, 475, 1e6, 100), *values(490, 595, 700, 100)]
    yield from samples(counter, new | LABELS | {"route": "a"}, born)
    yield from samples(counter, new | LABELS | {"route": "b"}, values(340, 475, 5_000, 3))
    yield from samples(names.STEP_END, {"job": "rules"}, values(-3577, 683, 1, 0))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    fill(folder, lines())
    with running(folder) as server:
        yield server.url


def get(url: str, path: str, now: datetime = NOW, **parameters: Any) -> Any:
    client = create_app({"PROMETHEUS_URL": url}, clock=lambda: now).test_client()
    answer = client.get(f"{path}?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@pytest.mark.parametrize("step", ["1m", "2m", "5m"])
@pytest.mark.parametrize("route", ["a", "b"])
@pytest.mark.parametrize("now", [NOW, START + timedelta(seconds=347)], ids=["later", "meanwhile"])
def test_they_have_the_same_bytes_in_each_window(
    url: str, step: str, route: str, now: datetime
) -> None:
    span = {"start": START.isoformat(), "step": step, "route": route}
    selection = {"type": "egress", "service": "s"}
    rows = get(url, "/metrics/bandwidth_used", now, **span, **selection)
    [series] = get(url, "/api/v1/bandwidth", now, **span, **selection)["series"]
    assert [row["bandwidth_used"] for row in rows] == [used for _, used in series["points"]]
    assert None not in [row["bandwidth_used"] for row in rows[:2]]


def test_a_scrape_exactly_at_the_start_of_a_window_is_of_the_window_before(url: str) -> None:
    span: dict[str, Any] = {"start": (START + timedelta(seconds=480)).isoformat(), "step": "1m"}
    [series] = get(url, "/api/v1/bandwidth", **span)["series"]
    seen = [used is not None for _, used in series["points"]]
    # The last scrape is at 600 s, the end of the second window.
    assert seen == [True, True, False, False, False]
    rows = get(url, "/metrics/bandwidth_used", **span, service="s", route="a", type="egress")
    assert [row["bandwidth_used"] is not None for row in rows] == seen
