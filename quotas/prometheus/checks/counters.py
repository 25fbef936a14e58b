"""Whether the counters of the gateways are as the rules need them, and quotas select them."""

from collections.abc import Iterator, Sequence

from quotas import names
from quotas.model import Quota, QuotaFile
from quotas.prometheus.checks.doubts import find_doubts
from quotas.prometheus.checks.finding import Finding
from quotas.prometheus.checks.unmatched_quotas import Labels, suggest_name, unmatched_quotas
from quotas.prometheus.client import PrometheusClient
from quotas.rules.doubts.all import doubts_of

# A quota must select a counter that had a sample within this time.
SEEN_WITHIN = "1d"
MOST_QUOTAS_NAMED = 20


def query_counters(server: PrometheusClient) -> Iterator[Labels]:
    """Yield the labels of all counters that had a sample recently."""
    by = ", ".join(names.SELECTOR_LABELS)
    query = f"group by ({by}) (last_over_time({names.GATEWAY_BYTES}[{SEEN_WITHIN}]))"
    for labels, _ in server.query(query):
        yield labels


def check_counters(counters: Sequence[Labels]) -> Iterator[Finding]:
    """Yield whether there are counters, with the labels that rules read."""
    if not counters:
        yield Finding(
            good=False,
            text=f"no {names.GATEWAY_BYTES} within {SEEN_WITHIN}; set bandwidth_metrics: true in "
            f"Kong's prometheus plugin, and send a request through it",
        )
        return
    missing = [
        label
        for label in (names.SERVICE, names.ROUTE, names.DIRECTION)
        if not any(counter.get(label) for counter in counters)
    ]
    if missing:
        yield Finding(
            good=False,
            text=f"{names.GATEWAY_BYTES} has no label {', '.join(missing)}; the "
            f"metric_relabel_configs of prometheus/prometheus.yml bring it to the shape needed",
        )
    else:
        text = f"{names.GATEWAY_BYTES} is there with its labels: {len(counters)} combinations"
        yield Finding(good=True, text=text)


def check_doubts(server: PrometheusClient, quotas: QuotaFile) -> Iterator[Finding]:
    """Yield what makes the numbers doubtful."""
    is_doubtful = False
    for line in find_doubts(server, doubts_of(quotas.accounting, quotas.quotas)):
        is_doubtful = True
        yield Finding(good=False, text=line)
    if not is_doubtful:
        yield Finding(good=True, text="nothing makes the numbers doubtful")


def check_selectors(quotas: Sequence[Quota], counters: Sequence[Labels]) -> Iterator[Finding]:
    """Yield the quotas that select none of the counters."""
    if not counters:
        # That is the finding of another check.
        return
    unmatched = unmatched_quotas(quotas, counters)
    for quota in unmatched[:MOST_QUOTAS_NAMED]:
        yield Finding(
            good=False,
            text=f"quota {quota.name} selects nothing that was seen within {SEEN_WITHIN}"
            f"{suggest_name(quota, counters)}",
        )
    if len(unmatched) > MOST_QUOTAS_NAMED:
        more = len(unmatched) - MOST_QUOTAS_NAMED
        yield Finding(good=False, text=f"so do {more} more quotas")
    if not unmatched:
        yield Finding(good=True, text=f"each of the {len(quotas)} quotas selects something")
