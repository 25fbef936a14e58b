"""Every query of the dashboard has data in a real Prometheus, and says what the quotas say."""

import math
import time
from collections.abc import Mapping

import pytest

from deploy.grafana.dashboard import make_dashboard
from local.stack.observer import Observer
from quotas import names
from tests.integration.deploy.asking import Target, targets_of
from tests.integration.deploy.conftest import COUNTED, COUNTED_AGAIN, NEVER_COUNTED
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import Server

DASHBOARD = make_dashboard()
TARGETS = list(targets_of(DASHBOARD))
TABLE = "Usage of all quotas"
USED, LIMIT, RATIO, FORECAST, STATE = (target for target in TARGETS if target.panel == TABLE)
QUERY_VARIABLES = [v for v in DASHBOARD["templating"]["list"] if v["type"] == "query"]
OK, THRESHOLD_REACHED, LIMIT_REACHED = 0, 2, 3
# A quota with for_each has an entry for each consumer.
Entry = tuple[str, str]


@pytest.fixture(scope="module")
def server(stack: Observer) -> Server:
    return Server(stack.ports.url("prometheus"))


def entries(target: Target, server: Server) -> Mapping[Entry, float]:
    found = target.ask(server)
    values = {(labels[names.QUOTA], labels.get(names.CONSUMER, "")): v for labels, v in found}
    assert len(values) == len(found)
    return values


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.panel)
def test_a_query_has_data(server: Server, target: Target) -> None:
    def has_data() -> bool:
        found = target.ask(server)
        return bool(found) and all(math.isfinite(value) for _, value in found)

    poll(has_data, f"no data for: {target.query}")


@pytest.mark.parametrize("variable", QUERY_VARIABLES, ids=lambda variable: variable["name"])
def test_a_variable_has_values(server: Server, variable: Mapping[str, str]) -> None:
    metric, label = variable["definition"].removeprefix("label_values(").rstrip(")").split(", ")
    found = server.query(f"group by ({label}) ({metric})", time.time())
    assert {labels[label] for labels, _ in found if label in labels} >= {
        "quota": {"over", "near", "fine", "each-consumer"},
        "service": {"bun-service", "bin-service", "ban-service"},
    }[variable["name"]]


def test_the_table_shows_the_state_of_each_entry(server: Server) -> None:
    expected = {
        ("over", ""): LIMIT_REACHED,
        ("near", ""): THRESHOLD_REACHED,
        ("fine", ""): OK,
        ("each-consumer", "acme"): OK,
        ("each-consumer", "globex"): OK,
    }
    poll(lambda: entries(STATE, server) == expected, "the states are others")


def test_all_columns_of_the_table_have_the_same_entries(server: Server) -> None:
    used = entries(USED, server)
    assert entries(LIMIT, server).keys() == entries(RATIO, server).keys() == used.keys()
    # A rolling window has no forecast.
    assert entries(FORECAST, server).keys() == used.keys() - {("fine", "")}
    # Rows are joined by all of their labels.
    of_state, of_used = ([labels for labels, _ in t.ask(server)] for t in (STATE, USED))
    assert sorted(of_state, key=str) == sorted(of_used, key=str)


def test_the_table_shows_the_limits_of_the_quotas(server: Server) -> None:
    assert entries(LIMIT, server) == {
        ("over", ""): 1e5,
        ("near", ""): 1e5,
        ("fine", ""): 1e9,
        ("each-consumer", "acme"): 1e9,
        ("each-consumer", "globex"): 1e9,
    }


def test_bytes_without_a_consumer_have_a_name(server: Server) -> None:
    (by_consumer,) = (target for target in TARGETS if target.panel == "Bytes by consumer")
    moved = {labels[names.CONSUMER]: value for labels, value in by_consumer.ask(server)}
    assert moved.keys() == {"acme", "globex", "(none)"}
    assert moved["acme"] > moved["(none)"] > moved["globex"] > 0


def test_the_services_that_are_chosen_narrow_the_charts(server: Server) -> None:
    (by_route,) = (target for target in TARGETS if target.panel == "Bytes by route")
    found = by_route.ask(server, service="bun-service|ban-service")
    assert {labels[names.ROUTE] for labels, _ in found} == {"bun-route", "ban-route"}


def test_bytes_that_were_counted_again_are_shown_as_caught_up(server: Server) -> None:
    (caught_up,) = (target for target in TARGETS if target.panel == "Caught up, last hour")
    ((_, value),) = caught_up.ask(server)
    assert value == COUNTED_AGAIN - COUNTED + NEVER_COUNTED


def test_evaluations_before_the_start_of_prometheus_are_missed(server: Server) -> None:
    (missed,) = (target for target in TARGETS if target.panel == "Missed evaluations, last hour")
    ((_, value),) = missed.ask(server)
    # The rules of this stack are evaluated each second, and it runs for some minutes at most.
    assert 3_000 < value < 3_600


def test_a_gateway_that_does_not_answer_is_shown(server: Server) -> None:
    scraped, all_targets = (target for target in TARGETS if target.panel == "Gateways scraped")
    assert scraped.ask(server) == [({}, 1)]
    assert all_targets.ask(server) == [({}, 2)]
    (alerts,) = (target for target in TARGETS if target.panel == "Alerts about the pipeline")
    shown = {(labels["alertname"], labels["alertstate"]) for labels, _ in alerts.ask(server)}
    assert (names.SCRAPE_FAILING_ALERT, "pending") in shown
