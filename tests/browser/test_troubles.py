"""What the dashboard says when there is nothing to show, or when it may not be shown."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import Page
from tests.browser.serving import serving
from tests.integration.support import prometheus


@pytest.fixture(scope="module")
def empty_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that knows nothing."""
    with prometheus.running(tmp_path_factory.mktemp("empty")) as server:
        yield server.url


def test_without_quotas_and_traffic_it_tells_what_to_do(chromium: Chrome, empty_url: str) -> None:
    with serving(PROMETHEUS_URL=empty_url) as url:
        page = Page(chromium, url)
        page.open()
        first, second = page.texts(".empty")
        assert "There are no quotas yet" in first
        assert "generate_rules.py --reload" in first
        assert "bandwidth_metrics: true" in second
        assert page.faults() == []


def test_a_prometheus_that_is_away_is_named(chromium: Chrome) -> None:
    with serving(PROMETHEUS_URL="http://127.0.0.1:9") as url:
        page = Page(chromium, url)
        chromium.get(url)
        page.wait(lambda: "Prometheus cannot be reached" in page.text("#notices"))
        assert page.text("#status-text") == "No data"
        assert page.faults() == []
        chromium.get("about:blank")
        page.complaints()


def test_a_token_is_asked_for_and_used(chromium: Chrome, empty_url: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"the-right-one").hexdigest()
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"tokens: [{{name: all, sha256: {digest}, scope: all}}]", encoding="utf-8")
    with serving(PROMETHEUS_URL=empty_url, API_TOKENS_FILE=str(tokens)) as url:
        page = Page(chromium, url)
        chromium.get(url)
        page.wait(lambda: "asks for a token" in page.text("#notices"))
        assert page.faults() == []
        page.one("#token").send_keys("a-wrong-one\n")
        page.wait(lambda: "not known here" in page.text("#notices"))
        # What no header can carry is not even sent.
        page.one("#token").send_keys("tök\n")
        assert page.all("#token:invalid")
        assert "not known here" in page.text("#notices")
        page.one("#token").clear()
        page.one("#token").send_keys("the-right-one\n")
        page.wait(lambda: "Updated" in page.text("#status-text"))
        assert page.text("#notices") == ""
        # A file that cannot be had is told at its link.
        page.script("sessionStorage.setItem('token', 'no-longer-right')")
        page.click(".csv")
        page.wait(lambda: page.text(".csv").startswith("CSV: this needs a bearer token"))
        assert all("401" in message for message in page.complaints())
        chromium.get("about:blank")
