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
from quotas.rules.accounting.closing import closed_rule, healed_rule
from quotas.rules.accounting.periods import local_now, local_time_rules, period_rule
from quotas.rules.accounting.recording import backfilled_query, delta_rules, evidence_rules
from quotas.rules.accounting.recount import RECOUNT_SECONDS, recount_rules
from quotas.rules.accounting.totals import open_rule, total_rule
from quotas.rules.alerts import runbook_annotations, usage_alerts
from quotas.rules.forecasts import forecast_alerts, forecast_rules
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds, reach_seconds
from quotas.rules.period_queries import compiled_until, period_queries
from quotas.rules.pipeline import pipeline_alerts, pipeline_groups
from quotas.rules.usage import (
    counted_period_rule,
    held_used_rule,
    limit_rule,
    ratio_rule,
    selection_rule,
    used_rule,
)


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
    windows = [calendar for calendar in of_quotas if isinstance(calendar, Rolling)]
    of_periods = [quota for quota in quotas.quotas if isinstance(quota.calendar, Calendar)]
    sums = _sum_rules(counting, counted) if live else _backfill_rules(counting, counted, now)
    # In one group, so that a byte reaches an alert within the evaluation in which it is counted.
    rules = [
        *(local_time_rules(counted, counting, now) * live),
        *_period_rules(counted, counting, now, live=live),
        *([counted_period_rule(calendar, counting) for calendar in counted] * live),
        *sums,
        *_usage_rules(of_periods, counting, live=live),
        *([held_used_rule()] * live),
        *_complete_alerts(_quota_alert_rules(quotas, of_quotas), quotas),
    ]
    pipeline = _complete_alerts(pipeline_alerts(counting, quotas.quotas), quotas)
    return [
        RuleFile(
            "gateway-quotas",
            [
                Group("gateway-quotas", step, rules),
                *([_recount_group(counted, counting)] * live),
            ],
            note=_time_zone_note(counted, now),
        ),
        *(
            RuleFile(f"gateway-quotas-{_file_name(window)}", _rolling_groups(quotas, window))
            for window in windows
        ),
        RuleFile("gateway-pipeline", pipeline_groups(pipeline, step)),
    ]


def calendars_of(quotas: Iterable[Quota]) -> list[Calendar | Rolling]:
    """Return the calendars to count, sorted by name: those of the quotas, and months.

    Months are always counted, because charts and rolling windows need their steps.
    """
    in_use = {MONTH, *(quota.calendar for quota in quotas)}
    return sorted(in_use, key=lambda calendar: calendar.name)


def _sum_rules(counting: Accounting, calendars: Sequence[Calendar]) -> list[Rule]:
    """Return the rules that count each step once, and add up the periods of each calendar."""
    # They read what they recorded in the evaluation before, and not that of other rules since then.
    first, *others = [*evidence_rules(counting), *delta_rules(counting), open_rule(counting)]
    return [
        first,
        *(replace(rule, follows=True) for rule in others),
        *(period_rule(calendar, counting) for calendar in calendars),
        *(healed_rule(calendar, counting) for calendar in calendars if counting.catch_up),
        *(closed_rule(calendar, counting) for calendar in calendars),
        *(total_rule(calendar, counting) for calendar in calendars),
    ]


def _backfill_rules(
    counting: Accounting, calendars: Sequence[Calendar], now: datetime
) -> list[Rule]:
    """Return the rules that count the steps of the past, which have no sums, for each calendar."""
    # A step belongs to the period in which it began, one step before the time of its evaluation.
    began = f"(time() - {counting.resolution_seconds})"
    return [
        Rule(
            names.DELTA,
            backfilled_query(counting, period_queries(calendar, began, now).label),
            labels={names.CALENDAR: calendar.name},
        )
        for calendar in calendars
    ]


def _period_rules(
    calendars: Sequence[Calendar], counting: Accounting, now: datetime, *, live: bool
) -> list[Rule]:
    rules = []
    for calendar in calendars:
        local = local_now(calendar, counting) if live else ""
        queries = period_queries(calendar, "time()", now, local=local)
        for name, seconds in (
            (names.PERIOD_ELAPSED, queries.elapsed_seconds),
            (names.PERIOD_LEFT, queries.left_seconds),
        ):
            query = f"{queries.label}\n* on () group_left ()\n({seconds})"
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


def _complete_alerts(rules: Iterable[Rule], quotas: QuotaFile) -> list[Rule]:
    """Return the rules with what all alerts have: a link to the runbook, and the file's labels.

    Recorded series have no such labels. They would become other series when the labels change, and
    totals would count what both hold.
    """
    return [_complete_alert(rule, quotas) if rule.alert else rule for rule in rules]


def _complete_alert(alert: Rule, quotas: QuotaFile) -> Rule:
    query = alert.query
    if quotas.labels:
        # A label of a target may have such a name. It must not tell two alerts apart, because the
        # label of the rule takes its place.
        query = f"max without ({', '.join(quotas.labels)}) (\n{query}\n)"
    return replace(
        alert,
        query=query,
        labels={**alert.labels, **quotas.labels},
        annotations={**alert.annotations, **runbook_annotations(alert.name, quotas.runbook_url)},
    )


def _recount_group(calendars: Sequence[Calendar], counting: Accounting) -> Group:
    return Group("gateway-recount", RECOUNT_SECONDS, recount_rules(calendars, counting))


def _usage_rules(quotas: Iterable[Quota], counting: Accounting, *, live: bool) -> list[Rule]:
    return [
        rule
        for quota in sorted(quotas, key=lambda quota: quota.name)
        for rule in _rules_of(quota, counting, live=live)
    ]


def _rules_of(quota: Quota, counting: Accounting, *, live: bool) -> list[Rule]:
    rules = [used_rule(quota, counting, live=live), limit_rule(quota)]
    # Only forecasts need it.
    return rules if isinstance(quota.calendar, Rolling) else [*rules, selection_rule(quota)]


def _rolling_groups(quotas: QuotaFile, window: Rolling) -> list[Group]:
    """Return the rules of a rolling window's quotas, in groups small enough to be evaluated."""
    parts = _split([quota for quota in quotas.quotas if quota.calendar == window])
    name = f"gateway-quotas-{_file_name(window)}"
    return [
        Group(
            f"{name}-part-{number}" if len(parts) > 1 else name,
            interval_seconds(window, quotas.accounting),
            _usage_rules(part, quotas.accounting, live=True),
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
