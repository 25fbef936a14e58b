"""Mails in a browser: their links open the dashboard, and they suit phones and dark mode."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.support.chromium import Page
from tests.unit.webhook.mail.report.reports import CASES as REPORTS
from tests.unit.webhook.mail.report.reports import read_report
from tests.unit.webhook.mails import CASES, read
from tests.unit.webhook.samples import ADDRESSES, usage
from webhook.alerts.payload import Alert
from webhook.settings import Addresses

# The least size of what people touch, in pixels.
LEAST_PIXELS = 44
TEST_MAIL = Path(__file__).parents[1] / "unit/webhook/preview/golden/90-percent.html"
LONG = "x" * 1000


def entry(consumer: str, threshold: int = 90) -> Alert:
    return usage(threshold, quota="each-consumer", limit_bytes=10 * 2**30, consumer=consumer)


ALERTS = {
    **CASES,
    "long": [entry(LONG)],
    "long rows": [entry(LONG), entry("acme", 100)],
    "right to left": [entry("חשבון-הלקוח-של-החברה")],
    "a hundred rows": [entry(f"consumer-{number}") for number in range(100)],
    "a long text": [Alert("firing", {"alertname": LONG}, {"summary": LONG, "description": LONG})],
}
PAGES = {
    **{name: read(*alerts, addresses=ADDRESSES).html for name, alerts in ALERTS.items()},
    **{f"report {name}": read_report(*report).html for name, report in REPORTS.items()},
    "test": TEST_MAIL.read_text(encoding="utf-8"),
}


class Mail:
    """A mail in a browser."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.page = Page(driver, "")
        self._folder = folder

    def open(self, html: str, width: int = 900, *, dark: bool = False) -> None:
        """Show the HTML part of a mail in a window of this width."""
        path = self._folder / "mail.html"
        path.write_text(html, encoding="utf-8")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        driver = self.page.driver
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(path.as_uri())


@pytest.fixture
def mail(chromium: Chrome, tmp_path: Path) -> Iterator[Mail]:
    yield Mail(chromium, tmp_path)
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_button_opens_the_entry_on_the_dashboard(mail: Mail, page: Page) -> None:
    mail.open(read(entry("globex"), addresses=Addresses(dashboard=page.url)).html)
    page.click(".button a")
    page.wait(lambda: page.texts("h1") == ["each-consumer"])
    page.wait(lambda: page.texts(".title .lead") == ["consumer globex"])


def test_of_several_entries_the_button_opens_their_quota_and_each_row_its_entry(
    mail: Mail, page: Page
) -> None:
    alerts = [entry("acme", 100), entry("globex")]
    html = read(*alerts, addresses=Addresses(dashboard=page.url)).html
    mail.open(html)
    page.click(".button a")
    page.wait(lambda: "Which one?" in page.texts("h2"))
    mail.open(html)
    page.click("a[href$='consumer=globex']")
    page.wait(lambda: page.texts(".title .lead") == ["consumer globex"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [900, 360])
@pytest.mark.parametrize("case", PAGES)
def test_a_mail_fits_and_can_be_read(mail: Mail, case: str, width: int, *, dark: bool) -> None:
    mail.open(PAGES[case], width, dark=dark)
    root = "document.scrollingElement"
    assert mail.page.script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    assert mail.page.violations() == []


@pytest.mark.parametrize("case", PAGES)
def test_on_a_phone_buttons_and_links_are_large_enough_to_touch(mail: Mail, case: str) -> None:
    mail.open(PAGES[case], 360)
    heights = mail.page.script(
        "return [...document.querySelectorAll('.button a, .link')]"
        ".map((node) => node.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= LEAST_PIXELS
