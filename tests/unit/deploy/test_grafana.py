"""The committed dashboard is the generated one, and Grafana finds all that it refers to."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from deploy.grafana.__main__ import FILE, render
from deploy.grafana.dashboard import make_dashboard
from deploy.grafana.panels import DATA_SOURCE
from quotas import names
from tests.unit.or_chains import left_nested

DASHBOARD = make_dashboard()
PANELS = DASHBOARD["panels"]
WITH_QUERIES = [panel for panel in PANELS if panel["type"] != "row"]
TARGETS = [target for panel in WITH_QUERIES for target in panel["targets"]]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
# Variables that Grafana itself sets. $1 is a group of a regular expression.
OF_GRAFANA = {"__interval", "__rate_interval", "__range", "__value", "__url_time_range"}


def variables_in(value: Any) -> set[str]:
    """Return the names of all variables in a part of the dashboard."""
    text = json.dumps(value)
    return set(re.findall(r"\$\{?(\w+)", text))


def test_the_committed_dashboard_is_the_generated_one() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run: make grafana"


def test_all_variables_are_defined_and_used() -> None:
    assert variables_in([PANELS, DASHBOARD["links"]]) - OF_GRAFANA == VARIABLES.keys()


def test_every_panel_and_query_reads_the_chosen_data_source() -> None:
    data_sources = [part["datasource"] for part in (*WITH_QUERIES, *TARGETS)]
    assert data_sources == [DATA_SOURCE] * len(data_sources)
    assert VARIABLES["datasource"]["query"] == DATA_SOURCE["type"] == "prometheus"


def test_panels_have_different_ids_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for one, other in combinations([panel["gridPos"] for panel in PANELS], 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in PANELS)


@pytest.mark.parametrize("panel", WITH_QUERIES, ids=lambda panel: panel["title"])
def test_overrides_name_columns_or_series_of_their_panel(panel: dict[str, Any]) -> None:
    named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    series = {target["legendFormat"] for target in panel["targets"]}
    columns = {
        name
        for transformation in panel.get("transformations", [])
        for name in transformation["options"].get("renameByName", {}).values()
    }
    assert named <= series | columns


@pytest.mark.parametrize("panel", WITH_QUERIES, ids=lambda panel: panel["title"])
def test_each_query_of_a_panel_has_an_id_of_its_own(panel: dict[str, Any]) -> None:
    ids = [target["refId"] for target in panel["targets"]]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("panel", WITH_QUERIES, ids=lambda panel: panel["title"])
def test_chains_of_or_are_nested_to_the_right(panel: dict[str, Any]) -> None:
    assert not [t["expr"] for t in panel["targets"] if left_nested(t["expr"])]


def test_every_link_to_the_api_begins_with_its_address() -> None:
    table = next(panel for panel in PANELS if panel["type"] == "table")
    (quota,) = (o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Quota")
    urls = [link["url"] for link in DASHBOARD["links"]]
    urls += [link["url"] for link in quota["properties"][0]["value"]]
    here = f"/d/{DASHBOARD['uid']}?"
    assert all(url.startswith(("${api_url}/", here)) for url in urls)
    assert "${api_url}/docs" in urls


def test_the_alerts_of_the_pipeline_are_all_but_those_of_quotas_and_the_watchdog() -> None:
    (query,) = (target["expr"] for target in TARGETS if "ALERTS{alertname=~" in target["expr"])
    shown = set(re.findall(r"\w+", query.partition('"')[2].partition('"')[0]))
    defined = {value for name, value in vars(names).items() if name.endswith("_ALERT")}
    assert defined - shown == {names.USAGE_ALERT, names.FORECAST_ALERT, names.WATCHDOG_ALERT}
    assert shown <= defined
