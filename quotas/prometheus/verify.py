"""Ask a running Prometheus whether its quotas can be trusted."""

import difflib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import re2

from quotas import names
from quotas.model import Accounting, Match, Quota, QuotaFile
from quotas.prometheus.client import Ruler, RulerError, differing_rules, loaded_groups
from quotas.rules.intervals import lingering_seconds
from quotas.rules.rulefile import RuleFile
from quotas.units import format_duration, read_duration

_GREEN, _RED = "32", "31"
# How far back a counter is looked for before a quota is said to select nothing.
SEEN_WITHIN = "1d"
MOST_QUOTAS_TOLD = 20
# After a reload Prometheus forgets its Alertmanagers for some seconds.
ALERTMANAGER_LOOKS = 4
SECONDS_BETWEEN_LOOKS = 2

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it must be, and what was seen."""

    good: bool
    text: str

    def render(self, *, colour: bool = False) -> str:
        """Return a line for people."""
        word, code = ("ok   ", _GREEN) if self.good else ("wrong", _RED)
        return f"\033[{code}m{word}\033[0m {self.text}" if colour else f"{word} {self.text}"


def verify(ruler: Ruler, quotas: QuotaFile, rules: Sequence[RuleFile]) -> Iterator[Finding]:
    """Yield what is found, one after the other as it is looked at.

    What cannot be asked of this server is a finding too.
    """
    counters: list[Labels] = []

    def count() -> Iterator[Finding]:
        by = ", ".join(names.SELECTOR_LABELS)
        seen = ruler.query(
            f"group by ({by}) (last_over_time({names.GATEWAY_BYTES}[{SEEN_WITHIN}]))"
        )
        counters.extend(labels for labels, _ in seen)
        yield from _check_counters(counters)

    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("retention", lambda: _check_retention(ruler, quotas)),
        ("gateways", lambda: _check_targets(ruler, quotas.accounting)),
        ("counters", count),
        ("rules", lambda: _check_rules(ruler, rules)),
        ("Alertmanager", lambda: _check_alertmanager(ruler)),
        ("selectors", lambda: _check_selectors(quotas.quotas, counters)),
    ]
    for what, look in looks:
        try:
            yield from look()
        except RulerError as error:
            yield Finding(good=False, text=f"{what}: {error}")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            yield Finding(good=False, text=f"{what}: the answer cannot be read ({error!r})")


def _check_retention(ruler: Ruler, quotas: QuotaFile) -> Iterator[Finding]:
    needed = max(
        quota.calendar.longest_period_seconds + lingering_seconds(quota.calendar, quotas.accounting)
        for quota in quotas.quotas
    )
    told = ruler.ask("/api/v1/status/runtimeinfo")["storageRetention"]
    try:
        # "45d", or "45d or 10GiB".
        kept = read_duration(told.split(" ")[0])
    except ValueError:
        # A size alone promises no time.
        kept = 0
    longest = format_duration(needed)
    if kept >= needed:
        yield Finding(good=True, text=f"retention is {told}; the longest period needs {longest}")
    else:
        yield Finding(
            good=False,
            text=f"retention is {told}, but the longest period needs {longest}; start Prometheus "
            f"with --storage.tsdb.retention.time=45d",
        )


def _check_targets(ruler: Ruler, accounting: Accounting) -> Iterator[Finding]:
    targets = [
        target
        for target in ruler.ask("/api/v1/targets", state="active")["activeTargets"]
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
    timeout = max(read_duration(target["scrapeTimeout"]) for target in targets)
    delay = accounting.scrape_delay_seconds
    if timeout > delay:
        yield Finding(
            good=False,
            text=f"a scrape may take {format_duration(timeout)}, but accounting.scrape_delay is "
            f"{format_duration(delay)}: late samples would be lost; make it as long",
        )


def _check_counters(counters: Sequence[Labels]) -> Iterator[Finding]:
    if not counters:
        yield Finding(
            good=False,
            text=f"no {names.GATEWAY_BYTES} within {SEEN_WITHIN}; set bandwidth_metrics: true in "
            f"Kong's prometheus plugin, and send a request through it",
        )
        return
    lacking = [
        label
        for label in (names.SERVICE, names.ROUTE, names.DIRECTION)
        if not any(counter.get(label) for counter in counters)
    ]
    if lacking:
        yield Finding(
            good=False,
            text=f"{names.GATEWAY_BYTES} has no label {', '.join(lacking)}; the "
            f"metric_relabel_configs of prometheus/prometheus.yml bring it to the shape needed",
        )
    else:
        text = f"{names.GATEWAY_BYTES} is there with its labels: {len(counters)} combinations"
        yield Finding(good=True, text=text)


def _check_rules(ruler: Ruler, rules: Sequence[RuleFile]) -> Iterator[Finding]:
    differences = list(differing_rules(ruler, rules))
    for difference in differences:
        yield Finding(good=False, text=f"{difference}; write the rules and reload: --reload URL")
    if not differences:
        yield Finding(good=True, text="the loaded rules are these")
    ours = {group.name for file in rules for group in file.groups}
    failing = [
        (rule["name"], rule.get("lastError") or rule["health"])
        for group in loaded_groups(ruler)
        if group["name"] in ours
        for rule in group["rules"]
        if rule["health"] == "err"
    ]
    for name, error in failing:
        yield Finding(good=False, text=f"{name} does not evaluate: {error}")
    if not failing and not differences:
        yield Finding(good=True, text="they evaluate without an error")


def _check_alertmanager(ruler: Ruler) -> Iterator[Finding]:
    active: list[str] = []
    for _ in range(ALERTMANAGER_LOOKS):
        found = ruler.ask("/api/v1/alertmanagers")["activeAlertmanagers"]
        active = [known["url"] for known in found]
        if active:
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if active:
        yield Finding(good=True, text=f"alerts go to {', '.join(active)}")
    else:
        yield Finding(good=False, text="no Alertmanager is connected; see alerting: in its config")


def _check_selectors(quotas: Sequence[Quota], counters: Sequence[Labels]) -> Iterator[Finding]:
    empty = [quota for quota in quotas if not any(_selects(quota, one) for one in counters)]
    if not counters:
        return
    for quota in empty[:MOST_QUOTAS_TOLD]:
        yield Finding(
            good=False,
            text=f"quota {quota.name} selects nothing that was seen within {SEEN_WITHIN}"
            f"{_nearest(quota, counters)}",
        )
    if len(empty) > MOST_QUOTAS_TOLD:
        yield Finding(good=False, text=f"so do {len(empty) - MOST_QUOTAS_TOLD} more quotas")
    if not empty:
        yield Finding(good=True, text=f"each of the {len(quotas)} quotas selects something")


def _selects(quota: Quota, labels: Labels) -> bool:
    if quota.direction not in (names.BOTH, labels.get(names.DIRECTION, "")):
        return False
    for name in quota.for_each:
        if labels.get(name, "") in ("", *quota.excluded.get(name, ())):
            return False
    return all(_matches(match, labels.get(name, "")) for name, match in quota.selector.items())


def _matches(match: Match, value: str) -> bool:
    if match.regex is not None:
        return re2.fullmatch(match.regex, value) is not None
    return value in match.values


def _nearest(quota: Quota, counters: Sequence[Labels]) -> str:
    """Return the existing name that is nearest to one that does not exist, as a hint."""
    for name, match in quota.selector.items():
        existing = {labels.get(name, "") for labels in counters}
        for value in sorted(set(match.values) - existing):
            near = difflib.get_close_matches(value, sorted(existing), n=1)
            if near:
                return f'; there is no {name} "{value}", did you mean "{near[0]}"?'
            return f'; there is no {name} "{value}"'
    return ""
