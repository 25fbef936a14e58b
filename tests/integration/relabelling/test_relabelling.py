"""The scrape job of prometheus.yml: any Kong, behind any discovery, is stored in one shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from quotas import names
from tests.integration.relabelling import answers
from tests.integration.relabelling.answers import Answer
from tests.integration.relabelling.scraping import Scrape, Stored, parse, scraped


@dataclass(frozen=True)
class Target:
    """The labels that service discovery gives to a gateway, and those that its series keep."""

    name: str
    labels: dict[str, str]
    kept: dict[str, str]


POD = {"namespace": "edge", "pod": "kong-0", "container": "proxy", "endpoint": "status"}
TARGETS = (
    Target("no labels", {}, {}),
    Target("type gateway", {"type": "gateway", "site": "b"}, {"site": "b"}),
    Target("type ingress", {"type": "ingress"}, {}),
    Target("a ServiceMonitor", {**POD, "service": "kong-metrics"}, POD),
    Target("a PodMonitor", POD, POD),
    Target(
        "all labels that Kong has",
        dict.fromkeys((*names.SELECTOR_LABELS, "type"), "odd"),
        {},
    ),
)
JOBS: dict[str, dict[str, Any]] = {"as it is": {}, "honor_labels": {"honor_labels": True}}
ALL = {
    f"{answer.name}, {target.name}, {job}": (answer, target, Scrape(answer, target.labels, changes))
    for answer in answers.ANSWERS
    for target in TARGETS
    for job, changes in JOBS.items()
}

# Without relabel_configs, Prometheus moves aside what Kong and the target both have.
METRICS_ONLY: dict[str, Any] = {"relabel_configs": []}
SERVICE_MONITOR = Scrape(answers.KONG_3_9, {**POD, "service": "kong-metrics"}, METRICS_ONLY)
TYPE_GATEWAY = Scrape(answers.KONG_2_8, {"type": "gateway"}, METRICS_ONLY)
TYPE_INGRESS = Scrape(answers.KONG_3_4, {"type": "ingress"}, METRICS_ONLY)
DIRECTION_NORTH = Scrape(answers.KONG_2_8, {"direction": "north"}, METRICS_ONLY)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """Return what Prometheus stored of all scrapes of this module."""
    scrapes = [scrape for _, _, scrape in ALL.values()]
    scrapes += [SERVICE_MONITOR, TYPE_GATEWAY, TYPE_INGRESS, DIRECTION_NORTH]
    with scraped(tmp_path_factory.mktemp("prometheus"), scrapes) as found:
        yield found


@pytest.mark.parametrize(("answer", "target", "scrape"), ALL.values(), ids=ALL.keys())
def test_series_have_the_labels_of_kong_and_no_others_of_that_name(
    stored: Stored, answer: Answer, target: Target, scrape: Scrape
) -> None:
    assert stored.series(scrape) == parse(answer.stored, target.kept)
    assert stored.dropped_samples(scrape) == 0


def test_metric_relabel_configs_alone_bring_back_what_was_moved_aside(stored: Stored) -> None:
    # But a label that Kong leaves empty is not moved aside, so that the target's stays.
    wanted = answers.KONG_3_9.stored.replace(
        '{route="open"', '{service="kong-metrics",route="open"'
    )
    wanted = wanted.replace("kong_node_info{", 'kong_node_info{service="kong-metrics",')
    assert stored.series(SERVICE_MONITOR) == parse(wanted, POD)
    assert stored.dropped_samples(SERVICE_MONITOR) == 0


def test_metric_relabel_configs_alone_tell_the_directions_of_kong_2(stored: Stored) -> None:
    wanted = answers.KONG_2_8.stored.replace('{state="total"', '{type="gateway",state="total"')
    assert stored.series(TYPE_GATEWAY) == parse(wanted, {})


def test_a_target_that_is_of_type_ingress_does_not_change_the_directions_of_kong_3(
    stored: Stored,
) -> None:
    assert stored.series(TYPE_INGRESS) == parse(answers.KONG_3_4.stored, {})


def test_a_direction_of_the_target_does_not_take_the_place_of_that_of_kong_2(
    stored: Stored,
) -> None:
    bandwidth = "".join(answers.KONG_2_8.stored.splitlines(keepends=True)[:3])
    assert parse(bandwidth, {}) <= stored.series(DIRECTION_NORTH)
    assert stored.dropped_samples(DIRECTION_NORTH) == 0
