"""The JSON of panels, as Grafana 10 and 11 read it.

Each function returns a panel without its place and id, which ``dashboard`` adds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

DATA_SOURCE: Mapping[str, str] = {"type": "prometheus", "uid": "${datasource}"}
BYTES, SECONDS, SHARE = "decbytes", "s", "percentunit"


@dataclass(frozen=True)
class Query:
    """A query: its PromQL, and the name of its series (with ``{{label}}``) in a chart."""

    expr: str
    legend: str = ""


def steps(*at: tuple[float | None, str]) -> Json:
    """Return the colours from each value on. The first has no value."""
    return {
        "mode": "absolute",
        "steps": [{"value": value, "color": colour} for value, colour in at],
    }


ALWAYS_BLUE = steps((None, "blue"))
NONE_IS_GOOD = steps((None, "green"), (1, "red"))
SHARE_OF_LIMIT = steps((None, "green"), (0.8, "yellow"), (0.9, "orange"), (1, "red"))


def override(field: str, **properties: Any) -> Json:
    """Return an override of a field's options by name. In names of options, ``__`` is a dot."""
    return {
        "matcher": {"id": "byName", "options": field},
        "properties": [
            {"id": name.replace("__", "."), "value": value} for name, value in properties.items()
        ],
    }


def table(
    title: str,
    description: str,
    queries: Sequence[Query],
    columns: Mapping[str, str],
    *,
    sort_by: str,
    hidden: Sequence[str] = (),
    overrides: Sequence[Json] = (),
) -> Json:
    """Return a table whose rows are joined by the labels of the queries.

    Args:
        title: its title.
        description: what the reader should know about it.
        queries: each becomes a column; they are evaluated at the end of the time range.
        columns: the names and order of the columns that are shown, by label or ``Value #A``.
        sort_by: the column to sort by, the largest first.
        hidden: labels that join rows and are not shown.
        overrides: options of columns.

    """
    organize = {
        "excludeByName": dict.fromkeys(["Time", *hidden], True),
        "indexByName": {name: number for number, name in enumerate(columns)},
        "renameByName": dict(columns),
    }
    return {
        **_panel("table", title, description, queries, instant=True),
        "fieldConfig": {
            "defaults": {"custom": {"align": "auto", "filterable": True}},
            "overrides": list(overrides),
        },
        "options": {"showHeader": True, "sortBy": [{"displayName": sort_by, "desc": True}]},
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": organize},
        ],
    }


def chart(
    title: str,
    description: str,
    queries: Sequence[Query],
    unit: str,
    *,
    bars: bool = False,
    overrides: Sequence[Json] = (),
    min_interval: str = "",
) -> Json:
    """Return a chart over time: lines, or stacked bars."""
    style = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 80 if bars else 0,
        "lineWidth": 0 if bars else 2,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if bars else "none", "group": "A"},
    }
    panel = {
        **_panel("timeseries", title, description, queries, instant=False),
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "color": {"mode": "palette-classic"},
                "custom": style,
            },
            "overrides": list(overrides),
        },
        "options": {
            "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }
    return {**panel, "interval": min_interval} if min_interval else panel


def bars(title: str, description: str, query: Query, unit: str, thresholds: Json) -> Json:
    """Return a bar for each series, at the end of the time range, up to a share of 1."""
    return {
        **_panel("bargauge", title, description, [query], instant=True),
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "max": 1,
                "color": {"mode": "thresholds"},
                "thresholds": thresholds,
            },
            "overrides": [],
        },
        "options": {
            "orientation": "horizontal",
            "displayMode": "basic",
            "valueMode": "color",
            "showUnfilled": True,
            "reduceOptions": _LAST_VALUE,
        },
    }


def number(
    title: str, description: str, queries: Sequence[Query], unit: str, thresholds: Json
) -> Json:
    """Return large numbers, one for each query, at the end of the time range."""
    return {
        **_panel("stat", title, description, queries, instant=True),
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "color": {"mode": "thresholds"},
                "thresholds": thresholds,
            },
            "overrides": [],
        },
        "options": {
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "auto",
            "reduceOptions": _LAST_VALUE,
        },
    }


_LAST_VALUE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def _panel(
    kind: str, title: str, description: str, queries: Sequence[Query], *, instant: bool
) -> Json:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": dict(DATA_SOURCE),
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": dict(DATA_SOURCE),
                "editorMode": "code",
                "expr": query.expr,
                "legendFormat": query.legend,
                "format": "table" if kind == "table" else "time_series",
                "instant": instant,
                "range": not instant,
            }
            for index, query in enumerate(queries)
        ],
    }
