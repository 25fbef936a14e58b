"""The list of quotas on the dashboard."""

import pytest

from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import drawn_entries, is_rounded


def test_quotas_are_listed_as_the_api_answers_most_used_first(page: Page, api: Api) -> None:
    page.open()
    entries = api.get("quotas", page_size=1000)["quotas"]
    drawn = drawn_entries(page)
    assert [row["name"] for row in drawn] == [entry["name"] for entry in entries]
    for row, entry in zip(drawn, entries, strict=True):
        used, limit = row["used"].split(" of ")
        assert is_rounded(used, entry["used_bytes"])
        assert is_rounded(limit, entry["limit_bytes"])
        assert float(row["percent"].rstrip(" %")) == pytest.approx(100 * entry["ratio"], abs=1)
        words = {"ok": "OK", "100": "limit reached"}
        assert row["state"] == words.get(entry["state"], f"{entry['state']} % reached")


def test_a_state_and_a_search_filter_the_quotas_and_are_in_the_url(page: Page) -> None:
    page.open()
    everything = len(drawn_entries(page))
    page.click(".states button[data-key='90']")
    page.wait(lambda: {row["state"] for row in drawn_entries(page)} == {"90 % reached"})
    assert "state=90" in page.driver.current_url
    page.click(".states button[data-key='all']")
    page.one("#search").send_keys("each globex")
    page.wait(lambda: [row["what"] for row in drawn_entries(page)] == ["consumer globex"])
    assert "q=each+globex" in page.driver.current_url
    page.one("#search").clear()
    page.one("#search").send_keys("nothing like that")
    page.wait(lambda: "No quota is like that" in page.text(".card > .empty"))
    page.click(".card > .empty button")
    page.wait(lambda: len(drawn_entries(page)) == everything)


def test_a_bar_above_the_limit_has_a_mark_at_the_limit(page: Page, api: Api) -> None:
    page.open()
    entries = api.get("quotas", page_size=1000)["quotas"]
    marks = page.script(
        "return [...document.querySelectorAll('.entry .bar')].map((bar) => {"
        " const mark = bar.querySelector('.mark');"
        " return mark.hidden ? null : parseFloat(mark.style.insetInlineStart); })"
    )
    expected = [100 / entry["ratio"] if entry["ratio"] > 1 else None for entry in entries]
    assert any(expected)
    assert marks == [None if one is None else pytest.approx(one, abs=1) for one in expected]
