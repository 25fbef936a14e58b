"""Alerts that come again: of a new recipient, and of a problem that goes on and off."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from local.stack.ports import free_ports
from quotas.watched_file import QUIET_SECONDS
from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import (
    AUTHORIZATION,
    QUOTAS,
    ROOT,
    make_environ,
    outbox,
    post,
    run_all,
)
from tests.integration.support.webhook_process import metric, webhook
from tests.integration.webhook.alertmanager import alertmanagers, fire
from webhook import create_app

TIMEOUT_SECONDS = 40
POSTED = 'webhook_requests_total{status="200"}'


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    environ = make_environ(tmp_path, PYTHONPATH=str(ROOT))
    with webhook(free_ports(1)[0], environ, tmp_path / "log") as url:
        yield url


def problem(status: str = "firing", started: int = 0) -> dict[str, Any]:
    """Return an alert that concerns no quota. ``started`` is the minute of its start."""
    return {
        "status": status,
        "labels": {"alertname": "QuotaRulesFailing", "group": "gateway-quotas"},
        "startsAt": f"2026-11-24T13:{started:02}:00.000Z",
        "endsAt": f"2026-11-24T13:{started:02}:30.000Z",
    }


def mails_of(url: str) -> Counter[tuple[str, str]]:
    """Return the number of mails by recipient and tag."""
    answer = requests.get(f"{url}/notifications", headers=AUTHORIZATION, timeout=TIMEOUT_SECONDS)
    mails = answer.json()["notifications"]
    return Counter((mail["recipient"], mail["subject"].partition(" ")[0]) for mail in mails)


def test_what_fell_to_the_default_recipients_is_put_right_when_quotas_yaml_is_whole(
    tmp_path: Path, url: str
) -> None:
    def write_quotas(text: str) -> None:
        path = tmp_path / "quotas.yaml"
        path.write_text(text)
        long_ago = time.time() - QUIET_SECONDS
        os.utime(path, (long_ago, long_ago))

    labels = {"alertname": "BandwidthQuotaUsage", "quota": "bun-egress", "threshold": "90"}
    alert = {
        "labels": labels | {"period": "202611", "calendar": "month"},
        "annotations": {"used_bytes": "450200000000", "limit_bytes": "500000000000"},
    }
    head, _, rest = QUOTAS.partition("  - {name: bun-egress")
    write_quotas(head + rest.partition("\n")[2])
    often = {"repeat_interval: 15m": "repeat_interval: 1s"}
    with alertmanagers(tmp_path, url, 1, often) as (alertmanager,):
        fire(alertmanager, alert)
        poll(lambda: mails_of(url) == {("ops@example.com", "[90"): 1}, "no mail to the defaults")
        write_quotas(QUOTAS)
        poll(lambda: len(mails_of(url)) == 3, "no mail to the quota's own recipients")
        before = metric(url, POSTED)
        poll(lambda: metric(url, POSTED) >= before + 3, "the alert is not repeated")
    assert mails_of(url) == {(f"{name}@example.com", "[90"): 1 for name in ("ops", "bun", "boss")}


def test_a_problem_that_goes_on_and_off_is_one_mail_and_one_end(tmp_path: Path, url: str) -> None:
    with alertmanagers(tmp_path, url, 1) as (alertmanager,):
        labels = problem()["labels"]
        for _ in range(8):
            for change in ({}, {"endsAt": "2020-01-01T00:00:00Z"}):
                wanted = metric(url, POSTED) + 1
                fire(alertmanager, {"labels": labels, **change})
                poll(lambda wanted=wanted: metric(url, POSTED) >= wanted, "not posted")  # type: ignore[misc]
    assert mails_of(url) == {
        ("ops@example.com", "[firing]"): 1,
        ("ops@example.com", "[resolved]"): 1,
    }


def test_simultaneous_requests_about_one_problem_notify_once(
    tmp_path: Path, database_url: str
) -> None:
    app: Flask = create_app(make_environ(tmp_path, database_url))
    for status in ("firing", "resolved"):
        run_all(8, lambda _, status=status: post(app, problem(status)))
    # It starts again, for which it is too early.
    run_all(8, lambda _: post(app, problem(started=1)))
    assert [recipient for recipient, *_ in outbox(app)] == ["ops@example.com"] * 2
    app.extensions["store"].close()
