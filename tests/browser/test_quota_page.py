"""The page of one quota."""

import pytest

from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import plotted


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
    assert len(page.texts(".past li")) == len(periods)
    page.driver.back()
    page.wait(lambda: page.texts("h2")[:1] == ["Quotas"])


def test_a_for_each_quota_lists_its_entries_to_choose_from(page: Page) -> None:
    page.open("#/quotas/each-consumer")
    page.wait(lambda: "Which one?" in page.texts("h2"))
    assert page.texts(".title .lead") == ["Applies to each consumer separately."]
    page.click(".name[href*='consumer=globex']")
    page.wait(lambda: page.texts(".title .lead") == ["consumer globex"])


def test_an_unknown_quota_is_reported(page: Page) -> None:
    page.open("#/quotas/none-such")
    page.wait(lambda: "There is no quota “none-such”" in page.text(".empty"))
    assert all("404" in message for message in page.console())


def test_long_names_fit_a_phone(page: Page) -> None:
    page.open("#/quotas/each-consumer?consumer=globex", width=360)
    page.script(
        "for (const node of document.querySelectorAll('h1, .lead, .notifications .delivery'))"
        " node.textContent = 'x'.repeat(200);"
    )
    root = "document.scrollingElement"
    assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
