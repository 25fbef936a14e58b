"""A real Alertmanager with alertmanager/alertmanager.yml, and a recorder of its requests."""

import itertools
import json
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from bench.support.http_server import serving
from local import programs
from tests.integration.support.polling import poll
from tests.integration.webhook.alertmanager import (
    CONFIG,
    TIMEOUT_SECONDS,
    TOKEN,
    Recorder,
    fire,
    is_ready,
    make_handler,
    shorten_config,
)
from webhook.alerts.payload import parse_payload


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    with serving(make_handler(recorder)) as address:
        recorder.url = f"http://{address}"
        yield recorder


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def alertmanager(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("alertmanager")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(programs.find(programs.ALERTMANAGER)),
        f"--config.file={shorten_config(folder, recorder.url)}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    log = folder / "log"
    with log.open("w") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            poll(lambda: is_ready(url), f"Alertmanager is not ready: {log}", TIMEOUT_SECONDS)
            yield url
        finally:
            process.terminate()
            process.wait(TIMEOUT_SECONDS)


def usage(quota: str, threshold: int, period: str = "202611", **labels: str) -> dict[str, Any]:
    return {
        "labels": {
            "alertname": "BandwidthQuotaUsage",
            "quota": quota,
            "threshold": str(threshold),
            "period": period,
            **labels,
        },
        "annotations": {"used_bytes": "450200000000"},
        "generatorURL": "http://prometheus.example.com/graph",
    }


def alerts_of(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Return threshold and status of each alert in a request."""
    return sorted(
        (alert["labels"]["threshold"], alert["status"]) for alert in request["payload"]["alerts"]
    )


def test_amtool_accepts_the_configuration() -> None:
    subprocess.run(
        [programs.find(programs.AMTOOL), "check-config", CONFIG],
        check=True,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
    )


def test_100_percent_inhibits_90_and_80_of_the_same_quota(
    alertmanager: str, recorder: Recorder
) -> None:
    service = {"service": "bun-service", "direction": "egress"}
    fire(alertmanager, *(usage("whole", threshold, **service) for threshold in (80, 90, 100)))
    (request,) = recorder.wait_for("whole")
    assert alerts_of(request) == [("100", "firing")]


def test_90_percent_inhibits_80(alertmanager: str, recorder: Recorder) -> None:
    fire(alertmanager, usage("most", 80), usage("most", 90))
    (request,) = recorder.wait_for("most")
    assert alerts_of(request) == [("90", "firing")]


def test_other_quotas_consumers_and_periods_are_not_inhibited(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(
        alertmanager,
        usage("each", 100, consumer="a"),
        usage("each", 80, consumer="b"),
        usage("each", 90, consumer="a", period="202612"),
        usage("another", 80, consumer="a"),
    )
    (request,) = recorder.wait_for("each")
    assert alerts_of(request) == [("100", "firing"), ("80", "firing"), ("90", "firing")]
    assert alerts_of(recorder.wait_for("another")[0]) == [("80", "firing")]


def test_a_higher_threshold_is_posted_at_once_and_alone(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, usage("rising", 80))
    recorder.wait_for("rising")
    fire(alertmanager, usage("rising", 80), usage("rising", 90))
    assert alerts_of(recorder.wait_for("rising", 2)[1]) == [("90", "firing")]


def test_the_token_and_the_payload_are_what_the_webhook_expects(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, usage("token", 80))
    (request,) = recorder.wait_for("token")
    assert request["authorization"] == f"Bearer {TOKEN}"
    assert request["path"] == "/alerts"
    assert request["payload"]["version"] == "4"
    assert request["payload"]["receiver"] == "webhook"


def test_a_group_of_16_000_alerts_is_posted_in_a_size_that_the_webhook_takes(
    alertmanager: str, recorder: Recorder
) -> None:
    text = "x" * 600
    alerts = [usage("huge", 90, consumer=f"c{n}", padding=text) for n in range(16_000)]
    for start in range(0, len(alerts), 2_000):
        fire(alertmanager, *alerts[start : start + 2_000])

    def whole() -> list[dict[str, Any]]:
        # The first post may come before all alerts have arrived.
        payloads = [request["payload"] for request in recorder.of("huge")]
        return [payload for payload in payloads if payload["truncatedAlerts"] == 11_000]

    poll(whole, "no payload about 16,000 alerts", TIMEOUT_SECONDS)
    payload = parse_payload(json.dumps(whole()[0]).encode())
    assert (len(payload.alerts), payload.truncated_alerts) == (5_000, 11_000)


def test_503_is_retried(alertmanager: str, recorder: Recorder) -> None:
    recorder.statuses[:] = [503, 503]
    fire(alertmanager, usage("later", 80))
    assert [seen["status"] for seen in recorder.wait_for("later", 3)] == [503, 503, 200]


def test_a_redirect_is_not_followed(alertmanager: str, recorder: Recorder) -> None:
    recorder.statuses[:] = [302]
    fire(alertmanager, usage("moved", 80))
    # It counts as a failure, and Alertmanager posts again after the next group_interval.
    assert [seen["status"] for seen in recorder.wait_for("moved", 2)[:2]] == [302, 200]
    assert all(seen["path"] == "/alerts" for seen in recorder.requests)


def test_an_alert_that_keeps_firing_is_not_repeated_and_its_end_is_posted(
    alertmanager: str, recorder: Recorder
) -> None:
    alert = usage("staying", 80)
    fire(alertmanager, alert)
    first = recorder.wait_for("staying")[0]
    # Another group is posted four times meanwhile. This one would have been too.
    ticks = len(recorder.of("QuotaPipelineWatchdog"))
    fire(alertmanager, {"labels": {"alertname": "QuotaPipelineWatchdog"}})
    recorder.wait_for("QuotaPipelineWatchdog", ticks + 4)
    assert recorder.of("staying") == [first]
    fire(alertmanager, alert | {"endsAt": "2020-01-01T00:00:00Z"})
    assert alerts_of(recorder.wait_for("staying", 2)[1]) == [("80", "resolved")]


def test_the_watchdog_has_its_own_route_and_is_posted_at_every_interval(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, {"labels": {"alertname": "QuotaPipelineWatchdog"}})
    seen = recorder.wait_for("QuotaPipelineWatchdog", 5)[-5:]
    assert {request["payload"]["receiver"] for request in seen} == {"watchdog"}
    gaps = [later["time"] - sooner["time"] for sooner, later in itertools.pairwise(seen)]
    assert all(0.5 < gap < 1.8 for gap in gaps), gaps
