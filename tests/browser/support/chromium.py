"""A headless Chromium, and a page of the dashboard in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WAIT_SECONDS = 20
AXE = Path(__file__).resolve().parents[1] / "axe" / "axe.min.js"
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
)
_AXE_RUN = """
const done = arguments[arguments.length - 1];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: rules})
  .then((found) => done(found.violations.map((one) =>
    `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`)));
"""


@contextmanager
def running(folder: Path) -> Iterator[Chrome]:
    """Run a Chromium inside the ``with`` block, with a new profile in ``folder``."""
    options = ChromeOptions()
    options.binary_location = _find("CHROMIUM_BIN", "chromium", "chromium-browser", "google-chrome")
    for switch in (*_SWITCHES, f"--user-data-dir={folder}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, Service(_find("CHROMEDRIVER_BIN", "chromedriver")))
    driver.set_page_load_timeout(WAIT_SECONDS)
    driver.set_script_timeout(WAIT_SECONDS)
    try:
        yield driver
    finally:
        driver.quit()


def _find(variable: str, *names: str) -> str:
    wanted = [os.environ[variable]] if os.environ.get(variable) else names
    for name in wanted:
        path = shutil.which(name)
        if path:
            return path
    pytest.fail(
        f"{wanted[0]} is not on this machine: apt-get install chromium chromium-driver, or name "
        f"the program with {variable}"
    )


class Page:
    """The dashboard in a browser."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def open(self, address: str = "", *, width: int = 1280, height: int = 1000) -> None:
        """Load an address such as ``#/?range=1h`` from scratch, and wait until it is drawn."""
        self.driver.set_window_size(width, height)
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/{address}")
        self.wait(lambda: "Updated" in self.text("#status-text"))

    def wait(self, condition: Callable[[], Any]) -> None:
        """Wait until ``condition`` returns something true."""
        WebDriverWait(self.driver, WAIT_SECONDS, 0.05).until(lambda _: condition())

    def all(self, css: str) -> list[WebElement]:
        """Return all elements that match a selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        """Return the first element that matches a selector; fail if there is none."""
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """Return the text of the first element that matches, or "" if there is none."""
        code = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.script(code, css))

    def texts(self, css: str) -> list[str]:
        """Return the texts of all visible elements that match, read at one moment."""
        found: list[str] = self.script(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((node) => node.offsetParent).map((node) => node.innerText)",
            css,
        )
        return found

    def click(self, css: str) -> None:
        """Click an element. Click the label of a radio button, not the button itself."""
        self.one(css).click()

    def script(self, code: str, *values: object) -> Any:
        """Run JavaScript in the page and return its result, with plain spaces in texts."""
        found = self.driver.execute_script(code, *values)
        if isinstance(found, list):
            return [_plain(value) for value in found]
        return _plain(found)

    def violations(self) -> list[str]:
        """Return the accessibility problems that axe finds in the page as it is now."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found: list[str] = self.driver.execute_async_script(_AXE_RUN)
        return found

    def console(self) -> list[str]:
        """Return the messages in the console of the browser since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


def _plain(value: Any) -> Any:
    return value.replace("\N{NO-BREAK SPACE}", " ") if isinstance(value, str) else value
