"""The page of one quota."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, jsonify
from selenium.webdriver import Chrome

from quotas import names
from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import plotted
from tests.browser.support.serving import serving, serving_app
from tests.integration.support import prometheus
from tests.integration.support.prometheus import samples


def test_a_quota_shows_its_usage_chart_and_its_past_periods(page: Page, api: Api) -> None:
    page.open()
    page.click(".entry .name[href='#/quotas/bun-egress']")
    page.wait(lambda: page.texts("h1") == ["bun-egress"] and page.texts(".past li"))
    series = api.get("quotas/bun-egress/series")
    times, used, ahead, limit = plotted(page)
    at = dict(zip(times, used, strict=True))
    asked = [(ms / 1000, value) for ms, value in series["used"] if value is not None]
    assert all(at[time] == value for time, value in asked[:-1])
    assert set(limit) == {series["limit_bytes"]}
    assert ahead[-1] == pytest.approx(series["forecast"][1][1], rel=0.01)
    periods = api.get("quotas/bun-egress/history")["periods"]
    assert len(page.texts(".past li")) == len(periods) > 1
    # Each period is compared with the limit that it had.
    assert [text.rpartition(" of ")[2] for text in page.texts(".past .size")] == ["110 GB"] * 2
    page.driver.back()
    page.wait(lambda: page.texts("h2")[:1] == ["Quotas"])


def test_a_for_each_quota_lists_its_entries_to_choose_from(page: Page) -> None:
    page.open("#/quotas/each-consumer")
    page.wait(lambda: "Which one?" in page.texts("h2"))
    assert page.texts(".title .lead") == ["Applies to each consumer separately."]
    page.click(".members a[href*='consumer=globex']")
    page.wait(lambda: page.texts(".title .lead") == ["consumer globex"])


def test_an_unknown_quota_is_reported(page: Page) -> None:
    page.open("#/quotas/none-such")
    page.wait(lambda: "There is no quota “none-such”" in page.text(".empty"))
    assert all("404" in message for message in page.console())


QUOTAS = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: q, limit: 2000 GB, period: {rolling: 1h}, consumer: acme, thresholds: [50, 99.5, 100]}
"""
LINKS = {
    "LINK_PROMETHEUS_URL": "https://prometheus.example.com",
    "LINK_ALERTMANAGER_URL": "https://alertmanager.example.com",
    "LINK_QUOTAS_URL": "https://git.example.com/quotas.yaml",
}


def changed_limit(changed_at: float) -> Iterator[str]:
    """Yield an hour of a quota that has used 1500 GB, and whose limit was raised to 2000 GB."""
    times = [changed_at + 60 * minute for minute in range(-20, 60)]
    labels = {names.QUOTA: "q", names.CALENDAR: "rolling:1h", "consumer": "acme"}
    yield from samples(names.USED, labels, [(at, 1.5e12) for at in times])
    limits = [(at, 1e12 if at < changed_at else 2e12) for at in times]
    yield from samples(names.LIMIT, {names.QUOTA: "q"}, limits)


def test_the_chart_has_thresholds_changes_of_the_limit_and_notifications_and_there_are_links(
    chromium: Chrome, tmp_path: Path
) -> None:
    changed_at = time.time() - 1_200
    notified_at = datetime.fromtimestamp(changed_at - 300, UTC)
    mail = {
        "recipient": "ops@example.com",
        "state": "sent",
        "attempts": 1,
        "queued_at": notified_at.isoformat(),
        "settled_at": notified_at.isoformat(),
        "topics": [
            {"quota": "q", "selector": {"consumer": "acme"}, "kind": "usage", "threshold": 100.0}
            | {"calendar": "rolling:1h", "period": None}
        ],
    }
    webhook = Flask("webhook")
    webhook.add_url_rule(
        "/notifications", view_func=lambda: jsonify(notifications=[mail], next=None)
    )
    prometheus.fill(tmp_path, changed_limit(changed_at))
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    with (
        prometheus.running(tmp_path) as server,
        serving_app(webhook) as webhook_url,
        serving(
            PROMETHEUS_URL=server.url,
            WEBHOOK_URL=webhook_url,
            WEBHOOK_TOKEN="a-token",
            QUOTAS_FILE=str(tmp_path / "quotas.yaml"),
            **LINKS,
        ) as url,
    ):
        page = Page(chromium, url)
        page.open("#/quotas/q")
        page.wait(lambda: page.texts(".notifications time"))
        levels, [change, notified] = page.script(
            "const {levels, marks} = document.querySelector('.plot').view;"
            "const plain = (one) => [one.label.replaceAll('\\u00a0', ' '), one.value ?? one.at];"
            "return [levels.map(plain), marks.map(plain)]"
        )
        assert levels == [["50 %", 1e12], ["99.5 %", 1.99e12]]
        assert change == ["limit 2000 GB", pytest.approx(changed_at, abs=120)]
        assert notified == ["100 %", pytest.approx(changed_at - 300, abs=1)]
        _, _, _, limit = plotted(page)
        assert (limit[0], limit[-1]) == (1e12, 2e12)
        assert page.texts(".figures dd")[0] == "75 %"
        assert "Upright lines show when people were notified." in page.text(".card .foot")
        links = page.script(
            "return [...document.querySelectorAll('.links a')]"
            ".map((link) => [link.innerText, link.getAttribute('href')])"
        )
        assert links == [
            ["Its traffic", "#/?consumer=acme"],
            ["Graph in Prometheus", links[1][1]],
            ["Alerts", links[2][1]],
            ["Silence its alerts", links[3][1]],
            ["Line 4 of quotas.yaml", "https://git.example.com/quotas.yaml#L4"],
        ]
        for _, target in links[1:4]:
            assert "consumer" in target
            assert "acme" in target
        assert page.violations() == []
        assert page.console() == []


def test_long_names_fit_a_phone(page: Page) -> None:
    page.open("#/quotas/each-consumer?consumer=globex", width=360)
    page.script(
        "for (const node of document.querySelectorAll('h1, .lead, .notifications .delivery'))"
        " node.textContent = 'x'.repeat(200);"
    )
    root = "document.scrollingElement"
    assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
