"""The dashboard in a real browser, over the whole local stack."""

import re
import time
from typing import Any

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Api

UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
VIEWS = (
    "",
    "#/?range=30d&by=consumer&type=egress&style=lines",
    "#/quotas/bun-egress",
    "#/quotas/each-consumer",
    "#/?q=nothing-is-called-so",
)


def parse_size(text: str) -> float:
    found = re.fullmatch(r"([\d.]+) (\w+)", text)
    assert found is not None, text
    return float(found[1]) * UNITS[found[2]]


def is_rounded(text: str, value: float) -> bool:
    """Whether a text of four digits is this number of bytes."""
    return parse_size(text) == pytest.approx(value, rel=0.001, abs=0.5)


def drawn_entries(page: Page) -> list[dict[str, str]]:
    cells = {"name": ".name", "what": ".what", "used": ".used", "percent": ".percent"}
    cells |= {"state": ".state"}
    columns = {key: page.texts(f".entry {css}") for key, css in cells.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_quotas_are_drawn_as_the_api_has_them_the_worst_first(page: Page, api: Api) -> None:
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


def test_a_state_and_a_search_narrow_the_quotas_and_are_in_the_address(page: Page) -> None:
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


def plotted(page: Page) -> list[list[Any]]:
    data: list[list[Any]] = page.script("return document.querySelector('.plot').chart.data")
    return data


@pytest.mark.parametrize("by", ["service", "route", "consumer", "type"])
def test_lines_are_what_the_api_answers(page: Page, api: Api, by: str) -> None:
    page.open(f"#/?by={by}&style=lines&range=30d")
    answer = api.get("bandwidth", lookback="30d", by=by, top=8)
    times, *columns = plotted(page)
    series = answer["series"]
    names = [one["labels"][by] or f"no {by}" for one in series]
    assert page.texts(".legend .label") == names
    assert times == [ms / 1000 for ms, _ in series[0]["points"]][: len(times)]
    assert len(series[0]["points"]) - len(times) in (0, 1)
    for column, one in zip(columns, series, strict=True):
        assert column == [value for _, value in one["points"]][: len(times)]


def test_the_made_up_counters_and_what_was_recorded_agree(api: Api) -> None:
    end = int(time.time()) // 3600 * 3600 - 3600
    answers = [
        api.get("bandwidth", start=end - 42 * 3600, end=end, step=step) for step in ("5m", "1h")
    ]
    assert [answer["meta"]["source"] for answer in answers] == ["counters", "recorded"]
    fine, whole = [answer["series"][0]["total_bytes"] for answer in answers]
    assert fine == whole > 0


def test_a_stack_is_the_sum_and_gaps_stay_gaps(page: Page, api: Api) -> None:
    page.open("#/?range=7d")
    times, *columns = plotted(page)
    total = api.get("bandwidth", lookback="7d")["series"][0]["points"]
    assert columns[-1] == [value for _, value in total][: len(times)]
    assert None in columns[-1]
    assert "Hatched: no gateway was observed" in page.text(".foot")


@pytest.mark.parametrize("chosen", ["1h", "6h", "1d", "7d", "30d", "90d"])
def test_each_range_is_drawn_and_told_by_the_address(page: Page, chosen: str) -> None:
    page.open()
    page.click(f"label[for='range-{chosen}']")
    page.wait(lambda: page.one("main").get_attribute("aria-busy") is None)
    hours = {"1h": 1, "6h": 6, "1d": 24, "7d": 168, "30d": 720, "90d": 2160}[chosen]
    page.wait(
        lambda: plotted(page)[0][-1] - plotted(page)[0][0] == pytest.approx(3600 * hours, rel=0.06)
    )
    address = page.driver.current_url
    assert (f"range={chosen}" in address) == (chosen != "7d")


def test_a_shared_address_shows_the_same(page: Page, api: Api) -> None:
    page.open("#/?by=consumer&type=egress&service=bun-service&range=30d&style=lines&q=bun")
    assert page.one("#by-consumer").is_selected()
    assert page.one("#type-egress").is_selected()
    assert page.one("#style-lines").is_selected()
    assert page.script("return document.querySelector('#pick-service').value") == "bun-service"
    assert [row["name"] for row in drawn_entries(page)] == ["bun-egress"]
    series = api.get(
        "bandwidth", lookback="30d", by="consumer", type="egress", service="bun-service"
    )["series"]
    totals = page.texts(".legend tbody td:nth-child(2)")
    assert all(
        is_rounded(text, one["total_bytes"]) for text, one in zip(totals, series, strict=True)
    )


def test_the_table_has_the_numbers_of_the_chart(page: Page) -> None:
    page.open("#/?range=7d&style=lines")
    page.click(".fold summary")
    page.wait(lambda: page.all(".numbers tbody tr"))
    times, *columns = plotted(page)
    rows = page.script(
        "return [...document.querySelectorAll('.numbers tbody tr')]"
        ".map((row) => row.cells[1].innerText)"
    )
    assert len(rows) == len(times)
    for text, value in zip(rows, reversed(columns[0]), strict=True):
        assert text == "no data" if value is None else is_rounded(text, value)


def test_the_arrow_keys_read_the_chart(page: Page) -> None:
    page.open("#/?range=7d&style=lines")
    page.script("document.querySelector('.plot').focus()")
    page.one(".plot").send_keys("\ue011")  # Home
    page.wait(lambda: page.text(".legend thead th:nth-child(2)") != "Total")
    assert is_rounded(page.texts(".legend tbody td:nth-child(2)")[0], plotted(page)[1][0])


def test_who_skips_the_head_keeps_the_view(page: Page) -> None:
    page.open("#/quotas/bun-egress")
    page.script("document.querySelector('.skip').focus()")
    page.one(".skip").send_keys("\ue007")  # Enter
    page.wait(lambda: page.script("return document.activeElement.id") == "main")
    assert page.script("return location.hash") == "#/quotas/bun-egress"


def test_csv_is_of_what_is_shown(page: Page) -> None:
    page.open("#/?by=consumer&range=30d")
    link = page.one("a.csv").get_attribute("href")
    assert link is not None
    text = page.driver.execute_async_script(
        "fetch(arguments[0]).then((answer) => answer.text()).then(arguments[1])", link
    )
    assert text.splitlines()[0] == "start,end,consumer,bytes"


def test_a_quota_has_its_burn_up_and_its_periods(page: Page, api: Api) -> None:
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


def test_a_quota_for_each_asks_which_one(page: Page) -> None:
    page.open("#/quotas/each-consumer")
    page.wait(lambda: "Which one?" in page.texts("h2"))
    assert page.texts(".title .lead") == ["Applies to each consumer separately."]
    page.click(".name[href*='consumer=globex']")
    page.wait(lambda: page.texts(".title .lead") == ["consumer globex"])


def test_a_list_does_not_grow_where_two_have_the_same_key(page: Page) -> None:
    page.open()
    counts = page.driver.execute_async_script(
        """
        const done = arguments[0];
        import("./dashboard/elements.js").then(({ h, updateChildren }) => {
          const list = h("ul", {});
          const counts = ["aab", "aab", "ba", "", "aa"].map((keys) => {
            updateChildren(list, [...keys], (key) => key, () => h("li", {}), () => {});
            return [...list.children].map((node) => node.dataset.key).join("");
          });
          done(counts);
        });
        """
    )
    assert counts == ["aab", "aab", "ba", "", "aa"]


def test_long_names_fit_a_phone(page: Page) -> None:
    page.open("#/quotas/each-consumer?consumer=globex", width=360)
    page.script(
        "for (const node of document.querySelectorAll('h1, .lead, .notifications .delivery'))"
        " node.textContent = 'x'.repeat(200);"
    )
    root = "document.scrollingElement"
    assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0


def test_a_quota_that_is_unknown_is_told(page: Page) -> None:
    page.open("#/quotas/none-such")
    page.wait(lambda: "There is no quota “none-such”" in page.text(".empty"))
    assert all("404" in message for message in page.complaints())


def test_away_is_told_and_what_was_shown_stays(page: Page) -> None:
    page.open()
    count = len(drawn_entries(page))
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/v1/*"]})
    page.click("label[for='range-1h']")
    page.wait(lambda: "The API cannot be reached" in page.text("#notices"))
    assert "Stale since" in page.text("#status-text")
    assert len(drawn_entries(page)) == count
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    page.wait(lambda: page.text("#notices") == "")
    page.complaints()


def test_dark_is_as_the_system_or_as_chosen(page: Page) -> None:
    def background() -> str:
        return str(page.script("return getComputedStyle(document.body).backgroundColor"))

    page.open()
    assert background() == "rgb(246, 246, 244)"
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    page.wait(lambda: background() == "rgb(18, 19, 22)")
    page.click("#theme")
    page.wait(lambda: background() == "rgb(246, 246, 244)")
    page.click("#theme")
    page.click("#theme")
    assert page.text("#theme") == "Theme: auto"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(page: Page, view: str, width: int, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.open(view, width=width)
    assert page.faults() == []


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wider_than_a_phone(page: Page, view: str) -> None:
    page.open(view, width=360, height=800)
    root = "document.scrollingElement"
    assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0


def test_it_loads_little_and_draws_at_once(page: Page) -> None:
    page.open()
    page.open()
    sizes = page.script(
        "return performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/dashboard/')).map((one) => one.decodedBodySize)"
    )
    assert len(sizes) > 15
    assert sum(sizes) < 150_000
    drawn_ms = page.script("return performance.getEntriesByName('drawn')[0].startTime")
    assert drawn_ms < 1_000
