"""What the API says of gateways in bad weather: within the same bounds as the rules."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api import create_app
from bench.support.remote_write import write
from bench.weather.simulation import Event, simulate
from quotas.accounting_options import Accounting
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.recording import delta_rules, evidence_rules
from tests.integration.api.scraped import scrapes_of
from tests.integration.rules.accounting.observed import OBSERVED
from tests.integration.rules.accounting.weather import events as any_events
from tests.integration.rules.accounting.weather import slow
from tests.integration.support.prometheus import Server, with_config

EXAMPLES = int(os.environ.get("WEATHER_EXAMPLES", "12")) // 3
SCRAPE_SECONDS, STEP_SECONDS = 15, 60
HOURS = 3
ACCOUNTING = Accounting()
STEPS = ("1m", "15m", "1h")
# The scrapes of random weather, 50 minutes.
SCRAPES = 200


def start_of_scrapes() -> int:
    """Return a full hour, from which three hours of scrapes are in the past."""
    return int(time.time()) // 3_600 * 3_600 - (HOURS + 1) * 3_600


@pytest.fixture(scope="module")
def start() -> int:
    return start_of_scrapes()


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, start: int) -> Iterator[Server]:
    """Run a Prometheus that has scraped the gateway of each case, as ``g0``, ``g1``, …."""
    folder = tmp_path_factory.mktemp("observed")
    with scraped_by_prometheus(folder, all_observed(), start, is_recorded=False) as server:
        yield server


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, start: int) -> Iterator[Server]:
    """Run the same, with the rules evaluated each minute."""
    folder = tmp_path_factory.mktemp("recorded")
    with scraped_by_prometheus(folder, all_observed(), start, is_recorded=True) as server:
        yield server


def all_observed() -> dict[str, str]:
    return {
        name.replace("g1", f"g{number}").replace('"shop"', f'"shop-{number}"'): values
        for number, case in enumerate(OBSERVED)
        for name, values in case.scraped.items()
    }


@contextmanager
def scraped_by_prometheus(
    folder: Path, scraped: Mapping[str, str], start: int, *, is_recorded: bool
) -> Iterator[Server]:
    """Run a Prometheus that holds these scrapes, and what the rules recorded of them."""
    rules = [*delta_rules(ACCOUNTING), *evidence_rules(ACCOUNTING)] if is_recorded else []
    with with_config(folder, {}, "--web.enable-remote-write-receiver") as server:
        for at, scrapes in scrapes_of(scraped, start, SCRAPE_SECONDS):
            write(server.url, scrapes)
            # In the past minute is the last scrape that the rules look at.
            if at % STEP_SECONDS == SCRAPE_SECONDS:
                evaluate_rules(server, rules, at)
        yield server


def evaluate_rules(server: Server, rules: Iterable[Rule], at: float) -> None:
    for rule in rules:
        found = server.query(rule.query, at)
        named = {"__name__": rule.name, **rule.labels}
        write(server.url, ((dict(labels) | named, [(at, value)]) for labels, value in found))


def client_at(server: Server, now: float) -> FlaskClient:
    clock = datetime.fromtimestamp(now, UTC)
    return create_app({"PROMETHEUS_URL": server.url}, clock=lambda: clock).test_client()


def bytes_of(client: FlaskClient, step: str, filters: Mapping[str, str], start: int) -> int:
    """Return the bytes in all windows of this step, in three hours."""
    span = {"start": str(start), "end": str(start + HOURS * 3_600)}
    answer = client.get("/api/v1/bandwidth", query_string={"step": step, **filters, **span})
    assert answer.status_code == 200, answer.text
    return sum(int(series["total_bytes"]) for series in answer.get_json()["series"])


def assert_within_bounds(server: Server, start: int, step: str, *, at_least: bool = True) -> None:
    client = client_at(server, start + (HOURS + 1) * 3_600)
    wrong = {}
    for number, case in enumerate(OBSERVED):
        found = bytes_of(client, step, {"service": f"shop-{number}"}, start)
        # Without rules, nothing proves that a counter which appears has started at zero.
        least_bytes = case.least_bytes if at_least or "only request" not in case.name else 0
        if not least_bytes <= found <= case.most_bytes:
            wrong[case.name] = (case.least_bytes, found, case.most_bytes)
    assert not wrong


def test_what_real_gateways_showed_is_within_its_bounds_without_rules(
    observed: Server, start: int
) -> None:
    # Longer windows are read from what the rules recorded.
    assert_within_bounds(observed, start, "1m", at_least=False)


@pytest.mark.parametrize("step", STEPS)
def test_what_real_gateways_showed_is_within_its_bounds_with_rules(
    recorded: Server, start: int, step: str
) -> None:
    assert_within_bounds(recorded, start, step)


def test_rows_of_bandwidth_used_are_within_the_same_bounds(recorded: Server, start: int) -> None:
    client = client_at(recorded, start + (HOURS + 1) * 3_600)
    for number, case in enumerate(OBSERVED):
        found = bytes_of_rows(client, {"service": f"shop-{number}"}, start, HOURS * 3_600)
        # Rows are counted from scrape to scrape, and growth beside one that is no number is lost.
        least_bytes = 0 if "not a number" in case.name else case.least_bytes
        assert least_bytes <= found <= case.most_bytes, case.name


def bytes_of_rows(
    client: FlaskClient, selection: Mapping[str, str], start: int, seconds: int
) -> int:
    span = {"start": str(start), "end": str(start + seconds)}
    answer = client.get("/metrics/bandwidth_used", query_string={**selection, **span})
    assert answer.status_code == 200, answer.text
    return sum(row["bandwidth_used"] or 0 for row in answer.get_json())


@slow(EXAMPLES)
@given(
    events=any_events(2, SCRAPES),
    seed=st.integers(0, 9_999),
    ruled=st.booleans(),
)
def test_in_any_weather_no_answer_is_above_the_truth(
    events: list[Event], seed: int, *, ruled: bool
) -> None:
    world = simulate(events, gateways=2, scrapes=SCRAPES, seed=seed)
    start = start_of_scrapes()
    with (
        tempfile.TemporaryDirectory() as folder,
        scraped_by_prometheus(Path(folder), world.scraped, start, is_recorded=ruled) as server,
    ):
        client = client_at(server, start + (HOURS + 1) * 3_600)
        for route, moved in world.moved.items():
            for step in STEPS:
                assert bytes_of(client, step, {"route": route}, start) <= moved, (route, step)
            assert bytes_of_rows(client, {"route": route}, start, HOURS * 3_600) <= moved, route
