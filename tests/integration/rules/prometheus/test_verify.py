"""``--verify`` with a real stack: it passes, or reports each problem."""

from pathlib import Path

import pytest
import requests

from quotas import names
from tests.integration.rules.prometheus.verification import (
    WITHIN_SECONDS,
    Verification,
    another_prometheus,
    changed_quotas,
)


def test_a_stack_without_problems_passes(verification: Verification) -> None:
    status, lines = verification.status_and_lines()
    assert status == 0
    assert [line.split()[0] for line in lines] == ["ok"] * 8
    assert "the loaded rules are these" in "\n".join(lines)


def test_a_watchdog_that_arrives_at_the_alertmanager_is_good(verification: Verification) -> None:
    alertmanager = verification.stack.ports.url("alertmanager")
    alerts = f"{alertmanager}/api/v2/alerts"
    # Prometheus sends an alert again after a minute, if it did not know the Alertmanager before.
    verification.observer.wait_for(
        "an alert", lambda: requests.get(alerts, timeout=5).json() or None, 90
    )
    status, lines = verification.status_and_lines(more=["--alertmanager-url", alertmanager])
    assert (status, [line for line in lines if line.startswith("wrong")]) == (0, [])
    assert f"ok    alerts arrive at {alertmanager}" in lines


def test_a_misspelt_service_is_reported_with_the_most_similar_name(
    verification: Verification, tmp_path: Path
) -> None:
    quotas = changed_quotas(tmp_path / "quotas.yaml", "bun-service", "bun-servise")
    assert verification.problems(quotas) == [
        ("the group gateway-quotas has other rules; write the rules and reload: --reload URL"),
        (
            "quota bun-egress selects nothing that was seen within 1d; there is no service "
            '"bun-servise", did you mean "bun-service"?'
        ),
    ]


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        ("limit: 5 MB", "limit: 6 MB", "gateway-quotas"),
        ("labels: {team: bun}", "labels: {team: ban}", "gateway-quotas"),
        ("gap_tolerance: 5m", "gap_tolerance: 6m", "gateway-recount"),
    ],
)
def test_changed_rules_that_are_not_loaded_are_reported(
    verification: Verification, tmp_path: Path, before: str, after: str, group: str
) -> None:
    quotas = changed_quotas(tmp_path / "quotas.yaml", before, after)
    assert any(
        f"the group {group} has other rules" in text for text in verification.problems(quotas)
    )


def test_added_and_removed_quotas_that_are_not_loaded_are_reported(
    verification: Verification, tmp_path: Path
) -> None:
    quotas = changed_quotas(
        tmp_path / "quotas.yaml", "    period: day\n", "    period: {rolling: 7d}\n"
    )
    again = "write the rules and reload: --reload URL"
    found = verification.problems(quotas)
    assert f"the group gateway-quotas-rolling-7d is not loaded; {again}" in found
    assert f"the group gateway-quotas has other rules; {again}" in found


def test_a_scrape_timeout_longer_than_the_scrape_delay_is_reported(
    verification: Verification, tmp_path: Path
) -> None:
    with another_prometheus(verification.stack, tmp_path, timeout="3s") as url:
        assert (
            "a scrape may take 3s, but accounting.scrape_delay is 1s: late samples would be lost; "
            "make it as long"
        ) in verification.problems(url=url)


def test_everything_that_a_bare_prometheus_lacks_is_reported(
    verification: Verification, tmp_path: Path
) -> None:
    with another_prometheus(verification.stack, tmp_path, retention="15d", bare=True) as url:
        found = verification.problems(url=url)
    assert found[0] == (
        "retention is 15d, but the longest period needs 31d30m5s; start Prometheus with "
        "--storage.tsdb.retention.time=45d"
    )
    assert "no Alertmanager is connected; see alerting: in its config" in found
    assert len([text for text in found if "is not loaded" in text]) == 4


def test_a_retention_in_years_is_understood(verification: Verification, tmp_path: Path) -> None:
    with another_prometheus(verification.stack, tmp_path, retention="1y", bare=True) as url:
        _, lines = verification.status_and_lines(url=url)
    assert lines[0] == "ok    retention is 1y; the longest period needs 31d30m5s"


def test_a_job_with_another_name_is_reported(verification: Verification, tmp_path: Path) -> None:
    with another_prometheus(verification.stack, tmp_path, job="gateways") as url:
        assert (
            'there is no target of the job "kong"; the scrape job of the gateways must be called so'
        ) in verification.problems(url=url)


def test_missing_counters_are_reported(verification: Verification, tmp_path: Path) -> None:
    with another_prometheus(verification.stack, tmp_path, dropped=names.GATEWAY_BYTES) as url:
        assert (
            "no kong_bandwidth_bytes within 1d; set bandwidth_metrics: true in Kong's prometheus "
            "plugin, and send a request through it"
        ) in verification.problems(url=url)


def test_a_gateway_that_cannot_be_scraped_is_reported(verification: Verification) -> None:
    status = verification.stack.ports.url("status")
    requests.post(f"{status}/fail", params={"seconds": "10"}, timeout=5).raise_for_status()
    observer = verification.observer
    down = f'up{{job="{names.GATEWAY_JOB}"}} == 0'
    observer.wait_for("a failed scrape", lambda: observer.query(down) or None, WITHIN_SECONDS)
    instance = status.removeprefix("http://")
    assert any(
        text.startswith(f"gateway {instance} is not scraped: ") for text in verification.problems()
    )


def test_a_server_that_is_not_prometheus_is_reported_for_each_check(
    verification: Verification,
) -> None:
    found = verification.problems(url=verification.stack.ports.url("status"))
    assert len(found) == 6
    assert all("answered 404" in text for text in found)
