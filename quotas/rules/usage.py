"""The usage of each quota: the rules for bytes used, the limit, and their ratio."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Rolling
from quotas.model import Match, Quota
from quotas.promql import match_any, match_none, match_regex, quote, selector
from quotas.rule_files.descriptions import describe
from quotas.rule_files.rule import Rule
from quotas.rules.intervals import lingering_seconds
from quotas.units import format_duration


def used_rule(quota: Quota, accounting: Accounting) -> Rule:
    """Return the rule for the bytes used so far. The value is 0, not absent, without traffic.

    The series of a period that has ended remains until its last step is counted, so that the last
    bytes can still reach a threshold.
    """
    query = (
        _rolling_query(quota, quota.calendar)
        if isinstance(quota.calendar, Rolling)
        else _period_query(quota, accounting)
    )
    return Rule(
        names.USED,
        query,
        labels={
            names.QUOTA: quota.name,
            names.CALENDAR: quota.calendar.name,
            **quota.fixed_labels,
            **quota.labels,
        },
        comment=describe(quota),
    )


def limit_rule(quota: Quota) -> Rule:
    """Return the rule for the limit in bytes."""
    return Rule(
        names.LIMIT,
        f"vector({quota.limit_bytes})",
        labels={names.QUOTA: quota.name},
    )


def ratio_rule(reach_seconds: int) -> Rule:
    """Return the rule for used ÷ limit, for all quotas at once.

    Args:
        reach_seconds: how far back the newest value of a quota may be.

    """
    reach = format_duration(reach_seconds)
    return Rule(
        names.RATIO,
        f"last_over_time({names.USED}[{reach}])\n/ on ({names.QUOTA}) group_left ()\n"
        f"last_over_time({names.LIMIT}[{reach}])",
    )


def _rolling_query(quota: Quota, window: Rolling) -> str:
    # The steps of any calendar would do. Those of months are always recorded.
    deltas = f"{_deltas(quota, 'month')}[{format_duration(window.seconds)}]"
    if quota.for_each:
        return f"sum by ({', '.join(quota.for_each)}) (sum_over_time({deltas}))"
    return f"sum(sum_over_time({deltas}))\nor\nvector(0)"


def _period_query(quota: Quota, accounting: Accounting) -> str:
    calendar = quota.calendar
    lingering = lingering_seconds(calendar, accounting)
    recent = format_duration(lingering)
    own_periods = selector([match_any(names.CALENDAR, [calendar.name])])
    elapsed = f"last_over_time({names.PERIOD_ELAPSED}{own_periods}[{recent}])"
    periods = f"max by ({names.PERIOD}) ({elapsed})"
    deltas = _deltas(quota, calendar.name)
    longest = format_duration(calendar.longest_period_seconds + lingering)
    counted = f"sum_over_time({deltas}[{longest}])"
    if quota.opening_period is not None:
        period = quote(str(quota.opening_period))
        opening = f"vector({quota.opening_bytes})"
        counted += f' or label_replace({opening}, "{names.PERIOD}", {period}, "", "")'
    by = ", ".join([names.PERIOD, *quota.for_each])
    zero = f"0 * {periods}"
    if quota.for_each:
        # In the newest period, every entry that had traffic a moment ago starts at zero.
        zero = (
            f"0 * sum by ({', '.join(quota.for_each)}) (last_over_time({deltas}[{recent}]))\n"
            f"  * on () group_left ({names.PERIOD}) bottomk(1, {periods})"
        )
    return f"(\n  sum by ({by}) ({counted})\n  or\n  {zero}\n)\nand on ({names.PERIOD})\n{periods}"


def _deltas(quota: Quota, calendar_name: str) -> str:
    """Return a selector of the recorded steps that the quota counts."""
    matchers = [match_any(names.CALENDAR, [calendar_name])]
    for label in names.SELECTOR_LABELS:
        if label in quota.selector:
            matchers.append(_matcher(label, quota.selector[label]))
        elif label == names.DIRECTION and quota.direction != names.BOTH:
            matchers.append(match_any(label, [quota.direction]))
        elif label in quota.for_each:
            matchers.append(match_none(label, [""]))
        if label in quota.excluded:
            matchers.append(match_none(label, quota.excluded[label]))
    return f"{names.DELTA}{selector(matchers)}"


def _matcher(label: str, match: Match) -> str:
    if match.regex is not None:
        return match_regex(label, match.regex)
    return match_any(label, match.values)
