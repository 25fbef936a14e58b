"""What all pages of the dashboard have in common: keys, themes, narrow screens, accessibility."""

import base64

import pytest

from tests.browser.support.chromium import Page
from tests.browser.support.reading import drawn_entries

VIEWS = (
    "",
    "#/?range=30d&by=consumer&type=egress&style=lines",
    "#/quotas/bun-egress",
    "#/quotas/each-consumer",
    "#/?q=nothing-is-called-so",
)


def test_the_skip_link_keeps_the_view(page: Page) -> None:
    page.open("#/quotas/bun-egress")
    page.script("document.querySelector('.skip').focus()")
    page.one(".skip").send_keys("\ue007")  # Enter
    page.wait(lambda: page.script("return document.activeElement.id") == "main")
    assert page.script("return location.hash") == "#/quotas/bun-egress"


def test_a_list_with_duplicate_keys_does_not_grow(page: Page) -> None:
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


def test_an_unreachable_api_is_reported_and_the_last_data_stays(page: Page) -> None:
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
    page.console()


def test_the_theme_follows_the_system_until_one_is_chosen(page: Page) -> None:
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
def test_axe_finds_no_accessibility_problem(page: Page, view: str, width: int, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.open(view, width=width)
    assert page.violations() == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_a_phone(page: Page, view: str) -> None:
    page.open(view, width=360, height=800)
    root = "document.scrollingElement"
    assert page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0


def test_the_dashboard_loads_little_and_draws_after_few_questions(page: Page) -> None:
    page.open()
    page.open()
    sizes = page.script(
        "return performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/dashboard/')).map((one) => one.decodedBodySize)"
    )
    assert len(sizes) > 15
    assert sum(sizes) < 200_000
    # Milliseconds would be those of the machine.
    asked = page.script(
        "const drawn = performance.getEntriesByName('drawn')[0].startTime;"
        "return performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/api/') && one.startTime < drawn)"
        ".map((one) => one.name)"
    )
    assert 1 <= len(asked) <= 6, asked


def test_the_page_of_the_api_leads_back_and_has_the_theme_of_the_dashboard(page: Page) -> None:
    def background() -> str:
        return str(page.script("return getComputedStyle(document.documentElement).backgroundColor"))

    page.open()
    page.click("#theme")
    page.click("#theme")
    assert page.text("#theme") == "Theme: dark"
    page.driver.get(f"{page.url}/docs")
    page.wait(lambda: page.texts(".swagger-ui .opblock"))
    assert background() == "rgb(28, 32, 34)"
    page.click("nav a")
    page.wait(lambda: page.texts("#theme") == ["Theme: dark"])
    page.click("#theme")
    page.driver.get(f"{page.url}/docs")
    page.wait(lambda: page.texts(".swagger-ui .opblock"))
    assert background() != "rgb(28, 32, 34)"


def offered(page: Page) -> list[str]:
    """Return the time zones that can be chosen."""
    found: list[str] = page.script(
        "return [...document.querySelectorAll('#zone option')].map((one) => one.textContent)"
    )
    return found


def test_the_time_zone_is_named_chosen_and_remembered(page: Page) -> None:
    def choose(zone: str) -> None:
        page.script(
            "const select = document.getElementById('zone'); select.value = arguments[0];"
            "select.dispatchEvent(new Event('change'))",
            zone,
        )

    page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    try:
        page.open()
        assert offered(page)[:2] == ["Asia/Tokyo (this browser)", "UTC"]
        assert page.text("section:last-child .foot").endswith("Times are in Asia/Tokyo.")
        tokyo = page.text("#status-text")
        choose("utc")
        page.wait(lambda: page.text("section:last-child .foot").endswith("Times are in UTC."))
        page.wait(lambda: page.text("#status-text")[-8:-6] != tokyo[-8:-6])
        page.open("#/quotas/bun-egress")
        assert page.text(".foot").endswith("Times are in UTC.")
        choose("quota")
        page.wait(lambda: "UTC (the quota)" in offered(page))
        assert page.text(".foot").endswith("Times are in UTC.")
        choose("browser")
        page.wait(lambda: page.text(".foot").endswith("Times are in Asia/Tokyo."))
        assert page.violations() == []
    finally:
        page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
        page.script("localStorage.removeItem('zone')")


def test_a_phone_has_one_line_of_header_and_folded_controls(page: Page) -> None:
    page.open(width=390)
    assert page.script("return document.querySelector('.top').offsetHeight") < 60
    is_shown = "return document.querySelector(arguments[0]).checkVisibility()"
    assert not page.script(is_shown, ".controls")
    page.click(".menu summary")
    page.wait(lambda: page.script(is_shown, "#theme"))
    page.click(".card .foldable summary")
    page.wait(lambda: page.script(is_shown, ".controls"))
    assert page.violations() == []
    page.open()
    assert page.script(is_shown, ".controls")


def test_a_quota_prints_on_one_page_without_controls_and_in_the_colours_of_paper(
    page: Page,
) -> None:
    cdp = page.driver.execute_cdp_cmd
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    cdp("Emulation.setEmulatedMedia", {"features": dark})
    page.open("#/quotas/bun-egress")
    page.script("dispatchEvent(new Event('beforeprint'))")
    cdp("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    is_shown = "return document.querySelector(arguments[0]).checkVisibility()"
    for hidden in (".top", ".back", ".fold", ".links"):
        assert not page.script(is_shown, hidden)
    # The chart is a picture in the colours of its theme.
    assert page.script("return document.documentElement.dataset.theme") == "light"
    assert page.script(
        "return document.querySelector('.plot canvas').offsetWidth"
        " <= document.querySelector('.plot').offsetWidth"
    )
    assert page.script("return getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    paper = {"paperWidth": 8.27, "paperHeight": 11.69}
    pdf = base64.b64decode(cdp("Page.printToPDF", paper)["data"])
    assert pdf.count(b"/Type /Page\n") == 1
    page.script("dispatchEvent(new Event('afterprint'))")
    cdp("Emulation.setEmulatedMedia", {"media": "", "features": dark})
    page.wait(lambda: page.script("return document.documentElement.dataset.theme") is None)
