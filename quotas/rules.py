"""The compiler: from quotas to groups of Prometheus rules."""

from quotas import accounting, alerts, calendars, names
from quotas.calendars import Calendar, period_label_query
from quotas.durations import format_duration
from quotas.model import Accounting, Quota, QuotaFile
from quotas.promql import select
from quotas.rulefile import Group, Rule, render
from quotas.sizes import format_size


def compile_rules(quotas: QuotaFile) -> dict[str, str]:
    """Return the content of each rule file by its name."""
    step = quotas.accounting.resolution_seconds
    in_use = [
        calendar
        for calendar in calendars.CALENDARS.values()
        if any(quota.calendar == calendar for quota in quotas.quotas)
    ]
    groups = [
        Group("gateway-accounting", step, _accounting_rules(quotas.accounting, in_use)),
        *(
            Group(f"gateway-quotas-{calendar.name}", step, _quota_rules(quotas, calendar))
            for calendar in in_use
        ),
        Group("gateway-quota-alerts", step, alerts.quota_rules(quotas, in_use)),
        Group("gateway-pipeline", step, alerts.pipeline_rules(quotas.accounting)),
    ]
    return {f"{group.name}.yml": render(group) for group in groups}


def _accounting_rules(settings: Accounting, in_use: list[Calendar]) -> list[Rule]:
    """Return one rule a calendar; months are always counted, for charts and later quotas."""
    bytes_moved = accounting.delta_query(settings)
    return [
        Rule(
            name=names.DELTA,
            query=(
                f"{bytes_moved}\n* on () group_left ({names.PERIOD})\n"
                f"{period_label_query(calendar, _began(settings))}"
            ),
            labels={names.CALENDAR: calendar.name},
            comment="" if number else accounting.explain(settings),
        )
        for number, calendar in enumerate(dict.fromkeys([calendars.MONTH, *in_use]))
    ]


def _quota_rules(quotas: QuotaFile, calendar: Calendar) -> list[Rule]:
    return [
        rule
        for quota in quotas.quotas
        if quota.calendar == calendar
        for rule in (_used_rule(quota, quotas.accounting), _limit_rule(quota))
    ]


def _used_rule(quota: Quota, accounting: Accounting) -> Rule:
    """Return the rule for the bytes so far in the current period: 0 where nothing was moved.

    A period that has ended stays until its last step is counted, so that what this brings over
    a threshold is told too.
    """
    calendar = quota.calendar
    # The accounting of a step can come as much as a step later.
    lag = _behind_seconds(accounting) + accounting.resolution_seconds
    now = period_label_query(calendar)
    began = period_label_query(calendar, f"vector(time() - {lag})")
    direction = {} if quota.direction == names.BOTH else {names.DIRECTION: quota.direction}
    selector = {names.CALENDAR: calendar.name, **quota.selector, **direction}
    longest = format_duration(calendar.longest_period_seconds + lag)
    return Rule(
        name=names.USED,
        query=(
            f"(\n"
            f"  sum by ({names.PERIOD}) "
            f"(sum_over_time({names.DELTA}{select(selector)}[{longest}]))\n"
            f"  or\n"
            f"  0 * {now}\n"
            f")\n"
            f"and\n"
            f"(\n"
            f"  {now}\n"
            f"  or\n"
            f"  {began}\n"
            f")"
        ),
        labels={names.QUOTA: quota.name, **quota.selector, **direction, **quota.labels},
    )


def _limit_rule(quota: Quota) -> Rule:
    return Rule(
        name=names.LIMIT,
        query=f"vector({quota.limit_bytes})",
        labels={names.QUOTA: quota.name},
        comment=format_size(quota.limit_bytes),
    )


def _began(accounting: Accounting) -> str:
    """Return the time at which the step began that is counted now: it belongs to that period."""
    return f"vector(time() - {_behind_seconds(accounting)})"


def _behind_seconds(accounting: Accounting) -> int:
    return accounting.resolution_seconds + accounting.scrape_delay_seconds
