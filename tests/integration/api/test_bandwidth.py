"""The API over a real Prometheus that holds ten minutes of three gateways.

Times are seconds after START, a whole minute. The gateways are scraped every 15 s: A at 3.25 s,
18.25 s and so on, B exactly on the minute, C at 10 s.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api import create_app
from api.views.schemas.spans import LONGEST_ROWS_SECONDS
from local import programs
from quotas import names
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Prometheus, query_at
from quotas.promql import select
from tests.integration.support.prometheus import free_port

READY_WITHIN_SECONDS = 30.0
PATH = "/metrics/bandwidth_used"
START = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
NOW_SECONDS = 637.5

WEIRD = 'we"ird\\ \n{}$1 🥐\ufffd'
BUN = {"service": "bun-service", "route": "bun-route", "direction": "egress"}

# Bytes of bun in the ten minutes before NOW and in the one that is not over, by hand.
# Minute 3: the 5,000 that a new consumer's counter starts with. 5: B was restarted and counts 70.
# 6: 30 of B, exactly at its end, and three times 11 of C, whose first sight counts nothing. 7: C
# four times, and the last of B and C. 8 and 9: A cannot be scraped. 10: A is back, with what it
# moved meanwhile.
BUN_BYTES = [400, 400, 5400, 400, 470, 463, 444, None, None, 1200, 300]
IDLE_BYTES = [None if used is None else 0 for used in BUN_BYTES]
Samples = dict[float, float]


def scrapes(first: float, last: float) -> list[float]:
    return [first + 15 * n for n in range(int((last - first) // 15) + 1)]


def a_is_down(at: float) -> bool:
    return 420 < at <= 540


def counted(times: list[float], first: float, per_scrape: float = 0.0) -> Samples:
    return {at: first + per_scrape * n for n, at in enumerate(times)}


def series(metric: str, instance: str, samples: Samples, **labels: str) -> Iterator[str]:
    """Yield the lines of a series in OpenMetrics."""
    text = ",".join(
        name + '="' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        for name, value in {"job": "kong", "instance": instance, **labels}.items()
    )
    for at, value in samples.items():
        yield f"{metric}{{{text}}} {value} {START.timestamp() + at:.3f}\n"


def openmetrics() -> Iterator[str]:
    a, b, c = scrapes(-1196.75, 660), scrapes(-1200, 405), scrapes(310, 415)
    seen = [at for at in a if not a_is_down(at)]
    steady = {at: used for at, used in counted(a, 1000, 100).items() if not a_is_down(at)}
    reset = {at: 9000.0 if at <= 240 else 70.0 if at < 360 else 100.0 for at in b}
    metric = "kong_bandwidth_bytes"

    yield from series("up", "a", {at: float(not a_is_down(at)) for at in a})
    yield from series("up", "b", counted(b, 1))
    yield from series("up", "c", counted(c, 1))
    yield from series(metric, "a", steady, **BUN, consumer="x", workspace="default")
    born = counted([at for at in seen if at > 135], 5000)
    yield from series(metric, "a", born, **BUN, consumer="y", workspace="other")
    yield from series(metric, "b", reset, **BUN, consumer="x", workspace="default")
    yield from series(metric, "c", counted(c, 1_000_000, 11), **BUN)
    yield from series(metric, "a", counted(seen, 7), **(BUN | {"direction": "ingress"}))
    yield from series(metric, "a", counted(seen, 0), service="tea", route=WEIRD, direction="egress")
    yield from series(names.STEP_END, "rules", {at + 23.0: 1 for at in range(-1200, 660, 60)})
    yield "# EOF\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that holds the samples."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.txt").write_text("".join(openmetrics()), encoding="utf-8")
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    subprocess.run(
        [
            programs.find(programs.PROMTOOL),
            *("tsdb", "create-blocks-from", "openmetrics"),
            *(folder / "samples.txt", folder / "data"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                programs.find(programs.PROMETHEUS),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_ready(process, f"http://{address}/-/ready", folder / "log")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(READY_WITHIN_SECONDS)


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    pytest.fail(f"Prometheus is not ready: {log.read_text()[-2000:]}")


def client(url: str, now_seconds: float = NOW_SECONDS) -> FlaskClient:
    environ = {"PROMETHEUS_URL": url, "PROMETHEUS_TIMEOUT_SECONDS": "20"}
    now = START + timedelta(seconds=now_seconds)
    return create_app(environ, clock=lambda: now).test_client()


def rows_of(client: FlaskClient, **parameters: str) -> list[dict[str, Any]]:
    answer = client.get(f"{PATH}?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.get_json()
    return rows


def bytes_of(rows: list[dict[str, Any]]) -> list[int | None]:
    return [row["bandwidth_used"] for row in rows]


def asked(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that ask for the series of a gateway."""
    return {"type" if name == "direction" else name: value for name, value in labels.items()}


