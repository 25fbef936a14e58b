"""A real Alertmanager, run from alertmanager/alertmanager.yml, and a recorder of its requests."""

import http.server
import itertools
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from local import programs
from tests.integration.support.polling import poll

CONFIG = Path(__file__).resolve().parents[3] / "alertmanager" / "alertmanager.yml"
TOKEN = "a-token-for-tests"
TIMEOUT_SECONDS = 20
# The same file with its times shortened, and nothing but times, addresses and paths replaced.
SHORTER = {
    "group_wait: 10s": "group_wait: 500ms",
    "group_interval: 30s": "group_interval: 1s",
    "group_interval: 1m": "group_interval: 1s",
    "repeat_interval: 30s": "repeat_interval: 500ms",
}


@dataclass
class Recorder:
    """What Alertmanager sent, and how it is answered: each status once, 200 when none is left."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def of(self, quota: str) -> list[dict[str, Any]]:
        """Return the requests about a quota (or alert without one), oldest first."""
        return [seen for seen in self.requests if seen["group"] == quota]

    def wait_for(self, quota: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the requests about a quota once there are that many."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.of(quota)) >= count, TIMEOUT_SECONDS)
        assert arrived, f"{len(self.of(quota))} of {count} requests about {quota} came"
        return self.of(quota)


def make_handler(recorder: Recorder) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = TIMEOUT_SECONDS

        def do_POST(self) -> None:
            """Record a request and answer it."""
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            group = payload["groupLabels"]
            watchdog = payload["receiver"] == "watchdog"
            with recorder.changed:
                status = recorder.statuses.pop(0) if recorder.statuses and not watchdog else 200
                seen = {
                    "group": group.get("quota", group["alertname"]),
                    "path": self.path,
                    "authorization": self.headers["Authorization"],
                    "status": status,
                    "payload": payload,
                    "time": time.monotonic(),
                }
                recorder.requests.append(seen)
                recorder.changed.notify_all()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{recorder.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the same
            """Log nothing."""

    return Handler


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), make_handler(recorder))
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield recorder
    server.shutdown()
    server.server_close()
    thread.join(TIMEOUT_SECONDS)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def shorten_config(folder: Path, webhook_url: str) -> Path:
    """Write the configuration for this test, and the token it names, into a folder."""
    token = folder / "webhook_token"
    token.write_text(TOKEN)
    text = CONFIG.read_text()
    changes = SHORTER | {
        "http://webhook:8080": webhook_url,
        "/run/secrets/webhook_token": str(token),
    }
    for old, new in changes.items():
        assert old in text, f"{CONFIG.name} has no {old} any more"
        text = text.replace(old, new)
    path = folder / "alertmanager.yml"
    path.write_text(text)
    return path


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


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


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


def fire(url: str, *alerts: dict[str, Any]) -> None:
    response = requests.post(f"{url}/api/v2/alerts", json=alerts, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()


def told(request: dict[str, Any]) -> list[tuple[str, str]]:
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


def test_100_silences_90_and_80_of_the_same_quota(alertmanager: str, recorder: Recorder) -> None:
    service = {"service": "bun-service", "direction": "egress"}
    fire(alertmanager, *(usage("whole", threshold, **service) for threshold in (80, 90, 100)))
    (request,) = recorder.wait_for("whole")
    assert told(request) == [("100", "firing")]


def test_90_silences_80(alertmanager: str, recorder: Recorder) -> None:
    fire(alertmanager, usage("most", 80), usage("most", 90))
    (request,) = recorder.wait_for("most")
    assert told(request) == [("90", "firing")]


def test_other_quotas_consumers_and_periods_are_not_silenced(
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
    assert told(request) == [("100", "firing"), ("80", "firing"), ("90", "firing")]
    assert told(recorder.wait_for("another")[0]) == [("80", "firing")]


def test_a_higher_threshold_is_told_at_once_and_alone(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, usage("rising", 80))
    recorder.wait_for("rising")
    fire(alertmanager, usage("rising", 80), usage("rising", 90))
    assert told(recorder.wait_for("rising", 2)[1]) == [("90", "firing")]


def test_the_token_and_the_payload_are_what_the_webhook_expects(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, usage("token", 80))
    (request,) = recorder.wait_for("token")
    assert request["authorization"] == f"Bearer {TOKEN}"
    assert request["path"] == "/alerts"
    assert request["payload"]["version"] == "4"
    assert request["payload"]["receiver"] == "webhook"


def test_503_is_tried_again(alertmanager: str, recorder: Recorder) -> None:
    recorder.statuses[:] = [503, 503]
    fire(alertmanager, usage("later", 80))
    assert [seen["status"] for seen in recorder.wait_for("later", 3)] == [503, 503, 200]


def test_a_redirect_is_not_followed(alertmanager: str, recorder: Recorder) -> None:
    recorder.statuses[:] = [302]
    fire(alertmanager, usage("moved", 80))
    # It counts as a failure, which the next group_interval mends.
    assert [seen["status"] for seen in recorder.wait_for("moved", 2)[:2]] == [302, 200]
    assert all(seen["path"] == "/alerts" for seen in recorder.requests)


def test_a_quota_that_stays_is_not_repeated_and_its_end_is_told(
    alertmanager: str, recorder: Recorder
) -> None:
    alert = usage("staying", 80)
    fire(alertmanager, alert)
    first = recorder.wait_for("staying")[0]
    # Other groups have flushed four times: this one would have had to say something as well.
    ticks = len(recorder.of("QuotaPipelineWatchdog"))
    fire(alertmanager, {"labels": {"alertname": "QuotaPipelineWatchdog"}})
    recorder.wait_for("QuotaPipelineWatchdog", ticks + 4)
    assert recorder.of("staying") == [first]
    fire(alertmanager, alert | {"endsAt": "2020-01-01T00:00:00Z"})
    assert told(recorder.wait_for("staying", 2)[1]) == [("80", "resolved")]


def test_the_watchdog_comes_by_a_route_of_its_own_at_every_interval(
    alertmanager: str, recorder: Recorder
) -> None:
    fire(alertmanager, {"labels": {"alertname": "QuotaPipelineWatchdog"}})
    seen = recorder.wait_for("QuotaPipelineWatchdog", 5)[-5:]
    assert {request["payload"]["receiver"] for request in seen} == {"watchdog"}
    gaps = [later["time"] - sooner["time"] for sooner, later in itertools.pairwise(seen)]
    assert all(0.5 < gap < 1.8 for gap in gaps), gaps
