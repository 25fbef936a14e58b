"""From real Alertmanagers, one or a pair, through the webhook under gunicorn to real SMTP."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.sink.server import Sink, running
from local.stack.ports import free_ports
from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import AUTHORIZATION, ROOT, make_environ, payload
from tests.integration.support.webhook_process import metric, process, webhook
from tests.integration.webhook.alertmanager import alertmanagers, fire

TIMEOUT_SECONDS = 40


def usage(threshold: int, **labels: str) -> dict[str, Any]:
    return {
        "labels": {
            "alertname": "BandwidthQuotaUsage",
            "quota": "bun-egress",
            "threshold": str(threshold),
            "period": "202611",
            "calendar": "month",
            **labels,
        },
        "annotations": {
            "used_bytes": str(threshold * 5_002_222_222),
            "limit_bytes": "500000000000",
        },
        "generatorURL": "http://prometheus.example.com/graph",
    }


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink


@pytest.fixture
def environ(tmp_path: Path, sink: Sink) -> dict[str, str]:
    return make_environ(tmp_path, MAIL_PORT=str(sink.smtp_port), PYTHONPATH=str(ROOT))


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@contextmanager
def delivery(environ: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "flask", "--app", "webhook", "deliver"]
    with process(log, *command, **environ):
        yield


def count_mails(sink: Sink) -> Counter[tuple[str, str]]:
    """Return the number of mails by recipient and tag."""
    return Counter((mail.to, mail.subject.partition("]")[0] + "]") for mail in sink.mailbox.mails())


def test_all_mails_arrive_once_although_webhook_and_delivery_were_down(
    tmp_path: Path, environ: dict[str, str], port: int, sink: Sink
) -> None:
    log = tmp_path / "log"
    with alertmanagers(tmp_path, f"http://127.0.0.1:{port}", 1) as (alertmanager,):
        # The webhook is down for several group intervals of a second.
        fire(alertmanager, usage(80))
        time.sleep(4)
        with webhook(port, environ, log) as url:
            poll(lambda: metric(url, 'webhook_outbox_mails{state="queued"}') == 2, "not queued")
        # The webhook restarts while another threshold is reached and delivery is down.
        fire(alertmanager, usage(80), usage(90))
        with webhook(port, environ, log) as url:
            poll(lambda: metric(url, 'webhook_outbox_mails{state="queued"}') == 4, "not queued")
            with delivery(environ, log):
                sink.mailbox.wait_for(4, timeout_seconds=TIMEOUT_SECONDS)
                fire(alertmanager, usage(80), usage(90), usage(100))
                sink.mailbox.wait_for(6, timeout_seconds=TIMEOUT_SECONDS)
                poll(lambda: metric(url, 'webhook_outbox_mails{state="sent"}') == 6, "not sent")
    assert count_mails(sink) == {
        (f"{to}@example.com", f"[{percent} %]"): 1
        for to in ("bun", "boss")
        for percent in (80, 90, 100)
    }


def test_a_pair_of_alertmanagers_notifies_once(
    tmp_path: Path, environ: dict[str, str], port: int, sink: Sink
) -> None:
    log = tmp_path / "log"
    with (
        webhook(port, environ, log) as url,
        delivery(environ, log),
        alertmanagers(tmp_path, url, 2) as pair,
    ):
        for threshold in (80, 90, 100):
            # Prometheus sends to both.
            for alertmanager in pair:
                fire(alertmanager, usage(threshold))
            sink.mailbox.wait_for({80: 2, 90: 4, 100: 6}[threshold], timeout_seconds=40)
        # Time for the Alertmanager that was not the first.
        time.sleep(4)
    assert sum(count_mails(sink).values()) == 6
    assert set(count_mails(sink).values()) == {1}


def test_readiness_shows_that_the_watchdog_has_arrived(
    tmp_path: Path, environ: dict[str, str], port: int
) -> None:
    log = tmp_path / "log"
    with webhook(port, environ, log) as url, alertmanagers(tmp_path, url, 1) as (alertmanager,):
        fire(alertmanager, {"labels": {"alertname": "QuotaPipelineWatchdog"}})
        poll(lambda: metric(url, "webhook_watchdog_seen_timestamp_seconds") > 0, "not seen")
        assert requests.get(f"{url}/readyz", timeout=20).json()["checks"]["watchdog"]["ok"]


def test_under_gunicorn_an_alert_is_logged_with_its_ids_and_no_secret(
    tmp_path: Path, environ: dict[str, str], port: int, sink: Sink
) -> None:
    log = tmp_path / "log"
    with webhook(port, environ, log) as url, delivery(environ, log):
        answer = requests.post(
            f"{url}/alerts", json=payload(), headers=AUTHORIZATION, timeout=TIMEOUT_SECONDS
        )
        assert answer.json() == {"alerts": 1, "mails": 2}
        sink.mailbox.wait_for(2)
        poll(lambda: log.read_text().count(" sent attempt=1 ") == 2, log.read_text())
    logged = log.read_text()
    assert re.search(r"request=\w+ group='group' alerts=1 truncated=0 mails=2", logged)
    assert re.search(r"quota='bun-egress' threshold='90' period='202611'", logged)
    assert len(re.findall(r"mail=<\w+@example.com> to=\w+@example.com queued", logged)) == 2
    assert AUTHORIZATION["Authorization"].removeprefix("Bearer ") not in logged
