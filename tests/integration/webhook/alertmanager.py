"""Alertmanager in tests: its configuration, posting alerts to it, and recording its requests."""

import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from local import programs
from local.stack.ports import free_ports
from tests.integration.support.polling import poll
from tests.integration.support.webhook_process import process

CONFIG = Path(__file__).resolve().parents[3] / "alertmanager" / "alertmanager.yml"
TOKEN = "a-token-for-tests"
TIMEOUT_SECONDS = 20
# Shorter times for tests. Nothing else in the file changes, except for addresses and paths.
SHORTER = {
    "group_wait: 10s": "group_wait: 500ms",
    "group_interval: 30s": "group_interval: 1s",
    "group_interval: 1m": "group_interval: 1s",
    "repeat_interval: 30s": "repeat_interval: 500ms",
}

NOTHING: Mapping[str, str] = {}


@dataclass
class Recorder:
    """The requests of Alertmanager, and the statuses of the next answers. The default is 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def of(self, quota: str) -> list[dict[str, Any]]:
        """Return the requests about a quota, or about an alert without one, oldest first."""
        return [seen for seen in self.requests if seen["group"] == quota]

    def wait_for(self, quota: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for ``count`` requests about a quota. Return all of them."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.of(quota)) >= count, TIMEOUT_SECONDS)
        assert arrived, f"{len(self.of(quota))} of {count} requests about {quota} came"
        return self.of(quota)


def make_handler(recorder: Recorder) -> type[http.server.BaseHTTPRequestHandler]:
    """Return the handler of a server that records its requests."""

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


def shorten_config(folder: Path, webhook_url: str, changes: Mapping[str, str] = NOTHING) -> Path:
    """Write the configuration for tests, and the token that it names, into ``folder``."""
    token = folder / "webhook_token"
    token.write_text(TOKEN)
    text = CONFIG.read_text()
    all_changes = {
        **SHORTER,
        **changes,
        "http://webhook:8080": webhook_url,
        "/run/secrets/webhook_token": str(token),
    }
    for old, new in all_changes.items():
        assert old in text, f"{CONFIG.name} has no {old} any more"
        text = text.replace(old, new)
    path = folder / "alertmanager.yml"
    path.write_text(text)
    return path


def is_ready(url: str) -> bool:
    """Return whether the Alertmanager at this address is ready."""
    try:
        return requests.get(f"{url}/-/ready", timeout=TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


def fire(url: str, *alerts: dict[str, Any]) -> None:
    """Post alerts to Alertmanager, as Prometheus does."""
    response = requests.post(f"{url}/api/v2/alerts", json=alerts, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()


@contextmanager
def alertmanagers(
    folder: Path, webhook_url: str, count: int, changes: Mapping[str, str] = NOTHING
) -> Iterator[list[str]]:
    """Run one Alertmanager, or several as a cluster. Give their addresses.

    ``changes`` are texts in the configuration, and what replaces them.
    """
    config = shorten_config(folder, webhook_url, changes)
    ports = free_ports(2 * count)
    web, cluster = ports[:count], ports[count:]
    with ExitStack() as stack:
        urls = []
        for number in range(count):
            peers = [f"--cluster.peer=127.0.0.1:{cluster[0]}"] if number else []
            listen = f"127.0.0.1:{cluster[number]}" if count > 1 else ""
            command = [
                str(programs.find(programs.ALERTMANAGER)),
                f"--config.file={config}",
                f"--storage.path={folder / f'data{number}'}",
                f"--web.listen-address=127.0.0.1:{web[number]}",
                f"--cluster.listen-address={listen}",
                *peers,
            ]
            # How long each waits for the others before it posts.
            command += ["--cluster.peer-timeout=1s", "--cluster.settle-timeout=1s"]
            stack.enter_context(process(folder / f"alertmanager{number}.log", *command))
            urls.append(f"http://127.0.0.1:{web[number]}")
        for url in urls:
            poll(lambda url=url: is_ready(url), f"{url} is not ready")  # type: ignore[misc]
        yield urls
