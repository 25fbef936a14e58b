"""The checks of --verify: whether a running Prometheus can be trusted with these quotas.

Other engines with its API are asked what they can answer. The findings say what they cannot.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from quotas.model import QuotaFile
from quotas.prometheus.checks.alertmanager import check_arrival, check_connection
from quotas.prometheus.checks.counters import (
    check_counters,
    check_doubts,
    check_selectors,
    query_counters,
)
from quotas.prometheus.checks.finding import Finding
from quotas.prometheus.checks.inhibitions import check_inhibitions
from quotas.prometheus.checks.loading import check_rules, check_thanos_ruler
from quotas.prometheus.checks.retention import check_retention
from quotas.prometheus.checks.targets import check_changing_targets, check_targets
from quotas.prometheus.checks.unmatched_quotas import Labels
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.detection import detect_engine
from quotas.prometheus.engine import Engine
from quotas.rule_files.rule import RuleFile


@dataclass(frozen=True)
class Servers:
    """The servers that are asked.

    Attributes:
        queries: answers queries.
        rules: evaluates the rules; by default the same.
        alertmanager: gets the alerts. By default, the one that evaluates rules is asked for it.
        engine: what they are; by default detected.

    """

    queries: PrometheusClient
    rules: PrometheusClient | None = None
    alertmanager: PrometheusClient | None = None
    engine: Engine | None = None


def verify(servers: Servers, quotas: QuotaFile, rules: Sequence[RuleFile]) -> Iterator[Finding]:
    """Yield the findings of all checks, each as soon as it is known.

    A check that the server does not answer is a finding too.
    """
    counters: list[Labels] = []
    queries, alertmanager = servers.queries, servers.alertmanager
    engine = servers.engine or detect_engine(queries)
    if engine is not Engine.PROMETHEUS:
        text = f"this is {engine.value}; if that is wrong, set --engine"
        yield Finding(good=None, text=text)
    ruler = servers.rules or queries
    rules_engine = engine
    if servers.rules is not None and servers.engine is None:
        rules_engine = detect_engine(ruler)

    def find_counters() -> Iterator[Finding]:
        counters.extend(query_counters(queries))
        yield from check_counters(counters)

    def find_doubts() -> Iterator[Finding]:
        yield from check_doubts(queries, quotas)
        yield from check_changing_targets(queries, quotas.accounting)

    def check_alertmanager() -> Iterator[Finding]:
        if alertmanager is not None:
            yield from check_arrival(alertmanager)
            yield from check_inhibitions(alertmanager)
        else:
            yield from check_connection(ruler, rules_engine)

    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("retention", lambda: check_retention(queries, engine, quotas)),
        ("gateways", lambda: check_targets(queries, engine, quotas.accounting)),
        ("counters", find_counters),
        ("doubts", find_doubts),
        ("rules", lambda: check_rules(ruler, rules_engine, rules)),
        *([("replicas", lambda: check_thanos_ruler(queries, ruler))] * (engine is Engine.THANOS)),
        ("Alertmanager", check_alertmanager),
        ("selectors", lambda: check_selectors(quotas.quotas, counters)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except PrometheusError as error:
            yield Finding(good=False, text=f"{name}: {error}")
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            yield Finding(good=False, text=f"{name}: the answer cannot be read ({error!r})")
