"""A quota's page tells who was told of it, and says so where that is not known."""

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
from tests.browser.chromium import Page
from tests.browser.conftest import Api
from tests.browser.serving import serving, serving_app

TOLD_SECONDS = 90
ADDRESS = "#/quotas/bun-egress"
SELECTOR = {"service": "bun-service", "direction": "egress"}
GONE = "gone.long.ago.with.a.long.name@subsidiary.example.com"
CARD = "section[aria-labelledby='notifications-title']"


def told(
    recipient: str, state: str = "sent", day: str = "2026-11-20", **changes: Any
) -> dict[str, Any]:
    """Return what a webhook would answer of a mail about bun-egress."""
    settled = f"{day}T10:00:02+00:00" if state in ("sent", "failed", "expired") else None
    topic = {"quota": "bun-egress", "selector": SELECTOR, "kind": "usage", "threshold": 80.0}
    topic |= {"calendar": "month", "period": "202611"} | changes
    times = {"queued_at": f"{day}T10:00:00+00:00", "settled_at": settled}
    tries = 0 if state == "queued" else 1 if state == "sent" else 4
    return {"recipient": recipient, "state": state, "attempts": tries, **times, "topics": [topic]}


MIXED = [
    told("ops@example.com", "queued", "2026-11-23", threshold=100.0),
    told("team-bun@example.com", "sending", "2026-11-23", threshold=100.0),
    told("ops@example.com", "sent", "2026-11-22", kind="over", threshold=90.0),
    told("ops@example.com", "sent", "2026-11-21", threshold=90.0),
    told("team-bun@example.com", "sent", "2026-11-21", threshold=90.0),
    told(GONE, "failed", "2026-11-21", threshold=90.0),
    told("ops@example.com", "expired", kind="forecast", threshold=100.0),
    told("ops@example.com", "sent", "2026-10-20", period="202610"),
]


@contextmanager
def telling(stack: DemoStack, notifications: list[dict[str, Any]]) -> Iterator[str]:
    """Serve the dashboard over the demo's Prometheus and a webhook that is made up."""
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
    """Open a quota's page, and wait for what comes from the webhook too."""
    page.open(address, width=width)
    page.wait(lambda: page.texts(CARD))


def drawn(page: Page) -> list[tuple[str, list[str]]]:
    """Return what was told, and what became of it, line by line."""
    lines: list[list[Any]] = page.driver.execute_script(
        "return [...document.querySelectorAll('.notifications ol > li')].map((line) =>"
        "[line.querySelector('strong').innerText,"
        " [...line.querySelectorAll('.delivery')].map((line) => line.innerText)])"
    )
    return [(what.replace("\N{NO-BREAK SPACE}", " "), fates) for what, fates in lines]


@pytest.fixture(scope="module")
def told_of(api: Api) -> Api:
    """Wait until people were told of all that fires, and return the API.

    What fires before Prometheus has found its Alertmanager, it sends again after a minute.
    """
    deadline = time.monotonic() + TOLD_SECONDS
    while not all(is_told(api, entry) for entry in api.get("quotas")["quotas"]):
        assert time.monotonic() < deadline
        time.sleep(1)
    return api


def is_told(api: Api, entry: dict[str, Any]) -> bool:
    """Whether all mail about an entry was sent, and there is some if a threshold was reached."""
    found = api.get(f"quotas/{entry['name']}/notifications", **entry["selector"])["notifications"]
    reached = [str(one["threshold"]) for one in found if one["kind"] == "usage"]
    return all(one["state"] == "sent" for one in found) and reached[:1] == (
        [] if entry["state"] == "ok" else [entry["state"]]
    )


def test_what_is_drawn_is_what_the_api_says(page: Page, told_of: Api) -> None:
    open_quota(page)
    notifications = told_of.get("quotas/bun-egress/notifications")["notifications"]
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


@pytest.mark.usefixtures("told_of")
def test_where_no_threshold_was_reached_it_says_that_there_are_no_notifications_yet(
    page: Page,
) -> None:
    open_quota(page, "#/quotas/each-consumer?consumer=globex")
    assert page.texts(f"{CARD} .lead") == ["No notifications yet."]
    assert drawn(page) == []


def test_recipients_of_the_same_stand_together_with_what_became_of_it(
    chromium: Chrome, stack: DemoStack
) -> None:
    with telling(stack, MIXED) as url:
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
        assert page.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    chromium: Chrome, stack: DemoStack, width: int, scheme: str
) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        with telling(stack, MIXED) as url:
            page = Page(chromium, url)
            open_quota(page, width=width)
            assert len(drawn(page)) == 5
            assert page.faults() == []
            root = "document.scrollingElement"
            assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_webhook_that_is_away_is_told_and_the_rest_is_drawn(
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
        assert page.faults() == []
        assert all("503" in message for message in page.complaints())
        chromium.get("about:blank")


def test_without_a_webhook_nothing_is_shown_and_nothing_fails(
    chromium: Chrome, stack: DemoStack
) -> None:
    with serving(PROMETHEUS_URL=stack.ports.url("prometheus")) as url:
        page = Page(chromium, url)
        page.open(ADDRESS)
        assert page.texts(".past li")
        assert page.texts(CARD) == []
        assert page.complaints() == []
