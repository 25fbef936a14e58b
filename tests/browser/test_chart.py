"""The bandwidth chart of the dashboard, its legend, its table and its CSV file."""

import time

import pytest

from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import drawn_entries, is_rounded, plotted


@pytest.mark.parametrize("by", ["service", "route", "consumer", "type"])
def test_lines_show_what_the_api_answers(page: Page, api: Api, by: str) -> None:
    page.open(f"#/?by={by}&style=lines&range=30d")
    answer = api.get("bandwidth", lookback="30d", by=by, top=8)
    times, *columns = plotted(page)
    series = answer["series"]
    names = [one["labels"][by] or f"no {by}" for one in series]
    assert page.texts(".legend .label") == names
    assert times == [ms / 1000 for ms, _ in series[0]["points"]]
    for column, one in zip(columns, series, strict=True):
        # The last window is still running.
        assert column[:-1] == [value for _, value in one["points"]][:-1]


def test_the_generated_counters_and_deltas_agree(api: Api) -> None:
    end = int(time.time()) // 3600 * 3600 - 3600
    answers = [
        api.get("bandwidth", start=end - 42 * 3600, end=end, step=step) for step in ("5m", "1h")
    ]
    assert [answer["meta"]["source"] for answer in answers] == ["counters", "recorded"]
    fine, whole = [answer["series"][0]["total_bytes"] for answer in answers]
    assert fine == whole > 0


def test_the_stacked_chart_ends_at_the_sum_and_keeps_gaps(page: Page, api: Api) -> None:
    page.open("#/?range=7d")
    times, *columns = plotted(page)
    total = api.get("bandwidth", lookback="7d")["series"][0]["points"]
    assert columns[-1][:-1] == [value for _, value in total][: len(times) - 1]
    assert None in columns[-1]
    assert "Hatched: no gateway was observed" in page.text(".foot")


@pytest.mark.parametrize("chosen", ["1h", "6h", "1d", "7d", "30d", "90d"])
def test_each_range_is_drawn_and_in_the_url(page: Page, chosen: str) -> None:
    page.open()
    page.click(f"label[for='range-{chosen}']")
    page.wait(lambda: page.one("main").get_attribute("aria-busy") is None)
    hours = {"1h": 1, "6h": 6, "1d": 24, "7d": 168, "30d": 720, "90d": 2160}[chosen]
    page.wait(
        lambda: plotted(page)[0][-1] - plotted(page)[0][0] == pytest.approx(3600 * hours, rel=0.06)
    )
    address = page.driver.current_url
    assert f"range={chosen}" in address


def test_the_running_window_is_drawn_and_named(page: Page, api: Api) -> None:
    page.open("#/?range=7d&style=lines")
    times, *columns = plotted(page)
    answer = api.get("bandwidth", lookback="7d", by="service")
    assert answer["meta"]["partial_last"]
    assert times[-1] == answer["series"][0]["points"][-1][0] / 1000
    assert all(column[-1] is not None for column in columns)
    assert "is still running" in page.text(".foot")


def test_a_shared_url_shows_the_same_view(page: Page, api: Api) -> None:
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


def test_keys_move_the_cursor_of_the_chart(page: Page) -> None:
    page.open("#/?range=7d&style=lines")
    page.script("document.querySelector('.plot').focus()")
    page.one(".plot").send_keys("\ue011")  # Home
    page.wait(lambda: page.text(".legend thead th:nth-child(2)") != "Total")
    assert is_rounded(page.texts(".legend tbody td:nth-child(2)")[0], plotted(page)[1][0])


def test_the_csv_file_has_the_series_of_the_chart(page: Page) -> None:
    page.open("#/?by=consumer&range=30d")
    link = page.one("a.csv").get_attribute("href")
    assert link is not None
    text = page.driver.execute_async_script(
        "fetch(arguments[0]).then((answer) => answer.text()).then(arguments[1])", link
    )
    assert text.splitlines()[0] == "start,end,consumer,bytes,other"
