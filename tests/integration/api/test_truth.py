"""What the API says is what the gateway counted: in any step, by any label, after a restart."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from local.stack.observer import Observer, total
from local.stack.ports import Ports
from local.stack.processes import Processes
from local.stack.stack import Stack
from quotas import names

SETTLE_SECONDS = 30.0
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Running:
    """A gateway, a Prometheus with the rules and an API, and what was moved through them."""

    observer: Observer
    api: str

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        answer = requests.get(self.api + path, params=parameters, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def total(self, **parameters: Any) -> float:
        """Return the sum of all series of a chart."""
        answer = self.get("/api/v1/bandwidth", **parameters)
        return float(sum(series["total_bytes"] for series in answer["series"]))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(Ports.free(), folder / "state")
    stack.prepare()
    parts = {part.name: part for part in stack.parts()}
    settings = {**parts["api"].environment, "QUOTAS_FILE": str(stack.quotas)}
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        try:
            processes.start(parts["gateway"])
            processes.start(parts["prometheus"])
            processes.start(replace(parts["api"], environment=settings))
            observer = Observer(stack.ports, processes)
            observer.wait_until_watched()
            _send_traffic(observer)
            yield Running(observer, stack.ports.url("api"))
        finally:
            processes.stop_all()


def _send_traffic(observer: Observer) -> None:
    """Send requests for some seconds, so that they lie in many steps."""
    for round_ in range(12):
        observer.send("/bun/bytes/50000", consumer="acme", times=1 + round_ % 3)
        observer.send(f"/bun/bytes/{1 + 777 * round_}")
        if round_ % 5 == 0:
            observer.send("/ban/once", consumer="rare")
        time.sleep(0.7)


def wait_until_equal(running: Running, expected: int, **parameters: Any) -> None:
    """Fail unless the API comes to the expected total within a while."""

    def equal() -> float | None:
        found = running.total(**parameters)
        return found if found == expected else None

    running.observer.wait_for(f"{expected} bytes with {parameters}", equal, SETTLE_SECONDS)


STEPS = ["1s", "5s", "1m", "5m", "10m", "1h", "6h", "1d", "1w", "month", "auto"]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_sums_to_the_bytes_that_the_gateway_counted(running: Running, step: str) -> None:
    expected = total(running.observer.truth(), "bytes")
    assert expected > 0
    wait_until_equal(running, expected, lookback="20m", step=step)
    wait_until_equal(
        running, expected, lookback="20m", step=step, timezone="Asia/Kathmandu", by="route,consumer"
    )


@pytest.mark.parametrize("step", ["5s", "5m", "10m", "1d"])
def test_every_label_has_the_bytes_that_the_gateway_counted(running: Running, step: str) -> None:
    truth = running.observer.truth()
    wait_until_equal(running, total(truth, "bytes"), lookback="20m", step=step)
    answer = running.get(
        "/api/v1/bandwidth", lookback="20m", step=step, by="service,route,consumer,workspace,type"
    )
    found = {tuple(series["labels"].values()): series["total_bytes"] for series in answer["series"]}
    assert found == {
        (row["service"], row["route"], row["consumer"], row["workspace"], row["direction"]): row[
            "bytes"
        ]
        for row in truth
    }


def test_filters_are_exact_and_an_empty_consumer_means_no_consumer(running: Running) -> None:
    truth = running.observer.truth()
    for consumer in ("acme", "rare", ""):
        for step in ("1m", "10m"):
            expected = total(truth, "bytes", consumer=consumer)
            wait_until_equal(running, expected, lookback="20m", step=step, consumer=consumer)
    assert running.total(consumer="acm") == 0
    both = total(truth, "bytes", consumer="acme") + total(truth, "bytes", consumer="rare")
    wait_until_equal(running, both, lookback="20m", consumer=["acme", "rare"])


def test_the_top_and_the_rest_are_all(running: Running) -> None:
    truth = running.observer.truth()
    wait_until_equal(running, total(truth, "bytes"), lookback="20m", by="consumer", top=1)
    answer = running.get("/api/v1/bandwidth", lookback="20m", by="consumer", top=1)
    assert [series["other"] for series in answer["series"]] == [False, True]
    assert answer["series"][0]["labels"] == {"consumer": "acme"}
    assert answer["meta"]["truncated"] is True


def test_rows_of_bandwidth_used_have_the_bytes_of_a_consumer(running: Running) -> None:
    expected = total(running.observer.truth(), "bytes", consumer="acme")
    rows = running.get("/metrics/bandwidth_used", lookback_duration="20m", consumer="acme")
    assert total(rows, "bandwidth_used") == expected
    rows = running.get(
        "/metrics/bandwidth_used", lookback_duration="20m", consumer="acme", step="15s"
    )
    assert total(rows, "bandwidth_used") == expected


def test_a_quota_has_used_the_bytes_of_its_selector(running: Running) -> None:
    expected = total(running.observer.truth(), "bytes", consumer="acme")

    def used() -> Any:
        [entry] = running.get("/api/v1/quotas/acme")["quotas"]
        return entry if entry["used_bytes"] == expected else None

    entry = running.observer.wait_for("the quota to be up to date", used, SETTLE_SECONDS)
    assert entry["selector"] == {"consumer": "acme"}
    assert entry["left_bytes"] == entry["limit_bytes"] - expected
    burn_up = running.get("/api/v1/quotas/acme/series")
    assert burn_up["used"][-1][1] == expected
    [period] = running.get("/api/v1/quotas/acme/history")["periods"]
    assert (period["used_bytes"], period["is_over"]) == (expected, False)


def test_a_limit_that_was_passed_is_the_state_of_the_quota(running: Running) -> None:
    running.observer.send("/bun/bytes/1000000", times=5)

    def passed() -> Any:
        [entry] = running.get("/api/v1/quotas/bun-egress")["quotas"]
        return entry if entry["state"] == "100" else None

    entry = running.observer.wait_for("the state of the quota", passed, SETTLE_SECONDS)
    assert entry["ratio"] >= 1
    assert (entry["left_bytes"], entry["full_at"]) == (0, None)
    assert entry["labels"] == {"team": "bun"}
    names_found = [quota["name"] for quota in running.get("/api/v1/quotas", state="100")["quotas"]]
    assert names_found == ["bun-egress"]


def test_the_catalog_lists_the_labels_seen(running: Running) -> None:
    catalog = running.get("/api/v1/catalog")
    assert catalog["consumers"] == ["", "acme", "rare"]
    assert catalog["services"] == ["ban-service", "bun-service"]
    assert catalog["types"] == ["egress", "ingress"]


def test_a_hundred_clients_with_the_same_new_chart_make_one_question(running: Running) -> None:
    def queries() -> float:
        text = requests.get(f"{running.api}/metrics", timeout=TIMEOUT_SECONDS).text
        return sum(
            float(line.split()[-1])
            for line in text.splitlines()
            if line.startswith("api_prometheus_query_duration_seconds_count")
        )

    # It ended in the past, so that all of it is one question to Prometheus.
    end = int(time.time()) // 60 * 60 - 600
    before = queries()
    parameters = {"start": end - 86_400, "end": end, "step": "1m", "by": "route"}
    with ThreadPoolExecutor(100) as pool:
        answers = list(
            pool.map(lambda _: running.get("/api/v1/bandwidth", **parameters), range(100))
        )
    assert all(answer == answers[0] for answer in answers)
    assert queries() - before == 1


def test_the_recorded_deltas_are_there(running: Running) -> None:
    assert running.observer.query(f"{names.DELTA}")
