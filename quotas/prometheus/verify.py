"""The checks of --verify: whether a running Prometheus can be trusted with these quotas."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Quota, QuotaFile
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.doubts import colliding_targets, find_doubts
from quotas.prometheus.loaded_rules import find_differences, loaded_groups
from quotas.prometheus.unmatched_quotas import Labels, suggest_name, unmatched_quotas
from quotas.rule_files.rule import RuleFile
from quotas.rules.doubts.all import doubts_of
from quotas.rules.intervals import lingering_seconds
from quotas.units import format_duration, read_duration

_GREEN, _RED = "32", "31"
# A quota must select a counter that had a sample within this time.
SEEN_WITHIN = "1d"
MOST_QUOTAS_NAMED = 20
# For some seconds after a reload, Prometheus does not know its Alertmanagers.
ALERTMANAGER_ATTEMPTS = 4
SECONDS_BETWEEN_ATTEMPTS = 2


@dataclass(frozen=True)
class Finding:
    """One result of a check: whether it is good, and a sentence for people."""

    good: bool
    text: str

    def render(self, *, colour: bool = False) -> str:
        """Return the finding as a line of text, coloured for a terminal if asked."""
        word, code = ("ok   ", _GREEN) if self.good else ("wrong", _RED)
        return f"\033[{code}m{word}\033[0m {self.text}" if colour else f"{word} {self.text}"


def verify(
    prometheus: PrometheusClient, quotas: QuotaFile, rules: Sequence[RuleFile]
) -> Iterator[Finding]:
    """Yield the findings of all checks, each as soon as it is known.

    A check that the server does not answer is a finding too.
    """
    counters: list[Labels] = []

    def find_counters() -> Iterator[Finding]:
        counters.extend(_query_counters(prometheus))
        yield from _check_counters(counters)

    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("retention", lambda: _check_retention(prometheus, quotas)),
        ("gateways", lambda: _check_targets(prometheus, quotas.accounting)),
        ("counters", find_counters),
        ("doubts", lambda: _check_doubts(prometheus, quotas)),
        ("rules", lambda: _check_rules(prometheus, rules)),
        ("Alertmanager", lambda: _check_alertmanager(prometheus)),
        ("selectors", lambda: _check_selectors(quotas.quotas, counters)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except PrometheusError as error:
            yield Finding(good=False, text=f"{name}: {error}")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            yield Finding(good=False, text=f"{name}: the answer cannot be read ({error!r})")


def _check_retention(prometheus: PrometheusClient, quotas: QuotaFile) -> Iterator[Finding]:
    needed_seconds = max(
        quota.calendar.longest_period_seconds + lingering_seconds(quota.calendar, quotas.accounting)
        for quota in quotas.quotas
    )
    retention = prometheus.ask("/api/v1/status/runtimeinfo")["storageRetention"]
    try:
        # "45d", or "45d or 10GiB".
        kept_seconds = read_duration(retention.split(" ")[0])
    except ValueError:
        # A size alone does not guarantee any time.
        kept_seconds = 0
    needed = format_duration(needed_seconds)
    if kept_seconds >= needed_seconds:
        text = f"retention is {retention}; the longest period needs {needed}"
        yield Finding(good=True, text=text)
    else:
        yield Finding(
            good=False,
            text=f"retention is {retention}, but the longest period needs {needed}; start "
            f"Prometheus with --storage.tsdb.retention.time=45d",
        )


def _check_targets(prometheus: PrometheusClient, accounting: Accounting) -> Iterator[Finding]:
    targets = [
        target
        for target in prometheus.ask("/api/v1/targets", state="active")["activeTargets"]
        if target["labels"].get("job") == names.GATEWAY_JOB
    ]
    if not targets:
        yield Finding(
            good=False,
            text=f'there is no target of the job "{names.GATEWAY_JOB}"; the scrape job of the '
            f"gateways must be called so",
        )
        return
    down = [target for target in targets if target["health"] != "up"]
    for target in down:
        instance, why = target["labels"].get("instance", "?"), target["lastError"] or "not yet"
        yield Finding(good=False, text=f"gateway {instance} is not scraped: {why}")
    if not down:
        yield Finding(good=True, text=f"gateways scraped: {len(targets)} of {len(targets)}")
    for collision in colliding_targets(targets):
        yield Finding(good=False, text=collision)
    timeout = max(read_duration(target["scrapeTimeout"]) for target in targets)
    delay = accounting.scrape_delay_seconds
    if timeout > delay:
        yield Finding(
            good=False,
            text=f"a scrape may take {format_duration(timeout)}, but accounting.scrape_delay is "
            f"{format_duration(delay)}: late samples would be lost; make it as long",
        )


def _query_counters(prometheus: PrometheusClient) -> Iterator[Labels]:
    """Yield the labels of all counters that had a sample recently."""
    by = ", ".join(names.SELECTOR_LABELS)
    query = f"group by ({by}) (last_over_time({names.GATEWAY_BYTES}[{SEEN_WITHIN}]))"
    for labels, _ in prometheus.query(query):
        yield labels


def _check_counters(counters: Sequence[Labels]) -> Iterator[Finding]:
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


def _check_doubts(prometheus: PrometheusClient, quotas: QuotaFile) -> Iterator[Finding]:
    is_doubtful = False
    for line in find_doubts(prometheus, doubts_of(quotas.accounting, quotas.quotas)):
        is_doubtful = True
        yield Finding(good=False, text=line)
    if not is_doubtful:
        yield Finding(good=True, text="nothing makes the numbers doubtful")


def _check_rules(prometheus: PrometheusClient, rules: Sequence[RuleFile]) -> Iterator[Finding]:
    differences = list(find_differences(prometheus, rules))
    for difference in differences:
        yield Finding(good=False, text=f"{difference}; write the rules and reload: --reload URL")
    if not differences:
        yield Finding(good=True, text="the loaded rules are these")
    ours = {group.name for file in rules for group in file.groups}
    failing = [
        (rule["name"], rule.get("lastError") or rule["health"])
        for group in loaded_groups(prometheus)
        if group["name"] in ours
        for rule in group["rules"]
        if rule["health"] == "err"
    ]
    for name, error in failing:
        yield Finding(good=False, text=f"{name} does not evaluate: {error}")
    if not failing and not differences:
        yield Finding(good=True, text="they evaluate without an error")


def _check_alertmanager(prometheus: PrometheusClient) -> Iterator[Finding]:
    active: list[str] = []
    for _ in range(ALERTMANAGER_ATTEMPTS):
        found = prometheus.ask("/api/v1/alertmanagers")["activeAlertmanagers"]
        active = [alertmanager["url"] for alertmanager in found]
        if active:
            break
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    if active:
        yield Finding(good=True, text=f"alerts go to {', '.join(active)}")
    else:
        yield Finding(good=False, text="no Alertmanager is connected; see alerting: in its config")


def _check_selectors(quotas: Sequence[Quota], counters: Sequence[Labels]) -> Iterator[Finding]:
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
