"""The dashboard: its rows of panels, its variables, and its links to the API."""

from collections.abc import Iterator, Sequence

from deploy.grafana.panels import DATA_SOURCE, Json
from deploy.grafana.pipeline_panels import Sized, health, over_time, pipeline_alerts
from deploy.grafana.quota_panels import (
    BANDWIDTH_BY,
    UID,
    all_quotas,
    bandwidth,
    share_of_limit,
    usage,
)
from quotas import names

# Grafana 10.3 and later; newer versions migrate it when they load it.
SCHEMA_VERSION = 39
_WIDTH = 24


def make_dashboard() -> Json:
    """Return the dashboard as Grafana imports it."""
    return {
        "id": None,
        "uid": UID,
        "title": "Gateway quotas",
        "description": "Bandwidth quotas of Kong gateways, and the pipeline that measures them.",
        "tags": ["kong", "quotas"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "",
        "links": [
            _link("Quotas and bandwidth in the API's dashboard", "${api_url}/"),
            _link("API documentation", "${api_url}/docs"),
        ],
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "panels": list(
            _placed(
                [
                    ("All quotas", [(24, 10, all_quotas())]),
                    ("Quota $quota", [(16, 10, usage()), (8, 10, share_of_limit())]),
                    ("Bandwidth", [(8, 9, bandwidth(label)) for label in BANDWIDTH_BY]),
                    ("Pipeline", [*health(), (24, 7, pipeline_alerts()), *over_time()]),
                ]
            )
        ),
    }


def _variables() -> list[Json]:
    return [
        {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "hide": 0,
        },
        _from_labels("quota", "Quota", names.LIMIT, names.QUOTA),
        {
            **_from_labels("service", "Service", names.DELTA, names.SERVICE),
            "multi": True,
            "includeAll": True,
            # Also what has no service.
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        },
        {
            "name": "api_url",
            "label": "Address of the API",
            "type": "textbox",
            "query": "http://127.0.0.1:8000",
            "current": {"text": "http://127.0.0.1:8000", "value": "http://127.0.0.1:8000"},
            "hide": 0,
        },
    ]


def _from_labels(name: str, title: str, metric: str, label: str) -> Json:
    query = f"label_values({metric}, {label})"
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": dict(DATA_SOURCE),
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor"},
        # At each change of the time range.
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
    }


def _link(title: str, url: str) -> Json:
    return {
        "title": title,
        "url": url,
        "type": "link",
        "icon": "external link",
        "targetBlank": True,
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "tags": [],
        "tooltip": "",
    }


def _placed(rows: Sequence[tuple[str, Sequence[Sized]]]) -> Iterator[Json]:
    """Yield rows and their panels from left to right, each with a place and an id."""
    number, top = 1, 0
    for title, sized in rows:
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
        }
        number, top, left, tallest = number + 1, top + 1, 0, 0
        for width, height, panel in sized:
            if left + width > _WIDTH:
                top, left, tallest = top + tallest, 0, 0
            place = {"x": left, "y": top, "w": width, "h": height}
            yield {"id": number, **panel, "gridPos": place}
            number, left, tallest = number + 1, left + width, max(tallest, height)
        top += tallest
