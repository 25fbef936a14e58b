"""The dashboard formats numbers and times by the same rules as the mails."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.support.serving import serving

CASES = Path(__file__).parents[1] / "formatting_cases.json"
_FORMAT_CASES = """
const [cases, done] = arguments;
const camelCase = (name) => name.replace(/_./g, (letters) => letters[1].toUpperCase());
import("/dashboard/format.js").then((format) => {
  done(JSON.parse(cases).map((one) => format[camelCase(one.function)](...one.input)));
}, (error) => done(String(error)));
"""
# 13:05:07 UTC on 9 March 2026.
_FORMAT_TIMES = """
const done = arguments[0];
const ms = Date.UTC(2026, 2, 9, 13, 5, 7);
import("/dashboard/format.js").then((format) => done([
  format.formatClock(ms),
  format.formatClockSeconds(ms),
  format.formatDay(ms),
  format.formatTime(ms),
  format.formatTime(ms, 86400),
]), (error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def format_page(chromium: Chrome) -> Iterator[Chrome]:
    """Return a browser on a page that may import the dashboard's modules and asks for no data."""
    with serving() as url:
        chromium.get(f"{url}/docs")
        yield chromium
        chromium.get("about:blank")


def test_a_value_reads_as_in_the_table_shared_with_the_mails(format_page: Chrome) -> None:
    text = CASES.read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = json.loads(text)
    found = format_page.execute_async_script(_FORMAT_CASES, text)
    assert isinstance(found, list), found
    for case, shown in zip(cases, found, strict=True):
        assert shown.replace("\N{NO-BREAK SPACE}", " ") == case["text"], case


def test_a_time_is_day_before_month_with_a_24_hour_clock_in_the_browsers_zone(
    format_page: Chrome,
) -> None:
    format_page.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
    try:
        format_page.refresh()
        found = format_page.execute_async_script(_FORMAT_TIMES)
    finally:
        format_page.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    assert found == ["14:05", "14:05:07", "9 Mar", "Mon 9 Mar, 14:05", "Mon 9 Mar"]
