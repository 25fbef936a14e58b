"""The list of quotas on the dashboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import drawn_entries, is_rounded
from tests.browser.support.samples import Usage, usages
from tests.browser.support.serving import serving
from tests.integration.support import prometheus


def test_quotas_are_listed_as_the_api_answers_most_used_first(page: Page, api: Api) -> None:
    page.open()
    entries: list[Any] = []
    for entry in api.get("quotas", page_size=1000)["quotas"]:
        # A quota with several entries has one row, that of its highest entry.
        if entry["name"] not in [other["name"] for other in entries]:
            entries.append(entry)
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
    page.wait(lambda: "No quota matches" in page.text(".card > .empty"))
    page.click(".card > .empty button")
    page.wait(lambda: len(drawn_entries(page)) == everything)


def test_a_bar_has_a_tick_at_each_threshold_and_above_the_limit_a_mark_at_it(
    page: Page, api: Api
) -> None:
    page.open("#/?q=days")
    entries = [one for one in api.get("quotas")["quotas"] if "days" in one["name"]]
    ticks = page.script(
        "return [...document.querySelectorAll('.entry .ticks')].map((ticks) => "
        "[...ticks.children].map((tick) => parseFloat(tick.style.insetInlineStart)))"
    )
    assert ticks == [
        [pytest.approx(percent / max(1, entry["ratio"]), abs=0.1) for percent in (80, 90)]
        for entry in entries
    ]
    marks = page.script(
        "return [...document.querySelectorAll('.entry .bar')].map((bar) => {"
        " const mark = bar.querySelector('.mark');"
        " return mark.hidden ? null : parseFloat(mark.style.insetInlineStart); })"
    )
    expected = [100 / entry["ratio"] if entry["ratio"] > 1 else None for entry in entries]
    assert any(expected)
    assert marks == [None if one is None else pytest.approx(one, abs=1) for one in expected]


def test_a_quota_for_each_is_one_row_that_opens_to_a_table(page: Page, api: Api) -> None:
    page.open()
    name = "button.name"
    assert page.texts(name) == ["each-consumer"]
    entries = api.get("quotas/each-consumer")["quotas"]
    ok = [entry["state"] for entry in entries].count("ok")
    [counted] = page.texts(".group .what")
    assert counted.startswith("each consumer · ")
    # The later on a day, the more of the demo's consumers have reached a threshold.
    assert counted.endswith(f" · {ok} OK") if ok else "OK" not in counted
    assert page.texts(".group .worst") == [
        f"Highest: consumer {entries[0]['selector']['consumer']}"
    ]
    page.click(name)
    page.wait(lambda: len(page.texts(".members tbody tr")) == len(entries))
    assert "open=each-consumer" in page.driver.current_url
    assert page.script(f"return document.querySelector('{name}').ariaExpanded") == "true"
    assert page.violations() == []
    page.click(name)
    page.wait(lambda: page.texts(".members") == [])
    assert "open" not in page.driver.current_url


MANY = 1_000
LIMIT = 1_000


def used_by(number: int) -> int:
    """Return what a consumer has used: two are above the limit, and three above 80 %."""
    return {0: 1_120, 1: 1_001, 2: 899, 3: 850, 4: 800}.get(number, number % 790)


@pytest.fixture(scope="module")
def many(chromium: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return a dashboard of one quota for each of a thousand consumers, in binary units."""
    folder: Path = tmp_path_factory.mktemp("many")
    (folder / "quotas.yaml").write_text(
        "version: 1\ndefaults: {notify: [ops@example.com]}\n"
        "quotas: [{name: each, for_each: consumer, limit: 1000 KiB, period: {rolling: 7d}}]\n"
    )
    found = [
        Usage("each", {"consumer": f"c{number:03}"}, used_by(number) * 1024, LIMIT * 1024)
        for number in range(MANY)
    ]
    prometheus.fill(folder, usages(found))
    quotas = str(folder / "quotas.yaml")
    with (
        prometheus.running(folder) as server,
        serving(PROMETHEUS_URL=server.url, QUOTAS_FILE=quotas) as url,
    ):
        yield Page(chromium, url)


