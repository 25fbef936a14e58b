"""What the dashboard shows without data, without Prometheus and without a token."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, jsonify
from selenium.webdriver import Chrome

from quotas import names
from tests.browser.support.chromium import Page
from tests.browser.support.serving import serving, serving_app
from tests.integration.support import prometheus
from tests.integration.support.prometheus import samples
from tests.integration.support.webhook_app import ROOT


@pytest.fixture(scope="module")
def empty_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a Prometheus without any data."""
    with prometheus.running(tmp_path_factory.mktemp("empty")) as server:
        yield server.url


def test_without_quotas_and_traffic_it_says_how_to_start(chromium: Chrome, empty_url: str) -> None:
    with serving(PROMETHEUS_URL=empty_url) as url:
        page = Page(chromium, url)
        page.open()
        first, second = page.texts(".empty")
        assert "There are no quotas yet" in first
        assert "generate_rules.py --reload" in first
        assert "bandwidth_metrics: true" in second
        assert page.violations() == []


def test_an_unreachable_prometheus_is_reported(chromium: Chrome) -> None:
    with serving(PROMETHEUS_URL="http://127.0.0.1:9") as url:
        page = Page(chromium, url)
        chromium.get(url)
        page.wait(lambda: "Prometheus cannot be reached" in page.text("#notices"))
        assert page.text("#status-text") == "No data"
        assert page.violations() == []
        chromium.get("about:blank")
        page.console()


def test_a_required_token_is_asked_for_and_used(
    chromium: Chrome, empty_url: str, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"the-right-one").hexdigest()
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"tokens: [{{name: all, sha256: {digest}, scope: all}}]", encoding="utf-8")
    with serving(PROMETHEUS_URL=empty_url, API_TOKENS_FILE=str(tokens)) as url:
        page = Page(chromium, url)
        chromium.get(url)
        page.wait(lambda: "asks for a token" in page.text("#notices"))
        assert page.violations() == []
        page.one("#token").send_keys("a-wrong-one\n")
        page.wait(lambda: "not known here" in page.text("#notices"))
        # A token that does not fit into a header is not sent.
        page.one("#token").send_keys("tök\n")
        assert page.all("#token:invalid")
        assert "not known here" in page.text("#notices")
        page.one("#token").clear()
        page.one("#token").send_keys("the-right-one\n")
        page.wait(lambda: "Updated" in page.text("#status-text"))
        assert page.text("#notices") == ""
        # If the CSV file cannot be loaded, its link shows the reason.
        page.script("sessionStorage.setItem('token', 'no-longer-right')")
        page.click(".csv")
        page.wait(lambda: page.text(".csv").startswith("CSV: this needs a bearer token"))
        assert all("401" in message for message in page.console())
        chromium.get("about:blank")


def test_failing_checks_of_the_webhook_are_shown(chromium: Chrome, empty_url: str) -> None:
    detail = "mails that failed or expired within a day: 2"
    checks = {
        "store": {"ok": True, "detail": "can be read and written"},
        "undelivered": {"ok": False, "detail": f"{detail} <b>"},
    }
    webhook = Flask("webhook")
    webhook.add_url_rule("/readyz", view_func=lambda: (jsonify(checks=checks), 503))
    with (
        serving_app(webhook) as webhook_url,
        serving(PROMETHEUS_URL=empty_url, WEBHOOK_URL=webhook_url, WEBHOOK_TOKEN="a-token") as url,
    ):
        page = Page(chromium, url)
        page.open()
        page.wait(lambda: detail in page.text("#notices"))
        assert page.text("#notices") == f"Notifications may not arrive. undelivered: {detail} <b>."
        assert page.violations() == []


def test_a_quota_without_data_says_so(chromium: Chrome, empty_url: str) -> None:
    with serving(PROMETHEUS_URL=empty_url, QUOTAS_FILE=str(ROOT / "quotas.yaml")) as url:
        page = Page(chromium, url)
        page.open("#/quotas/bun-egress")
        page.wait(lambda: "no data yet" in page.text(".title"))
        assert "nothing is left" not in page.text("main")
        assert "at this pace" not in page.text("main")
        assert page.violations() == []


def test_the_health_panel_is_one_line_while_all_is_well(page: Page) -> None:
    page.open()
    page.wait(lambda: page.texts(".health summary"))
    [line] = page.texts(".health summary")
    assert line.startswith("1 of 1 gateway scraped · ")
    assert page.script("return document.querySelector('.health').open") is False
    page.click(".health summary")
    page.wait(lambda: page.texts(".health li strong"))
    assert "1 of 1 gateway scraped" in page.texts(".health li strong")
    assert page.violations() == []


def test_the_health_panel_opens_and_says_what_is_wrong_and_what_to_do(
    chromium: Chrome, tmp_path: Path
) -> None:
    now = time.time()
    times = [now + 60 * minute for minute in range(-150, 10)]
    gateway = {"job": names.GATEWAY_JOB, "instance": "kong-1:8100"}
    doubt = {"alertname": names.DICTIONARY_FULL_ALERT, "instance": "kong-1:8100"}
    lines = [
        line
        for metric, labels, value in (
            ("up", gateway, 1),
            ("up", gateway | {"instance": "kong-2:8100"}, 0),
            ("ALERTS", doubt | {"alertstate": "firing", "severity": "warning"}, 1),
        )
        for line in samples(metric, labels, [(at, value) for at in times])
    ]
    # The rules were evaluated until forty minutes ago.
    watchdog = {"alertname": names.WATCHDOG_ALERT, "alertstate": "firing"}
    lines += samples("ALERTS", watchdog, [(at, 1) for at in times if at < now - 2_400])
    prometheus.fill(tmp_path, lines)
    with prometheus.running(tmp_path) as server, serving(PROMETHEUS_URL=server.url) as url:
        page = Page(chromium, url)
        page.open()
        page.wait(lambda: page.texts(".health li strong"))
        assert page.texts(".health summary") == ["3 things need your attention"]
        gateways, rules, full = page.texts(".health li")
        assert "1 of 2 gateways scraped" in gateways
        assert "Not scraped: kong-2:8100." in gateways
        assert "of 60 evaluations missed in the last hour" in rules
        assert "The bytes of missed steps are counted within 45 minutes." in rules
        assert "The counters of gateway kong-1:8100 take much of their memory" in full
        assert page.violations() == []
        page.click(".health summary")
        # It stays as people leave it.
        page.script("document.getElementById('interval').dispatchEvent(new Event('change'))")
        page.wait(lambda: page.one("main").get_attribute("aria-busy") is None)
        assert page.script("return document.querySelector('.health').open") is False
