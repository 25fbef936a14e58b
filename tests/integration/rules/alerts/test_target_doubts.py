"""The alerts about targets: each must be one gateway, and each gateway one of them."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.doubts import firing, run_pipeline
from tests.integration.support.promtool import Case, series, up

TWICE = names.SCRAPED_TWICE_ALERT
IN_TURN = names.SEVERAL_NODES_ALERT
COLLIDE = names.TARGETS_COLLIDE_ALERT


def node(instance: str, node_id: str, **labels: str) -> str:
    """Return the name of the series of a node at a target."""
    return series("kong_node_info", job="kong", instance=instance, node_id=node_id, **labels)


def requests(instance: str, **labels: str) -> str:
    """Return the name of Kong 2's count of requests."""
    name = "kong_nginx_http_current_connections"
    return series(name, job="kong", instance=instance, state="total", **labels)


def pool(count: int) -> dict[str, str]:
    """Return the number of targets that Prometheus itself counts in the job of the gateways."""
    return {series("prometheus_target_scrape_pool_targets", scrape_job="kong"): f"{count}+0x240"}


def test_a_node_at_two_targets_is_alerted_at_both(tmp_path: Path) -> None:
    story = {
        node("a:8100", "n1"): "1+0x240",
        node("b:8100", "n1"): "1+0x240",
        node("c:8100", "n2"): "1+0x240",
        # Without an id, nothing says that they are the same.
        node("d:8100", ""): "1+0x240",
        node("e:8100", ""): "1+0x240",
    }
    run_pipeline(
        tmp_path,
        Case(story, [firing(TWICE, "14m"), firing(TWICE, "16m", "a:8100", "b:8100")]),
    )


@pytest.mark.parametrize(
    ("why", "story"),
    [
        (
            "a node moves to a new address, and the old target stays for five minutes",
            {node("a:8100", "n1"): "1+0x100 stale", node("b:8100", "n1"): "_x80 1+0x160"},
        ),
        (
            "a target has a label that changed",
            {
                node("a:8100", "n1", pod="x"): "1+0x100 stale",
                node("a:8100", "n1", pod="y"): "_x101 1+0x139",
            },
        ),
        ("nodes differ", {node("a:8100", "n1"): "1+0x240", node("b:8100", "n2"): "1+0x240"}),
    ],
)
def test_a_node_at_one_target_at_a_time_is_not_alerted(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    case = Case(story, [firing(TWICE, f"{minute}m") for minute in range(2, 60, 3)], name=why)
    run_pipeline(tmp_path, case)


def in_turn(instance: str, *stays: str) -> dict[str, str]:
    """Return the nodes of a target that answer one after the other, such as "n1 20" scrapes."""
    values: dict[str, str] = {}
    passed = 0
    for stay in stays:
        node_id, scrapes = stay.split()
        for known in values:
            values[known] += f" stale _x{int(scrapes) - 1}" if known != node_id else ""
        values.setdefault(node_id, f"_x{passed}")
        values[node_id] += f" 1+0x{int(scrapes) - 1}"
        passed += int(scrapes)
    return {node(instance, node_id): text for node_id, text in values.items()}


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("at each scrape", in_turn("a:8100", *["n1 1", "n2 1"] * 240)),
        ("each 20 minutes", in_turn("a:8100", *["n1 80", "n2 80"] * 3)),
        ("of three nodes", in_turn("a:8100", *["n1 3", "n2 7", "n3 2"] * 40)),
        ("Kong 2", {requests("a:8100"): " ".join(["100+5x3", "20+5x3"] * 60)}),
    ],
)
def test_several_nodes_that_answer_in_turn_at_one_target_are_alerted(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    story = {node("b:8100", "n9"): "1+0x480", **story}
    case = Case(story, [firing(IN_TURN, "62m", "a:8100")], name=why)
    run_pipeline(tmp_path, case)


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("one restart", in_turn("a:8100", "n1 200", "n2 280")),
        ("two restarts", in_turn("a:8100", "n1 120", "n2 40", "n3 320")),
        ("a restart at each scrape", in_turn("a:8100", *(f"n{turn} 1" for turn in range(240)))),
        (
            "both answer during a deployment",
            in_turn("a:8100", "n1 160", *["n2 1", "n1 1"] * 10, "n2 300"),
        ),
        ("failed scrapes", {node("a:8100", "n1"): " ".join(["1+0x3 stale _x3"] * 60)}),
        ("restarts of Kong 2", {requests("a:8100"): "0+5x120 0+5x120 0+5x120 0+5x120"}),
    ],
)
def test_one_node_after_the_other_is_not_alerted(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    expected = [firing(IN_TURN, f"{minute}m") for minute in range(20, 120, 4)]
    run_pipeline(tmp_path, Case(story, expected, name=why))


def test_two_targets_with_the_same_instance_are_alerted(tmp_path: Path) -> None:
    pod = {"job": "kong", "instance": "a:8100"}
    story = {
        series("up", **pod, pod="x"): "1+0x240",
        series("up", **pod, pod="y"): "0+0x240",
        up("b:8100"): "1+0x240",
        **pool(3),
    }
    run_pipeline(tmp_path, Case(story, [firing(COLLIDE, "14m"), firing(COLLIDE, "16m", "a:8100")]))


def test_targets_whose_labels_are_all_the_same_are_alerted(tmp_path: Path) -> None:
    story = {up("a:8100"): "1+0x240", up("b:8100"): "1+0x240", **pool(3)}
    run_pipeline(tmp_path, Case(story, [firing(COLLIDE, "14m"), firing(COLLIDE, "16m", "")]))


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("all differ", {up("a:8100"): "1+0x240", up("b:8100"): "0+0x240", **pool(2)}),
        ("Prometheus does not scrape itself", {up("a:8100"): "1+0x240"}),
        (
            "a pod is replaced",
            {
                series("up", job="kong", instance="a:8100", pod="x"): "1+0x90 0+0x19 stale",
                series("up", job="kong", instance="a:8100", pod="y"): "_x80 1+0x160",
            },
        ),
        (
            "two instances of another job",
            {
                series("up", job="node", instance="a:8100", pod="x"): "1+0x240",
                series("up", job="node", instance="a:8100", pod="y"): "1+0x240",
                up("b:8100"): "1+0x240",
                **pool(1),
            },
        ),
    ],
)
def test_targets_with_labels_of_their_own_are_not_alerted(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    case = Case(story, [firing(COLLIDE, f"{minute}m") for minute in (5, 20, 28, 40)], name=why)
    run_pipeline(tmp_path, case)
