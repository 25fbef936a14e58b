"""Whether each gateway is scraped, once and in time."""

from collections.abc import Iterator, Mapping
from typing import Any

from quotas import names
from quotas.accounting_options import Accounting
from quotas.prometheus.checks.doubts import colliding_targets
from quotas.prometheus.checks.finding import Finding, not_checked
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.engine import Engine
from quotas.promql import match_any, selector
from quotas.units import format_duration, read_duration

Target = Mapping[str, Any]

_UP = "up" + selector([match_any("job", [names.GATEWAY_JOB])])
_NEWEST_UP = f"max by (job, instance) ({_UP})"
# Targets that appeared within a day, although their job was there before, and targets that went.
_NOW, _BEFORE = f"present_over_time({_UP}[15m])", f"present_over_time({_UP}[15m] offset 1d)"
CAME = f"""\
count(
  count by (job, instance) ({_NOW})
  unless on (job, instance) {_BEFORE}
  and on (job) {_BEFORE}
)"""
WENT = f"""\
count(
  count by (job, instance) (present_over_time({_UP}[1d]))
  unless on (job, instance) {_NOW}
)"""


def check_targets(
    server: PrometheusClient, engine: Engine, accounting: Accounting
) -> Iterator[Finding]:
    """Yield whether the gateways are scraped, each of them once, and fast enough."""
    targets = _find_targets(server, engine)
    if targets is None:
        yield from _check_up(server)
        delay = format_duration(accounting.scrape_delay_seconds)
        instead = f'scrape_timeout of the job "{names.GATEWAY_JOB}" must be at most {delay}'
        yield not_checked("how long scrapes may take", engine, instead)
        return
    if not targets:
        yield _no_target()
        return
    down = [target for target in targets if target["health"] != "up"]
    for target in down:
        instance, why = target["labels"].get("instance", "?"), target["lastError"] or "not yet"
        yield Finding(good=False, text=f"gateway {instance} is not scraped: {why}")
    if not down:
        yield Finding(good=True, text=f"gateways scraped: {len(targets)} of {len(targets)}")
    for collision in colliding_targets(targets):
        yield Finding(good=False, text=collision)
    timeout = max(map(_timeout_seconds, targets))
    delay_seconds = accounting.scrape_delay_seconds
    if timeout > delay_seconds:
        yield Finding(
            good=False,
            text=f"a scrape may take {format_duration(timeout)}, but accounting.scrape_delay is "
            f"{format_duration(delay_seconds)}: late samples would be lost; make it as long",
        )


def check_changing_targets(server: PrometheusClient, accounting: Accounting) -> Iterator[Finding]:
    """Yield a recommendation if targets come and go, and new ones do not count in full."""
    if accounting.count_new_targets:
        return
    came, went = (sum(value for _, value in server.query(query)) for query in (CAME, WENT))
    if came and went:
        yield Finding(
            good=None,
            text=f"within a day {came:.0f} gateways appeared and {went:.0f} went: where gateways "
            f"come and go, set accounting.new_targets to count, or what a new one moves before "
            f"its first scrape does not count",
        )


def _find_targets(server: PrometheusClient, engine: Engine) -> list[Target] | None:
    """Return the targets of the gateways; None if the server does not know who scrapes them."""
    if engine is Engine.MIMIR:
        return None
    try:
        found = server.ask("/api/v1/targets", state="active")["activeTargets"]
    except PrometheusError:
        if engine is Engine.PROMETHEUS:
            raise
        return None
    if not found and engine is not Engine.PROMETHEUS:
        return None
    ours = [target for target in found if target["labels"].get("job") == names.GATEWAY_JOB]
    return _without_replicas(ours) if engine is Engine.THANOS else ours


def _without_replicas(targets: list[Target]) -> list[Target]:
    """Return targets that several Prometheus scrape once, as one that fails if there is one."""
    by_address: dict[tuple[str, str], Target] = {}
    for target in targets:
        key = target["labels"].get("instance", "?"), target["scrapeUrl"]
        if key not in by_address or target["health"] != "up":
            by_address[key] = target
    return list(by_address.values())


def _check_up(server: PrometheusClient) -> Iterator[Finding]:
    """Yield whether gateways are scraped, by what was recorded about their scrapes."""
    found = server.query(_NEWEST_UP)
    if not found:
        yield _no_target()
        return
    down = [labels.get("instance", "?") for labels, value in found if value != 1]
    for instance in sorted(down):
        yield Finding(good=False, text=f"gateway {instance} is not scraped: its up is 0")
    if not down:
        yield Finding(good=True, text=f"gateways scraped: {len(found)} of {len(found)}")


def _no_target() -> Finding:
    return Finding(
        good=False,
        text=f'there is no target of the job "{names.GATEWAY_JOB}"; the scrape job of the '
        f"gateways must be called so",
    )


def _timeout_seconds(target: Target) -> float:
    """Return how long a scrape may take; 0 if the server does not say."""
    shown = target.get("scrapeTimeout") or target.get("discoveredLabels", {}).get(
        "__scrape_timeout__"
    )
    return read_duration(shown) if shown else 0
