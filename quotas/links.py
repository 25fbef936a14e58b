"""Addresses of pages of Prometheus and Alertmanager about a quota, for mails and the dashboard."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from quotas import names
from quotas.promql import select

# The range of a graph in Prometheus, by the kind of the quota's calendar.
_GRAPH_RANGES = {"hour": "2h", "day": "2d", "week": "2w", "month": "5w"}
_LONGEST_GRAPH = "6w"


def graph_page(prometheus: str, labels: Mapping[str, str], calendar_name: str) -> str:
    """Return the graph of what the quota with these labels has used, over its period.

    Args:
        prometheus: the address of Prometheus.
        labels: the quota's name and the labels that tell its entry apart.
        calendar_name: the name of the quota's calendar, such as ``month:15@Europe/Berlin``.

    """
    kind = calendar_name.partition("@")[0].partition(":")[0]
    graph_range = _GRAPH_RANGES.get(kind, _LONGEST_GRAPH)
    expression = escape(f"{names.USED}{select(labels)}")
    return f"{base_of(prometheus)}/graph?g0.expr={expression}&g0.tab=0&g0.range_input={graph_range}"


def silence_page(alertmanager: str, labels: Mapping[str, str]) -> str:
    """Return the page on which alerts with these labels can be silenced."""
    return f"{base_of(alertmanager)}/#/silences/new?filter={_as_filter(labels)}"


def alerts_page(alertmanager: str, labels: Mapping[str, str]) -> str:
    """Return the page that lists the alerts with these labels."""
    return f"{base_of(alertmanager)}/#/alerts?filter={_as_filter(labels)}"


def base_of(address: str) -> str:
    """Return an address to which a path can be appended."""
    return address.rstrip("/")


def escape(text: str) -> str:
    """Return a text as part of an address."""
    # Labels can hold single surrogates, which have no UTF-8.
    return quote(text, safe="", errors="replace")


def _as_filter(labels: Mapping[str, str]) -> str:
    pairs = (
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items())
    )
    return escape(f"{{{','.join(pairs)}}}")
