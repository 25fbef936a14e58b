"""The compiler: from quotas to groups of Prometheus rules, by the file that they belong in."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.model import Accounting, Quota, QuotaFile
from quotas.rules import accounting, alerts, pipeline
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds
from quotas.rules.periods import compiled_until, period_queries
from quotas.rules.rulefile import Group, Rule, RuleFile
from quotas.rules.usage import limit_rule, used_rule


def compile_rules(quotas: QuotaFile, now: datetime, *, live: bool = True) -> list[RuleFile]:
    """Return the rule files.

    Args:
        quotas: what to compile.
        now: the time of the compilation: the clocks of time zones are compiled for ten years on.
        live: they are evaluated as time goes on, not over the past.

    """
    settings = quotas.accounting
    step = settings.resolution_seconds
    in_use = calendars_of(quotas.quotas)
    of_quotas = [c for c in in_use if any(quota.calendar == c for quota in quotas.quotas)]
    cut = [calendar for calendar in in_use if isinstance(calendar, Calendar)]
    return [
        RuleFile(
            "gateway-accounting",
            [
                Group("gateway-accounting", step, _delta_rules(settings, cut, now, live=live)),
                Group("gateway-periods", step, _period_rules(cut, now)),
            ],
            note=_note(cut, now),
        ),
        *(
            RuleFile(f"gateway-quotas-{_file_name(calendar)}", _groups(quotas, calendar))
            for calendar in of_quotas
        ),
        RuleFile(
            "gateway-quota-alerts",
            [
                Group(
                    "gateway-quota-alerts",
                    step,
                    _with_runbook(alerts.quota_rules(quotas, of_quotas), quotas.runbook_url),
                )
            ],
        ),
        RuleFile(
            "gateway-pipeline",
            [
                Group(
                    "gateway-pipeline",
                    step,
                    _with_runbook(pipeline.pipeline_rules(settings), quotas.runbook_url),
                )
            ],
        ),
    ]


def calendars_of(quotas: Iterable[Quota]) -> list[Calendar | Rolling]:
    """Return the calendars in use, sorted; months are always counted, for charts and windows."""
    in_use = {MONTH, *(quota.calendar for quota in quotas)}
    return sorted(in_use, key=lambda calendar: calendar.name)


def _delta_rules(
    settings: Accounting, calendars: Sequence[Calendar], now: datetime, *, live: bool
) -> list[Rule]:
    # A step belongs to the period in which it began, a whole step before the time it is made for.
    began = f"(time() - {settings.resolution_seconds})"
    deltas = [
        Rule(
            names.DELTA,
            accounting.recorded_query(
                settings, period_queries(calendar, began, now).label, live=live
            ),
            labels={names.CALENDAR: calendar.name},
            comment="" if number else accounting.explain(settings),
        )
        for number, calendar in enumerate(calendars)
    ]
    # Last: the deltas ask until when was counted before them.
    return [*deltas, Rule(names.COUNTED_UNTIL, accounting.counted_until_query(settings))]


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


def _with_runbook(rules: Iterable[Rule], page_url: str) -> list[Rule]:
    """Return rules whose alerts link to their section of a page, where there is one."""
    return [
        replace(
            rule,
            annotations={**rule.annotations, names.RUNBOOK_URL: f"{page_url}#{rule.name.lower()}"},
        )
        if rule.alert and page_url
        else rule
        for rule in rules
    ]


def _groups(quotas: QuotaFile, calendar: Calendar | Rolling) -> list[Group]:
    """Return the quotas of a calendar in groups, so that none takes too long."""
    mine = sorted(
        (quota for quota in quotas.quotas if quota.calendar == calendar),
        key=lambda quota: quota.name,
    )
    members = _split(mine)
    name = f"gateway-quotas-{_file_name(calendar)}"
    return [
        Group(
            # Not the number alone: gateway-quotas-month-2 are months that begin on the second.
            f"{name}-part-{number}" if len(members) > 1 else name,
            interval_seconds(calendar, quotas.accounting),
            [
                rule
                for quota in group
                for rule in (used_rule(quota, quotas.accounting), limit_rule(quota))
            ],
        )
        for number, group in enumerate(members, start=1)
        if group
    ]


def _split(quotas: Sequence[Quota]) -> list[list[Quota]]:
    """Return quotas in as few groups as can be, none of which has too many.

    A quota's group follows from its name and the number of groups, which is a power of two: a new
    quota moves none of the others unless that number doubles.
    """
    count = 1
    while True:
        members: list[list[Quota]] = [[] for _ in range(count)]
        for quota in quotas:
            members[zlib.crc32(quota.name.encode()) % count].append(quota)
        if count > len(quotas) or max(map(len, members)) <= MOST_QUOTAS_IN_GROUP:
            return members
        count *= 2


def _file_name(calendar: Calendar | Rolling) -> str:
    """Return a calendar's name as part of a file's: ``month-15-europe-berlin``.

    Kubernetes takes small letters, digits and hyphens alone.
    """
    name = calendar.name.lower().replace("+", "-plus-")
    return "".join(c if c.isalnum() else "-" for c in name)


def _note(calendars: Iterable[Calendar], now: datetime) -> str:
    years = [year for calendar in calendars if (year := compiled_until(calendar, now)) is not None]
    if not years:
        return ""
    return (
        f"The clocks of its time zones are right until the end of {min(years)}; run it again then."
    )
