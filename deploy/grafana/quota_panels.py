"""The panels about quotas, and about the bytes that they count."""

from deploy.grafana import queries
from deploy.grafana.panels import (
    BYTES,
    SHARE,
    SHARE_OF_LIMIT,
    Json,
    Query,
    bars,
    chart,
    override,
    table,
)
from quotas import names

# The path of the dashboard in Grafana.
UID = "gateway-quotas"
BANDWIDTH_BY = (names.SERVICE, names.ROUTE, names.CONSUMER)
_STATES = {
    "0": ("OK", "green"),
    "1": ("Forecast above limit", "yellow"),
    "2": ("Threshold reached", "orange"),
    "3": ("Limit reached", "red"),
}
# Bars as wide as the longest accounting step.
_BAR = "5m"
_ENTRY_LEGEND = " ".join(f"{{{{{label}}}}}" for label in names.SELECTOR_LABELS)


def all_quotas() -> Json:
    """Return the table of all quotas: used, limit, share, forecast and state."""
    links = [
        {
            "title": "Show it below",
            "url": f"/d/{UID}?var-quota=${{__value.text:percentencode}}&${{datasource:queryparam}}"
            "&${service:queryparam}&${api_url:queryparam}&${__url_time_range}",
        },
        {
            "title": "Open it in the API's dashboard",
            "url": "${api_url}/#/quotas/${__value.text:percentencode}",
            "targetBlank": True,
        },
    ]
    mappings = [
        {
            "type": "value",
            "options": {
                value: {"text": text, "color": colour, "index": index}
                for index, (value, (text, colour)) in enumerate(_STATES.items())
            },
        }
    ]
    bar = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
    labels = {label: label.capitalize() for label in names.SELECTOR_LABELS}
    return table(
        "Usage of all quotas",
        "Usage in the current period. A quota with for_each has a row for each consumer, service "
        "or route. A rolling window has no forecast.",
        [
            Query(queries.USED),
            Query(queries.LIMIT),
            Query(queries.RATIO),
            Query(queries.FORECAST),
            Query(queries.STATE),
        ],
        {
            names.QUOTA: "Quota",
            **labels,
            names.CALENDAR: "Period",
            "Value #A": "Used",
            "Value #B": "Limit",
            "Value #C": "Share of limit",
            "Value #D": "Forecast",
            "Value #E": "State",
        },
        overrides=[
            override("Quota", links=links),
            override("Used", unit=BYTES),
            override("Limit", unit=BYTES),
            override("Forecast", unit=BYTES),
            override(
                "Share of limit",
                unit=SHARE,
                min=0,
                max=1,
                thresholds=SHARE_OF_LIMIT,
                color={"mode": "thresholds"},
                custom__cellOptions=bar,
                custom__width=260,
            ),
            override("State", mappings=mappings, custom__cellOptions={"type": "color-text"}),
        ],
        sort_by="Share of limit",
        hidden=[names.PERIOD],
    )


def usage() -> Json:
    """Return the chart of the selected quota's usage, with limit, thresholds and forecast."""
    dashed = {"fill": "dash", "dash": [10, 10]}
    lines = {
        "Limit": (queries.SELECTED_LIMIT, "red"),
        "90 % of the limit": (queries.selected_share(90), "orange"),
        "80 % of the limit": (queries.selected_share(80), "yellow"),
    }
    return chart(
        "Usage against the limit",
        "Usage in the current period, its forecast, the limit, and the default thresholds of 80 "
        "and 90 %.",
        [
            Query(queries.SELECTED_USED, f"Used {_ENTRY_LEGEND}"),
            Query(queries.SELECTED_FORECAST, f"Forecast {_ENTRY_LEGEND}"),
            *(Query(expr, name) for name, (expr, _) in lines.items()),
        ],
        BYTES,
        overrides=[
            override(
                name,
                color={"mode": "fixed", "fixedColor": colour},
                custom__lineStyle=dashed,
                custom__lineWidth=1,
            )
            for name, (_, colour) in lines.items()
        ],
    )


def share_of_limit() -> Json:
    """Return a bar for each entry of the selected quota."""
    return bars(
        "Share of the limit",
        "Usage divided by the limit, for each consumer, service or route of the quota.",
        Query(queries.SELECTED_RATIO, f"$quota {_ENTRY_LEGEND}"),
        SHARE,
        SHARE_OF_LIMIT,
    )


def bandwidth(label: str) -> Json:
    """Return the chart of bytes by service, route or consumer."""
    return chart(
        f"Bytes by {label}",
        f"Bytes moved in the time of each bar: the {queries.MOST_SHOWN} that moved most in the "
        "time range.",
        [Query(queries.moved_by(label), f"{{{{{label}}}}}")],
        BYTES,
        bars=True,
        min_interval=_BAR,
    )