def test_rows_are_the_bytes_that_were_moved_in_each_minute(url: str) -> None:
    rows = rows_of(client(url), lookback_duration="10m", **asked(BUN))
    assert bytes_of(rows) == BUN_BYTES
    ends = [START + timedelta(minutes=minute) for minute in range(1, 11)]
    assert [row["time"] for row in rows] == [
        time.isoformat() for time in [*ends, START + timedelta(seconds=NOW_SECONDS)]
    ]


@pytest.mark.parametrize("lookback", ["25h", "7d"])
def test_longer_steps_sum_to_the_same_bytes(url: str, lookback: str) -> None:
    rows = rows_of(client(url), lookback_duration=lookback, **asked(BUN))
    assert bytes_of(rows)[-11:] == BUN_BYTES
    assert set(bytes_of(rows)[:-40]) == {None}


def test_a_day_is_answered_in_fine_steps(url: str) -> None:
    rows = rows_of(client(url), lookback_duration="24h", **asked(BUN))
    assert bytes_of(rows)[-11:] == BUN_BYTES
    assert len(rows) == 24 * 60 + 1


def test_the_longest_lookback_is_within_what_prometheus_answers(url: str) -> None:
    lookback = f"{LONGEST_ROWS_SECONDS}s"
    assert len(rows_of(client(url, 659.999), lookback_duration=lookback, **asked(BUN))) == 10_081


def test_without_a_filter_every_combination_that_was_seen_is_answered(url: str) -> None:
    rows = rows_of(client(url), lookback_duration="10m")
    assert [(row["type"], row["service"]) for row in rows[:3]] == [
        ("egress", "bun-service"),
        ("egress", "tea"),
        ("ingress", "bun-service"),
    ]
    assert bytes_of(rows[0::3]) == BUN_BYTES
    assert bytes_of(rows[1::3]) == bytes_of(rows[2::3]) == IDLE_BYTES


def test_an_unseen_series_has_no_rows_unless_selected_by_all_three_labels(url: str) -> None:
    nobody = {"service": "nobody"}
    assert rows_of(client(url), lookback_duration="10m", **nobody) == []
    rows = rows_of(client(url), lookback_duration="10m", **(asked(BUN) | nobody))
    assert bytes_of(rows) == IDLE_BYTES


def test_a_name_of_any_characters_finds_its_series(url: str) -> None:
    rows = rows_of(client(url), lookback_duration="10m", route=WEIRD)
    assert {(row["service"], row["route"]) for row in rows} == {("tea", WEIRD)}
    assert bytes_of(rows) == IDLE_BYTES


@pytest.mark.parametrize(
    ("now_seconds", "expected"),
    [
        (600.001, None),
        (603.249, None),
        (603.25, 100),
        (603.251, 100),
        (610.0, 100),
        (618.25, 200),
        (620.001, 200),
        (659.999, 400),
    ],
)
def test_the_last_row_has_exactly_the_bytes_scraped_until_now(
    url: str, now_seconds: float, expected: int | None
) -> None:
    rows = rows_of(client(url, now_seconds), lookback_duration="1m", **asked(BUN))
    assert bytes_of(rows) == [1200, expected]


def test_on_the_minute_the_last_row_is_the_minute_that_just_ended(url: str) -> None:
    rows = rows_of(client(url, 600), lookback_duration="4m", **asked(BUN))
    assert bytes_of(rows) == BUN_BYTES[6:10]


@settings(max_examples=200)
@given(value=st.text(min_size=1))
@example('"} or vector(1) #')
@example("\\n\\\n\x00\ufffd\ufeff\U0001f950")
def test_any_label_value_is_to_prometheus_exactly_itself(url: str, value: str) -> None:
    # absent() answers with the labels that it looked for.
    query = f"absent(nothing{select({'route': value})})"
    [found] = query_at(Prometheus(Endpoint(url), 20), query, 0)
    assert found.labels == {"route": value}