def cells(page: Page, column: int) -> list[str]:
    return page.texts(f".members tbody tr > :nth-child({column})")


def test_a_thousand_entries_are_one_row_with_counts_and_few_rows_when_open(many: Page) -> None:
    many.open()
    assert many.texts(".group .what") == ["each consumer · 2 limit reached · 3 at 80 % · 995 OK"]
    assert many.texts(".entry .used") == ["1120 KiB of 1000 KiB"]
    assert many.texts(".percent") == ["112 %"]
    assert len(many.texts(".entry")) == 1
    many.click("button.name")
    many.wait(lambda: len(cells(many, 1)) == 25)
    assert cells(many, 1)[:5] == [f"consumer c{number:03}" for number in range(5)]
    assert cells(many, 6)[:5] == [*["limit reached"] * 2, *["80 % reached"] * 3]


def test_the_table_of_entries_is_sorted_searched_and_shows_more(many: Page) -> None:
    many.open("#/?open=each")
    many.wait(lambda: len(cells(many, 1)) == 25)
    many.click(".members thead th:nth-child(1) button")
    many.wait(lambda: many.texts(".members [aria-sort='ascending']") == ["Entry"])
    assert cells(many, 1) == [f"consumer c{number:03}" for number in range(25)]
    many.click(".members thead th:nth-child(1) button")
    many.wait(lambda: cells(many, 1)[0] == "consumer c999")
    many.click(".members .more-entries")
    many.wait(lambda: len(cells(many, 1)) == 125)
    many.one(".members input").send_keys("c00")
    many.wait(lambda: many.text(".members [role='status']") == "10 of 1000 entries")
    assert cells(many, 1) == [f"consumer c{number:03}" for number in reversed(range(10))]
    assert many.violations() == []
    assert many.console() == []


def test_a_search_that_finds_few_entries_shows_each_in_a_row(many: Page) -> None:
    many.open("#/?q=c99")
    assert len(many.texts(".group")) == 1
    many.open("#/?state=100")
    many.wait(lambda: many.texts(".entry .what") == ["consumer c000", "consumer c001"])


def test_a_filter_of_the_list_is_one_of_the_table_too(many: Page) -> None:
    many.open("#/?q=c99&open=each")
    many.wait(lambda: many.text(".members [role='status']") == "10 entries")
    many.one(".members input").send_keys("c999")
    many.wait(lambda: many.text(".members [role='status']") == "1 of 10 entries")
    assert cells(many, 1) == ["consumer c999"]


def test_a_wrong_state_or_row_in_the_url_is_ignored(many: Page) -> None:
    many.open("#/?state=bad")
    assert many.texts(".states [aria-pressed='true']") == ["All 1000"]
    many.open("#/?open=no-such-quota")
    assert many.texts(".group button") == ["each"]


def test_the_table_fits_a_phone_and_its_headings_stay(many: Page) -> None:
    many.open("#/?open=each", width=390)
    many.wait(lambda: len(cells(many, 1)) == 25)
    assert many.texts(".members thead th") == ["Entry", "Of the limit", "State"]
    root = "document.scrollingElement"
    assert many.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    head, region = many.script(
        "const region = document.querySelector('.members .scroll');"
        "region.scrollTop = 400;"
        "const head = region.querySelector('thead th');"
        "return [head, region].map((node) => node.getBoundingClientRect().top);"
    )
    assert head == pytest.approx(region, abs=2)
    assert many.violations() == []


def test_the_state_is_that_of_the_bytes_before_the_alert_fires(many: Page) -> None:
    """Nothing fires here: the alert follows within minutes."""
    many.open("#/?state=80")
    many.wait(lambda: many.texts(".state") == ["80 % reached"] * 3)
    titles = many.script("return [...document.querySelectorAll('.state')].map((one) => one.title)")
    assert titles == ["The alert fires within minutes"] * 3
    many.open("#/quotas/each?consumer=c002")
    many.wait(lambda: many.texts("h1") == ["each"] and many.text(".figures dd") != "")
    assert many.texts(".figures dd")[0] == "89.9 %"
    assert "899 KiB of 1000 KiB" in many.text(".figures")
