"""The compiler: from quotas to the groups of Prometheus rules in each rule file."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Group, Rule, RuleFile
from quotas.rules.accounting.recording import (
    counted_until_query,
    evidence_rules,
    recorded_query,
)
from quotas.rules.accounting.steps import explain
from quotas.rules.alerts import usage_alerts
from quotas.rules.forecasts import forecast_alerts, forecast_rules
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds, reach_seconds
from quotas.rules.period_queries import compiled_until, period_queries
from quotas.rules.pipeline import pipeline_alerts
from quotas.rules.usage import limit_rule, ratio_rule, used_rule


def compile_rules(quotas: QuotaFile, now: datetime, *, live: bool = True) -> list[RuleFile]:
    """Return the rule files that quotas compile to.

    Args:
        quotas: the quotas to compile.
        now: the time of the compilation. The offsets of time zones are compiled for at least ten
            years from then.
        live: whether Prometheus evaluates the rules as time passes; False for a backfill.

    """
    counting = quotas.accounting
    step = counting.resolution_seconds
    in_use = calendars_of(quotas.quotas)
    of_quotas = [c for c in in_use if any(quota.calendar == c for quota in quotas.quotas)]
    counted = [calendar for calendar in in_use if isinstance(calendar, Calendar)]
    delta_rules = _delta_rules(counting, counted, now, live=live)
    quota_alerts = _link_runbook(_quota_alert_rules(quotas, of_quotas), quotas.runbook_url)
    pipeline = _link_runbook(pipeline_alerts(counting), quotas.runbook_url)
    return [
        RuleFile(
            "gateway-accounting",
            [
                Group("gateway-accounting", step, delta_rules),
                Group("gateway-periods", step, _period_rules(counted, now)),
            ],
            note=_time_zone_note(counted, now),
        ),
        *(
            RuleFile(f"gateway-quotas-{_file_name(calendar)}", _quota_groups(quotas, calendar))
            for calendar in of_quotas
        ),
        RuleFile("gateway-quota-alerts", [Group("gateway-quota-alerts", step, quota_alerts)]),
        RuleFile("gateway-pipeline", [Group("gateway-pipeline", step, pipeline)]),
    ]


def calendars_of(quotas: Iterable[Quota]) -> list[Calendar | Rolling]:
    """Return the calendars to count, sorted by name: those of the quotas, and months.

    Months are always counted, because charts and rolling windows need their steps.
    """
    in_use = {MONTH, *(quota.calendar for quota in quotas)}
    return sorted(in_use, key=lambda calendar: calendar.name)


def _delta_rules(
    counting: Accounting, calendars: Sequence[Calendar], now: datetime, *, live: bool
) -> list[Rule]:
    # A step belongs to the period in which it began, one step before the time of its evaluation.
    began = f"(time() - {counting.resolution_seconds})"
    deltas = [
        Rule(
            names.DELTA,
            recorded_query(counting, period_queries(calendar, began, now).label, live=live),
            labels={names.CALENDAR: calendar.name},
            comment="" if number else explain(counting),
        )
        for number, calendar in enumerate(calendars)
    ]
    # Last in the group, because the deltas read the value of the previous evaluation.
    evidence = evidence_rules(counting) if live else []
    return [*evidence, *deltas, Rule(names.COUNTED_UNTIL, counted_until_query(counting))]


def _period_rules(calendars: Sequence[Calendar], now: datetime) -> list[Rule]:
    rules = []
    for calendar in calendars:
        queries = period_queries(calendar, "time()", now)
        for name, seconds in (
            (names.PERIOD_ELAPSED, queries.elapsed_seconds),
            (names.PERIOD_LEFT, queries.left_seconds),
        ):
            query = f"{queries.label}\n* ({seconds})"
            rules.append(Rule(name, query, labels={names.CALENDAR: calendar.name}))
    return rules


def _quota_alert_rules(quotas: QuotaFile, calendars: Sequence[Calendar | Rolling]) -> list[Rule]:
    """Return ratio, forecast and alerts, each written once for all quotas."""
    reach = reach_seconds(calendars, quotas.accounting)
    return [
        ratio_rule(reach),
        *forecast_rules(quotas, calendars, reach),
        *usage_alerts(quotas, reach),
        *forecast_alerts(quotas, calendars, reach),
    ]


def _link_runbook(rules: Iterable[Rule], page_url: str) -> list[Rule]:
    """Return the rules with a link from each alert to its section of a page, if there is one."""
    return [
        replace(
            rule,
            annotations={**rule.annotations, names.RUNBOOK_URL: f"{page_url}#{rule.name.lower()}"},
        )
        if rule.alert and page_url
        else rule
        for rule in rules
    ]


def _quota_groups(quotas: QuotaFile, calendar: Calendar | Rolling) -> list[Group]:
    """Return the rules of a calendar's quotas, in groups small enough to be evaluated in time."""
    mine = sorted(
        (quota for quota in quotas.quotas if quota.calendar == calendar),
        key=lambda quota: quota.name,
    )
    parts = _split(mine)
    name = f"gateway-quotas-{_file_name(calendar)}"
    return [
        Group(
            # "part", because gateway-quotas-month-2 already means months that begin on the 2nd.
            f"{name}-part-{number}" if len(parts) > 1 else name,
            interval_seconds(calendar, quotas.accounting),
            [
                rule
                for quota in part
                for rule in (used_rule(quota, quotas.accounting), limit_rule(quota))
            ],
        )
        for number, part in enumerate(parts, start=1)
        if part
    ]


def _split(quotas: Sequence[Quota]) -> list[list[Quota]]:
    """Return quotas in as few parts as possible, none of which is too large for a group.

    The part of a quota depends only on its name and the number of parts, which is a power of two.
    So a new quota moves no other quota unless the number of parts doubles.
    """
    count = 1
    while True:
        parts: list[list[Quota]] = [[] for _ in range(count)]
        for quota in quotas:
            parts[zlib.crc32(quota.name.encode()) % count].append(quota)
        if count > len(quotas) or max(map(len, parts)) <= MOST_QUOTAS_IN_GROUP:
            return parts
        count *= 2


def _file_name(calendar: Calendar | Rolling) -> str:
    """Return a calendar's name for use in a file name: ``month-15-europe-berlin``.

    Kubernetes allows only lower-case letters, digits and hyphens.
    """
    name = calendar.name.lower().replace("+", "-plus-")
    return "".join(c if c.isalnum() else "-" for c in name)


def _time_zone_note(calendars: Iterable[Calendar], now: datetime) -> str:
    years = [year for calendar in calendars if (year := compiled_until(calendar, now)) is not None]
    if not years:
        return ""
    return (
        f"The clocks of its time zones are right until the end of {min(years)}; run it again then."
    )
