"""The numbers of a quota on the dashboard agree with each other, and with quotas.yaml."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.browser.support.chromium import Page
from tests.browser.support.reading import drawn_entries
from tests.browser.support.samples import Usage, usages
from tests.browser.support.serving import serving
from tests.integration.support import prometheus

GIB = 2**30
# name, limit in quotas.yaml and in bytes, used: what the page shows of it
CASES = [
    ("nearly", "614 kB", 614_000, 613_999, "613.9 kB of 614 kB", "99.9 %", "90 % reached"),
    ("exactly", "614 kB", 614_000, 614_000, "614 kB of 614 kB", "100 %", "limit reached"),
    ("above", "10 MB", 10_000_000, 11_200_000, "11.2 MB of 10 MB", "112 %", "limit reached"),
    ("binary", "20 GiB", 20 * GIB, 18.25 * GIB, "18.25 GiB of 20 GiB", "91.2 %", "90 % reached"),
    ("megabytes", "4600 MB", 46 * 10**8, 3_628_136_645, "3628 MB of 4600 MB", "78.8 %", "OK"),
    ("large", "1500 GB", 1_500 * 10**9, 870 * 10**9, "870 GB of 1500 GB", "58 %", "OK"),
    ("little", "500 GB", 500 * 10**9, 90_000, "90 kB of 500 GB", "< 0.1 %", "OK"),
]


@pytest.fixture(scope="module")
def numbers(chromium: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return a dashboard of a quota for each case. No alert fires."""
    folder = tmp_path_factory.mktemp("numbers")
    written = "".join(
        f"  - {{name: {name}, service: {name}, limit: {limit}, period: {{rolling: 7d}}}}\n"
        for name, limit, *_ in CASES
    )
    quotas = folder / "quotas.yaml"
    quotas.write_text(
        f"version: 1\ndefaults: {{notify: [ops@example.com]}}\nquotas:\n{written}",
        encoding="utf-8",
    )
    found = [Usage(name, {"service": name}, used, limit) for name, _, limit, used, *_ in CASES]
    prometheus.fill(folder, usages(found))
    with (
        prometheus.running(folder) as server,
        serving(PROMETHEUS_URL=server.url, QUOTAS_FILE=str(quotas)) as url,
    ):
        yield Page(chromium, url)


def test_no_number_contradicts_another(numbers: Page) -> None:
    numbers.open()
    shown = {row["name"]: row for row in drawn_entries(numbers)}
    for name, _, _, _, amount, percent, state in CASES:
        assert (shown[name]["used"], shown[name]["percent"]) == (amount, percent)
        assert shown[name]["state"] == state


@pytest.mark.parametrize("case", CASES, ids=[name for name, *_ in CASES])
def test_the_page_of_a_quota_has_the_same_numbers_as_the_list(
    numbers: Page, case: tuple[str, str, float, float, str, str, str]
) -> None:
    name, _, _, _, amount, percent, state = case
    numbers.open(f"#/quotas/{name}")
    numbers.wait(lambda: numbers.texts("h1") == [name] and numbers.text(".figures dd") != "")
    assert numbers.texts(".figures dd")[:2] == [percent, amount]
    assert numbers.text(".badge") == state
