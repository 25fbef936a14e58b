"""Read quotas, sizes and charts from the dashboard, as it shows them."""

import re
from typing import Any

import pytest

from tests.browser.support.chromium import Page

UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def parse_size(text: str) -> float:
    """Return the bytes that a text such as ``1.25 GB`` means."""
    found = re.fullmatch(r"([\d.]+) (\w+)", text)
    assert found is not None, text
    return float(found[1]) * UNITS[found[2]]


def is_rounded(text: str, value: float) -> bool:
    """Return whether a text is this number of bytes, rounded to four digits."""
    return parse_size(text) == pytest.approx(value, rel=0.001, abs=0.5)


def drawn_entries(page: Page) -> list[dict[str, str]]:
    """Return the cells of each row of the list: of a quota with entries, the highest."""
    cells = {"name": ".name", "what": ".what", "used": ".used", "percent": ".percent"}
    cells |= {"state": ".state"}
    texts = page.script(
        "return [...document.querySelectorAll('.entry')].filter((entry) => entry.offsetParent)"
        ".flatMap((entry) => arguments[0].map((css) => entry.querySelector(css).innerText))",
        list(cells.values()),
    )
    rows = zip(*[iter(texts)] * len(cells), strict=True)
    return [dict(zip(cells, row, strict=True)) for row in rows]


def plotted(page: Page) -> list[list[Any]]:
    """Return the data of the chart: the times in Unix seconds, and the values of each series."""
    data: list[list[Any]] = page.script("return document.querySelector('.plot').chart.data")
    return data
