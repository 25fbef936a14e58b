"""The notifications on the page of a quota, with and without an answer of the webhook."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask, jsonify
from selenium.webdriver import Chrome

from local.demo.run import DemoStack
from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.serving import serving, serving_app

NOTIFIED_SECONDS = 90
ADDRESS = "#/quotas/bun-egress"
SELECTOR = {"service": "bun-service", "direction": "egress"}
GONE = "gone.long.ago.with.a.long.name@subsidiary.example.com"
CARD = "section[aria-labelledby='notifications-title']"


def notification(
    recipient: str, state: str = "sent", day: str = "2026-11-20", **changes: Any
) -> dict[str, Any]:
    """Return what the webhook would answer about one mail on bun-egress."""
    settled = f"{day}T10:00:02+00:00" if state in ("sent", "failed", "expired") else None
    topic = {"quota": "bun-egress", "selector": SELECTOR, "kind": "usage", "threshold": 80.0}
    topic |= {"calendar": "month", "period": "202611"} | changes
    times = {"queued_at": f"{day}T10:00:00+00:00", "settled_at": settled}
    tries = 0 if state == "queued" else 1 if state == "sent" else 4
    return {"recipient": recipient, "state": state, "attempts": tries, **times, "topics": [topic]}


MIXED = [
    notification("ops@example.com", "queued", "2026-11-23", threshold=100.0),
    notification("team-bun@example.com", "sending", "2026-11-23", threshold=100.0),
    notification("ops@example.com", "sent", "2026-11-22", kind="over", threshold=90.0),
    notification("ops@example.com", "sent", "2026-11-21", threshold=90.0),
    notification("team-bun@example.com", "sent", "2026-11-21", threshold=90.0),
    notification(GONE, "failed", "2026-11-21", threshold=90.0),
    notification("ops@example.com", "expired", kind="forecast", threshold=100.0),
    notification("ops@example.com", "sent", "2026-10-20", period="202610"),
]


@contextmanager
def fake_webhook(stack: DemoStack, notifications: list[dict[str, Any]]) -> Iterator[str]:
    """Serve the dashboard with the Prometheus of the demo and a fake webhook; give its URL."""
    webhook = Flask("webhook")
    webhook.add_url_rule(
        "/notifications", view_func=lambda: jsonify(notifications=notifications, next=None)
    )
    with (
        serving_app(webhook) as webhook_url,
        serving(
            PROMETHEUS_URL=stack.ports.url("prometheus"),
            WEBHOOK_URL=webhook_url,
            WEBHOOK_TOKEN="a-token",
        ) as url,
    ):
        yield url


def open_quota(page: Page, address: str = ADDRESS, *, width: int = 1280) -> None:
    """Open the page of a quota and wait until its notifications are drawn."""
    page.open(address, width=width)
    page.wait(lambda: page.texts(CARD))


def drawn(page: Page) -> list[tuple[str, list[str]]]:
    """Return the event of each line, and its deliveries."""
    lines: list[list[Any]] = page.driver.execute_script(
        "return [...document.querySelectorAll('.notifications ol > li')].map((line) =>"
        "[line.querySelector('strong').innerText,"
        " [...line.querySelectorAll('.delivery')].map((line) => line.innerText)])"
    )
    return [(what.replace("\N{NO-BREAK SPACE}", " "), deliveries) for what, deliveries in lines]


@pytest.fixture(scope="module")
def notified_api(api: Api) -> Api:
    """Wait until all alerts are mailed, and return the API.

    Prometheus repeats an alert after one minute if it had not yet found its Alertmanager.
    """
    deadline = time.monotonic() + NOTIFIED_SECONDS
    while not all(is_notified(api, entry) for entry in api.get("quotas")["quotas"]):
        assert time.monotonic() < deadline
        time.sleep(1)
    return api


def is_notified(api: Api, entry: dict[str, Any]) -> bool:
    """Return whether all mail on an entry is sent, with one for the threshold that it reached."""
    found = api.get(f"quotas/{entry['name']}/notifications", **entry["selector"])["notifications"]
    reached = [str(one["threshold"]) for one in found if one["kind"] == "usage"]
    return all(one["state"] == "sent" for one in found) and reached[:1] == (
        [] if entry["state"] == "ok" else [entry["state"]]
    )


def test_notifications_are_drawn_as_the_api_answers(page: Page, notified_api: Api) -> None:
    open_quota(page)
    notifications = notified_api.get("quotas/bun-egress/notifications")["notifications"]
    assert notifications
    words = {"usage": "{} % reached", "forecast": "expected to pass the limit"}
    asked = [
        (words[one["kind"]].format(one["threshold"]), [f"Sent to {one['recipient']}"])
        for one in notifications
    ]
    assert drawn(page) == asked
    assert page.texts(".notifications h3") == [f"{notifications[0]['period']['title']}, so far"]
    at = page.one(".notifications time").get_attribute("datetime")
    assert at == notifications[0]["queued_at"]
    assert datetime.fromisoformat(str(at)).tzinfo is not None


@pytest.mark.usefixtures("notified_api")
def test_without_a_reached_threshold_it_says_that_there_are_no_notifications(page: Page) -> None:
    open_quota(page, "#/quotas/each-consumer?consumer=globex")
    assert page.texts(f"{CARD} .lead") == ["No notifications yet."]
    assert drawn(page) == []


def test_recipients_of_one_event_are_grouped_by_the_state_of_their_mail(
    chromium: Chrome, stack: DemoStack
) -> None:
    with fake_webhook(stack, MIXED) as url:
        page = Page(chromium, url)
        open_quota(page)
        assert drawn(page) == [
            (
                "limit reached",
                ["Waiting to be sent to ops@example.com, team-bun@example.com (tried 4 times)"],
            ),
            ("below 90 % again", ["Sent to ops@example.com"]),
            (
                "90 % reached",
                [
                    "Sent to ops@example.com, team-bun@example.com",
                    f"Could not be sent to {GONE} (tried 4 times)",
                ],
            ),
            (
                "expected to pass the limit",
                ["Given up, too old, to ops@example.com (tried 4 times)"],
            ),
            ("80 % reached", ["Sent to ops@example.com"]),
        ]
        [now, before] = page.texts(".notifications h3")
        assert before == "October 2026"
        assert re.fullmatch("November 2026(, so far)?", now)
        assert page.console() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_accessibility_problem_and_nothing_is_too_wide(
    chromium: Chrome, stack: DemoStack, width: int, scheme: str
) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        with fake_webhook(stack, MIXED) as url:
            page = Page(chromium, url)
            open_quota(page, width=width)
            assert len(drawn(page)) == 5
            assert page.violations() == []
            root = "document.scrollingElement"
            assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_an_unreachable_webhook_is_reported_and_the_rest_is_drawn(
    chromium: Chrome, stack: DemoStack
) -> None:
    prometheus = stack.ports.url("prometheus")
    away = {"WEBHOOK_URL": "http://127.0.0.1:9", "WEBHOOK_TOKEN": "a-token"}
    with serving(PROMETHEUS_URL=prometheus, **away) as url:
        page = Page(chromium, url)
        open_quota(page)
        [words] = page.texts(f"{CARD} .lead")
        assert words.startswith("Notifications are not available now. The webhook gave no answer")
        assert words.endswith("it cannot be reached.")
        assert page.texts(".past li")
        assert page.text("#notices") == ""
        assert page.violations() == []
        assert all("503" in message for message in page.console())
        chromium.get("about:blank")


def test_without_a_webhook_there_is_no_card_of_notifications(
    chromium: Chrome, stack: DemoStack
) -> None:
    with serving(PROMETHEUS_URL=stack.ports.url("prometheus")) as url:
        page = Page(chromium, url)
        page.open(ADDRESS)
        assert page.texts(".past li")
        assert page.texts(CARD) == []
        assert page.console() == []
