"""What people do with the bandwidth chart: zoom, choose a range, point at it, compare."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.browser.conftest import Api
from tests.browser.support.chromium import Page
from tests.browser.support.reading import is_rounded, plotted


def days_ago(days: int, hour: int = 0) -> datetime:
    today = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)


def rounded(values: Iterable[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 1) for value in values]


def chosen(page: Page) -> dict[str, str]:
    """Return the times in the address."""
    return dict(parse_qsl(urlsplit(page.driver.current_url).fragment.partition("?")[2]))


def test_what_is_dragged_over_is_shown_and_a_double_click_resets(page: Page) -> None:
    page.open("#/?range=7d")
    first, *_, last = plotted(page)[0]
    over = page.one(".u-over")
    width = over.size["width"]
    chain = ActionChains(page.driver)
    chain.move_to_element_with_offset(over, -width // 4, 0).click_and_hold()
    chain.move_by_offset(width // 4, 0).release().perform()
    page.wait(lambda: "from" in chosen(page))
    start, end = (datetime.fromisoformat(chosen(page)[name]).timestamp() for name in ("from", "to"))
    assert start == pytest.approx(first + (last - first) / 4, rel=0, abs=0.05 * (last - first))
    assert end == pytest.approx(first + (last - first) / 2, rel=0, abs=0.05 * (last - first))
    page.wait(lambda: plotted(page)[0][0] == pytest.approx(start, abs=3_600))
    assert plotted(page)[0][-1] <= end
    ActionChains(page.driver).double_click(page.one(".u-over")).perform()
    page.wait(lambda: "from" not in chosen(page))


def test_a_custom_range_is_written_in_the_zone_in_use_and_kept_in_the_address(
    page: Page, api: Api
) -> None:
    start, end = days_ago(3, 10), days_ago(2, 12)
    page.open("#/?style=lines")
    page.click(".custom summary")
    for name, at in (("from", start), ("to", end)):
        page.script(
            "document.getElementById(arguments[0]).value = arguments[1]",
            name,
            f"{at:%Y-%m-%dT%H:%M}",
        )
    page.click(".custom button")
    page.wait(lambda: chosen(page).get("from") == f"{start:%Y-%m-%dT%H:%M}Z")
    page.wait(lambda: plotted(page)[0][0] == start.timestamp())
    answer = api.get("bandwidth", by="service", start=start.isoformat(), end=end.isoformat())
    assert plotted(page)[1] == [value for _, value in answer["series"][0]["points"]]
    address = page.driver.current_url
    page.open("#/" + urlsplit(address).fragment.removeprefix("/"))
    assert plotted(page)[0][0] == start.timestamp()
    assert page.violations() == []
    page.click(".reset")
    page.wait(lambda: "from" not in chosen(page))


def test_times_that_are_none_are_reported_and_the_usual_range_is_shown(page: Page) -> None:
    page.open("#/?from=yesterday&to=2026-11-01")
    assert "This address has no valid times" in page.text("section:last-child .foot")
    assert plotted(page)[0]


def test_a_click_in_the_legend_shows_one_series_alone_and_with_ctrl_hides_one(page: Page) -> None:
    page.open("#/?range=7d&style=lines")
    count = len(plotted(page))
    pressed = (
        "return [...document.querySelectorAll('.legend button')]"
        ".map((one) => one.ariaPressed === 'true')"
    )
    page.click(".legend tr:nth-child(2) button")
    page.wait(lambda: page.script(pressed) == [False, True, False])
    assert len(plotted(page)) == 2
    page.click(".legend tr:nth-child(2) button")
    page.wait(lambda: len(plotted(page)) == count)
    chain = ActionChains(page.driver).key_down(Keys.CONTROL)
    chain.click(page.one(".legend tr:nth-child(2) button")).key_up(Keys.CONTROL).perform()
    page.wait(lambda: page.script(pressed) == [True, False, True])
    assert len(plotted(page)) == count - 1


def test_the_pointer_shows_the_values_beside_it_the_largest_first(page: Page) -> None:
    page.open("#/?range=7d&style=lines")
    over = page.one(".u-over")
    ActionChains(page.driver).move_to_element(over).perform()
    page.wait(lambda: page.texts(".tooltip li"))
    index = page.script("return document.querySelector('.plot').chart.cursor.idx")
    values = sorted((column[index] for column in plotted(page)[1:]), reverse=True)
    found = [text.split("\n")[-1] for text in page.texts(".tooltip li")]
    assert len(found) == len(values)
    assert all(is_rounded(text, value) for text, value in zip(found, values, strict=True))


def test_rates_are_bits_a_second_and_the_period_before_can_be_compared(
    page: Page, api: Api
) -> None:
    start, end = days_ago(4), days_ago(2)
    times = f"from={start:%Y-%m-%dT%H:%M}Z&to={end:%Y-%m-%dT%H:%M}Z"
    page.open(f"#/?style=lines&unit=rate&before=yes&{times}")
    asked = {"start": start.isoformat(), "end": end.isoformat()}
    answer = api.get("bandwidth", by="service", unit="bits_per_second", **asked)
    times_s, first, *_, before = plotted(page)
    assert rounded(first) == rounded(value for _, value in answer["series"][0]["points"])
    asked = {"start": days_ago(6).isoformat(), "end": start.isoformat()}
    earlier = api.get("bandwidth", unit="bits_per_second", **asked)["series"][0]["points"]
    assert [ms / 1000 + 2 * 86_400 for ms, _ in earlier] == times_s
    assert rounded(before) == rounded(value for _, value in earlier)
    assert "Bits a second in windows of" in page.text("section:last-child .foot")


def test_a_name_has_the_same_colour_in_every_view(page: Page) -> None:
    colour = (
        "const find = (row) => row.querySelector('.label').innerText === 'ban-service';"
        "return [...document.querySelectorAll('.legend tbody tr')].find(find)"
        ".querySelector('.swatch').style.background"
    )
    page.open("#/?range=7d")
    among_all = page.script(colour)
    page.open("#/?range=1d&service=ban-service&style=lines")
    assert page.script(colour) == among_all


def test_how_often_the_page_refreshes_is_chosen_and_remembered(page: Page) -> None:
    asked = (
        "return performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/quota')).length"
    )
    choose = (
        "const select = document.getElementById('interval'); select.value = arguments[0];"
        "select.dispatchEvent(new Event('change'))"
    )
    page.open()
    try:
        page.script(choose, "0")
        page.wait(lambda: page.one("main").get_attribute("aria-busy") is None)
        before = page.script(asked)
        page.script(choose, "now")
        page.wait(lambda: page.script(asked) > before)
        page.open()
        assert page.script("return document.getElementById('interval').value") == "0"
    finally:
        page.script("localStorage.removeItem('refresh')")
