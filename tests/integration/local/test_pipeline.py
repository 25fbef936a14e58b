"""The whole stack as processes: quotas and charts show what the gateway counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from local.stack.observer import Observer
from local.stack.ports import Ports
from local.stack.processes import Processes
from local.stack.stack import Stack

SETTLE_SECONDS = 30
Key = tuple[str, str]


@dataclass
class Pipeline:
    """A running stack, and the bytes that its gateway counted before it was restarted."""

    observer: Observer
    before_restarts: Counter[Key] = field(default_factory=Counter)

    def counted(self) -> Counter[Key]:
        """Return the bytes since the stack was started, by route and direction."""
        return self.before_restarts + self._since_restart()

    def restart_gateway(self) -> None:
        """Wait until all bytes are scraped, then restart the gateway."""
        self.await_equal()
        self.before_restarts += self._since_restart()
        self.observer.processes.restart("gateway")

    def await_equal(self) -> None:
        """Wait until the rows of the API add up to the bytes that the gateway counted."""
        expected = self.counted()
        seen: Counter[Key] = Counter()

        def equal() -> bool | None:
            seen.clear()
            for row in self.observer.rows():
                seen[row["route"], row["type"]] += row["bandwidth_used"] or 0
            # A route without traffic since a restart may have a row of zeros or no row.
            return +seen == +expected or None

        try:
            self.observer.wait_for("the sums to be equal", equal, SETTLE_SECONDS)
        finally:
            assert +seen == +expected

    def await_used(self, quota: str, expected: int, *, tolerance: int = 0) -> None:
        """Wait until the usage of a quota is ``expected`` bytes, or at most ``tolerance`` less."""

        def near() -> bool | None:
            used = self.observer.used_bytes(quota)
            return (used is not None and 0 <= expected - used <= tolerance) or None

        try:
            self.observer.wait_for("the quota to be right", near, SETTLE_SECONDS)
        finally:
            assert self.observer.used_bytes(quota) == pytest.approx(expected, abs=tolerance)

    def _since_restart(self) -> Counter[Key]:
        counts: Counter[Key] = Counter()
        for row in self.observer.truth():
            counts[row["route"], row["direction"]] += row["bytes"]
        return counts


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(Ports.free(), folder)
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            stack.start(processes)
            observer = Observer(stack.ports, processes)
            observer.wait_until_watched()
            yield Pipeline(observer)
        finally:
            processes.stop_all()


def test_a_single_request_on_a_quiet_route_is_counted(pipeline: Pipeline) -> None:
    pipeline.observer.send("/ban/once")
    pipeline.await_equal()
    used = sum(count for (route, _), count in pipeline.counted().items() if route == "ban-route")
    assert used > 0
    pipeline.await_used("ban-route-daily", used)


def test_bytes_of_consumers_and_routes_add_up(pipeline: Pipeline) -> None:
    pipeline.observer.send("/bun/bytes/9133", consumer="acme", times=3)
    pipeline.observer.send("/bin/bytes/100000", consumer="globex", times=2)
    pipeline.observer.send("/bun/bytes/1", times=5)
    pipeline.await_equal()
    pipeline.await_used("bun-egress", pipeline.counted()["bun-route", "egress"])


def test_a_restart_of_the_gateway_loses_no_bytes(pipeline: Pipeline) -> None:
    pipeline.observer.send("/bun/bytes/50000", times=4)
    pipeline.restart_gateway()
    pipeline.observer.send("/bun/bytes/20000")
    pipeline.await_equal()
    pipeline.await_used("bun-egress", pipeline.counted()["bun-route", "egress"])


@pytest.mark.parametrize("size_bytes", [9_000, 50_000, 900_000])
def test_a_restart_loses_no_bytes_if_the_counter_is_at_once_as_high_as_before(
    pipeline: Pipeline, size_bytes: int
) -> None:
    pipeline.observer.send(f"/bun/bytes/{size_bytes}", consumer="rare")
    pipeline.restart_gateway()
    pipeline.observer.send(f"/bun/bytes/{size_bytes}", consumer="rare")
    pipeline.await_equal()
    pipeline.await_used("bun-egress", pipeline.counted()["bun-route", "egress"])


def test_bytes_moved_during_failed_scrapes_are_counted_afterwards(pipeline: Pipeline) -> None:
    pipeline.observer.send("/bun/bytes/30000")
    pipeline.await_equal()
    status = pipeline.observer.ports.url("status")
    requests.post(f"{status}/fail", params={"seconds": "8"}, timeout=5).raise_for_status()
    pipeline.observer.wait_for("a failed scrape", lambda: _up(pipeline, 0), 10)
    pipeline.observer.send("/bun/bytes/30000", times=3)
    pipeline.observer.wait_for("a scrape again", lambda: _up(pipeline, 1), 20)
    pipeline.await_equal()
    pipeline.await_used("bun-egress", pipeline.counted()["bun-route", "egress"])


def test_a_restart_of_prometheus_loses_at_most_one_step_of_quota_usage(pipeline: Pipeline) -> None:
    pipeline.await_equal()
    sent = pipeline.counted()["bun-route", "egress"]
    pipeline.observer.send("/bun/bytes/40000", times=2)
    pipeline.observer.processes.restart("prometheus")
    step = pipeline.counted()["bun-route", "egress"] - sent
    pipeline.observer.send("/bun/bytes/40000", times=2)
    pipeline.await_equal()
    expected = pipeline.counted()["bun-route", "egress"]
    pipeline.await_used("bun-egress", expected, tolerance=step)


def test_rows_are_aligned_to_minutes_and_sorted(pipeline: Pipeline) -> None:
    rows: list[dict[str, Any]] = pipeline.observer.rows(
        "5m", type="egress", service="bun-service", route="bun-route"
    )
    times = [row["time"] for row in rows]
    assert times == sorted(times)
    assert all(time.endswith(":00+00:00") for time in times[:-1])
    assert set(rows[-1]) == {"time", "type", "service", "route", "bandwidth_used"}


def test_windows_before_the_first_scrape_are_null(pipeline: Pipeline) -> None:
    rows = pipeline.observer.rows("1h", type="egress", service="bun-service", route="bun-route")
    assert rows[0]["bandwidth_used"] is None
    assert any(isinstance(row["bandwidth_used"], int) for row in rows)


def _up(pipeline: Pipeline, value: int) -> bool | None:
    return bool(pipeline.observer.query(f'up{{job="kong"}} == {value}')) or None
