"""The dashboard in its first minutes, when all data is in the running window of a long range."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.support.chromium import Page
from tests.browser.support.reading import plotted
from tests.browser.support.samples import traffic
from tests.browser.support.serving import serving
from tests.integration.support import prometheus


def test_after_some_minutes_the_chart_shows_the_last_hour_from_its_first_data(
    chromium: Chrome, tmp_path: Path
) -> None:
    prometheus.fill(tmp_path, traffic(minutes=4))
    with prometheus.running(tmp_path) as server, serving(PROMETHEUS_URL=server.url) as url:
        page = Page(chromium, url)
        page.open()
        assert page.script("return document.querySelector('#range-1h').checked")
        assert "range" not in page.driver.current_url
        figures = page.texts(".figures dd")
        assert "0 B" not in figures
        assert "\N{EN DASH}" not in figures
        times, *columns = plotted(page)
        first, last = page.script(
            "const {scales} = document.querySelector('.plot').chart;"
            "return [scales.x.min, scales.x.max]"
        )
        assert last == times[-1]
        assert last - first == pytest.approx(240, abs=45)
        assert max(value for value in columns[-1] if value is not None) > 0
        # A range that somebody chose is kept, and its running window is drawn.
        page.click("label[for='range-7d']")
        page.wait(lambda: plotted(page)[0][-1] - plotted(page)[0][0] > 6 * 86_400)
        assert plotted(page)[1][-1] > 0
        assert "No data before" in page.text(".foot")
        assert "Hatched" not in page.text(".foot")
        assert page.text(".figures .figure:last-child").endswith(", so far")
        assert page.violations() == []
        assert page.console() == []
