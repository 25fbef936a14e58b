"""Read the state of the pipeline from Prometheus, in one query."""

from collections.abc import Mapping, Sequence
from string import Template

from api.clients.range_cache import Upstream, read_instant
from api.pipeline.model import Evaluations, Gateways, Pipeline, Trouble
from quotas import names
from quotas.model import QuotaFile
from quotas.promql import either, match_any, selector
from quotas.rules.doubts.all import doubts_of
from quotas.rules.doubts.targets import colliding_targets

MOST_SHOWN = 20
_HOUR_SECONDS = 3_600
_FACT = "__fact__"
_UP = f"up{selector([match_any('job', [names.GATEWAY_JOB])])}"
_FIRING = 'alertstate="firing"'
_WATCHDOG = f"ALERTS{selector([match_any('alertname', [names.WATCHDOG_ALERT]), _FIRING])}"
_ALERTS = sorted(names.ALERTS - {names.USAGE_ALERT, names.FORECAST_ALERT, names.WATCHDOG_ALERT})
_QUERIES = {
    "known": f"count({_UP})",
    "up": f"count({_UP} == 1)",
    "down": f"topk({MOST_SHOWN}, {_UP} == bool 0 == 1)",
    "evaluated": f"max(count_over_time({_WATCHDOG}[1h]))",
    "old": f"count(present_over_time({_WATCHDOG}[1d] offset 1h))",
    "firing": f"topk({MOST_SHOWN}, ALERTS{selector([match_any('alertname', _ALERTS), _FIRING])})",
}
_QUERY = either(
    *(f'label_replace({query}, "{_FACT}", "{fact}", "", "")' for fact, query in _QUERIES.items())
)
# Texts of the alerts that are no doubts: a summary, and what to do.
_TEXTS = {
    names.METRICS_MISSING_ALERT: (
        f"Gateways are up, but none exposes {names.GATEWAY_BYTES}",
        "No bytes are counted. Set bandwidth_metrics of Kong's prometheus plugin.",
    ),
    names.SCRAPE_FAILING_ALERT: (
        "Gateway $instance cannot be scraped",
        "Make sure that it runs, and that Prometheus reaches it.",
    ),
    names.RULES_FAILING_ALERT: (
        "Quota rules fail or are too slow: $group",
        "The page /rules of Prometheus shows which and why.",
    ),
}


def read_pipeline(upstream: Upstream, quotas: QuotaFile, now_ms: int) -> Pipeline:
    """Return the state of the pipeline.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """
    numbers: dict[str, int] = {}
    down: list[str] = []
    firing: list[Mapping[str, str]] = []
    for series in read_instant(upstream, _QUERY, now_ms):
        [value] = series.values.values()
        match series.labels.get(_FACT):
            case "down":
                down.append(series.labels.get("instance", "?"))
            case "firing":
                firing.append(series.labels)
            case str(fact):
                numbers[fact] = int(value)
    expected = _HOUR_SECONDS // quotas.accounting.resolution_seconds
    missed = max(0, expected - numbers.get("evaluated", 0)) if numbers.get("old") else None
    return Pipeline(
        is_recorded="evaluated" in numbers or "old" in numbers,
        gateways=Gateways(numbers.get("known", 0), numbers.get("up", 0), sorted(down)),
        evaluations=Evaluations(expected, missed, quotas.accounting.catch_up),
        troubles=_make_troubles(firing, quotas),
    )


def _make_troubles(firing: Sequence[Mapping[str, str]], quotas: QuotaFile) -> list[Trouble]:
    doubts = [*doubts_of(quotas.accounting, quotas.quotas), colliding_targets()]
    texts = {doubt.alert: (doubt.summary, doubt.cure) for doubt in doubts} | _TEXTS
    found = []
    for labels in firing:
        name = labels["alertname"]
        # An alert does not say the value that raised it. One of former rules may have no texts.
        summary, advice = (
            Template(text.replace("$value %", "much")).safe_substitute(labels)
            for text in texts.get(name, (name, ""))
        )
        page = f"{quotas.runbook_url}#{name.lower()}" if quotas.runbook_url else ""
        found.append(
            Trouble(
                name,
                labels.get(names.SEVERITY, ""),
                summary,
                advice,
                page,
            )
        )
    return sorted(found, key=lambda trouble: (trouble.severity, trouble.name, trouble.summary))
