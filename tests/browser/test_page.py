"""What all pages of the dashboard have in common: keys, themes, narrow screens, accessibility."""

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
