"""The usage of each quota: the rules for bytes used, the limit, and their ratio."""

import zlib
from textwrap import indent

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.model import Match, Quota
from quotas.promql import either, match_any, match_none, match_regex, quote, selector
from quotas.rule_files.descriptions import describe
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.totals import held_query
from quotas.rules.intervals import lingering_seconds
from quotas.units import format_duration

# Steps belong to no calendar; only those of earlier rules, and of a backfill, do.
_NO_CALENDAR = match_any(names.CALENDAR, [""])
# How far back rules read what is recorded each step: a period's total, and what is used of it,
# remain for as long after it is not counted any more.
_RECENT_STEPS = 3


def used_rule(quota: Quota, accounting: Accounting, *, live: bool = True) -> Rule:
    """Return the rule for the bytes used so far. The value is 0, not absent, without traffic.

    The series of a period that has ended remains until its last step is counted, so that the last
    bytes can still reach a threshold.

    Args:
        quota: the quota.
        accounting: how bytes are counted.
        live: whether totals are recorded; False for a backfill, which adds up the steps instead.

    """
    query = (
        _rolling_query(quota, quota.calendar)
        if isinstance(quota.calendar, Rolling)
        else _period_query(quota, accounting, live=live)
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


def counted_period_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the periods whose bytes are counted: the current one, and one just over.

    Totals are those of these periods. There are none while totals are held back after an upgrade.
    The value is how many seconds of the period had passed when it was the current one last.
    """
    periods = _newest_periods(calendar, lingering_seconds(calendar, accounting))
    return Rule(
        names.PERIOD_COUNTED,
        f"{periods}\nunless on ()\n({held_query()})",
        labels={names.CALENDAR: calendar.name},
    )


def held_used_rule() -> Rule:
    """Return the rule for what quotas have used while totals are held back after an upgrade.

    What earlier rules recorded last remains.
    """
    used = f"{names.USED}{selector([match_none(names.PERIOD, [''])])}"
    return Rule(
        names.USED,
        f"last_over_time({used}[30m])\nand on ()\n({held_query()})",
        comment="After an upgrade, until what earlier rules counted has been added up.",
    )


def limit_rule(quota: Quota) -> Rule:
    """Return the rule for the limit in bytes."""
    return Rule(
        names.LIMIT,
        f"vector({quota.limit_bytes})",
        labels={names.QUOTA: quota.name},
    )


def selection_rule(quota: Quota) -> Rule:
    """Return the rule for a number that depends on what the quota counts.

    When it changes, usage changes at once, and what was used before says nothing about the pace.
    """
    opening = f"{quota.opening_bytes} {quota.opening_period}"
    what = f"{select_traffic(quota)} {quota.for_each} {opening}"
    return Rule(
        names.SELECTION,
        f"vector({zlib.crc32(what.encode())})",
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
    # Steps have no calendar. Those of earlier rules, and of a backfill, are those of months. The
    # range lacks a millisecond, because in Prometheus 2 it includes its start.
    steps = match_any(names.CALENDAR, ["", MONTH.name])
    deltas = (
        f"{names.DELTA}{select_traffic(quota, steps)}[{format_duration(window.seconds - 0.001)}]"
    )
    if quota.for_each:
        return f"sum by ({', '.join(quota.for_each)}) (sum_over_time({deltas}))"
    return f"sum(sum_over_time({deltas}))\nor\nvector(0)"


def _period_query(quota: Quota, accounting: Accounting, *, live: bool) -> str:
    calendar = quota.calendar
    recent = format_duration(_RECENT_STEPS * accounting.resolution_seconds)
    own = match_any(names.CALENDAR, [calendar.name])
    if live:
        deltas = f"{names.DELTA}{select_traffic(quota, _NO_CALENDAR)}"
        counted = [f"last_over_time({names.TOTAL}{select_traffic(quota, own)}[{recent}])"]
        periods = f"last_over_time({names.PERIOD_COUNTED}{selector([own])}[{recent}])"
    else:
        deltas = f"{names.DELTA}{select_traffic(quota, own)}"
        lingering = lingering_seconds(calendar, accounting)
        longest = format_duration(calendar.longest_period_seconds + lingering)
        counted = [f"sum_over_time({deltas}[{longest}])"]
        periods = _newest_periods(calendar, lingering)
    if quota.opening_period is not None:
        period = quote(str(quota.opening_period))
        opening = f"vector({quota.opening_bytes})"
        counted.append(f'label_replace({opening}, "{names.PERIOD}", {period}, "", "")')
    by = ", ".join([names.PERIOD, *quota.for_each])
    if quota.for_each:
        # In the newest period, every entry that had traffic a moment ago starts at zero.
        newest = f"max by ({names.PERIOD}) (bottomk(1, {periods}))"
        zero = (
            f"0 * sum by ({', '.join(quota.for_each)}) (last_over_time({deltas}[{recent}]))\n"
            f"* on () group_left ({names.PERIOD}) {newest}"
        )
        used = f"sum by ({by}) ({either(*counted)})\nor\n{zero}"
    else:
        counted.append(f"0 * {periods}")
        used = f"sum by ({by}) (\n{indent(either(*counted), '  ')}\n)"
    if live and quota.opening_period is None:
        # Totals are those of counted periods.
        return used
    return f"(\n{used}\n)\nand on ({names.PERIOD})\n{periods}"


def _newest_periods(calendar: Calendar | Rolling, seconds: int) -> str:
    own = selector([match_any(names.CALENDAR, [calendar.name])])
    elapsed = f"{names.PERIOD_ELAPSED}{own}[{format_duration(seconds)}]"
    return f"max by ({names.PERIOD}) (last_over_time({elapsed}))"


def select_traffic(quota: Quota, *more: str) -> str:
    """Return a selector of the traffic that the quota counts, after these matchers."""
    matchers = [*more]
    for label in names.SELECTOR_LABELS:
        if label in quota.selector:
            matchers.append(_matcher(label, quota.selector[label]))
        elif label == names.DIRECTION and quota.direction != names.BOTH:
            matchers.append(match_any(label, [quota.direction]))
        elif label in quota.for_each:
            matchers.append(match_none(label, [""]))
        if label in quota.excluded:
            matchers.append(match_none(label, quota.excluded[label]))
    return selector(matchers)


def _matcher(label: str, match: Match) -> str:
    if match.regex is not None:
        return match_regex(label, match.regex)
    return match_any(label, match.values)
