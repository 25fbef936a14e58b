"""The rules of each quota by itself: what it has used, and its limit."""

from quotas import names
from quotas.calendars import Rolling
from quotas.model import Accounting, Match, Quota
from quotas.promql import match_any, match_none, match_regex, quote
from quotas.rules.intervals import lingering_seconds
from quotas.rules.rulefile import Rule
from quotas.units import format_duration, format_exact

# What stands before a quota's rules, for people and for --diff: its facts, in parts.
FACTS_MARK = "quota "


def describe(quota: Quota) -> str:
    """Return a quota in one line: ``quota bun: limit 500 GB; period month; service bun``."""
    facts = {
        "limit": format_exact(quota.limit_bytes),
        "period": quota.calendar.name,
        **{label: _words(match) for label, match in quota.selector.items()},
    }
    if quota.direction != names.BOTH:
        facts[names.DIRECTION] = quota.direction
    if quota.for_each:
        facts["for each"] = ", ".join(quota.for_each)
    for label, excluded in quota.excluded.items():
        facts[f"except {label}"] = ", ".join(excluded)
    if quota.opening_period is not None:
        facts["opened with"] = f"{format_exact(quota.opening_bytes)} in {quota.opening_period}"
    facts["told at"] = ", ".join(threshold.label for threshold in quota.thresholds) + " %"
    if quota.forecast:
        facts["forecast"] = "told too"
    if quota.labels:
        facts["labels"] = ", ".join(f"{name}={value}" for name, value in quota.labels.items())
    return f"{FACTS_MARK}{quota.name}: " + "; ".join(f"{k} {v}" for k, v in facts.items())


def _words(match: Match) -> str:
    return f"matching {match.regex}" if match.regex is not None else ", ".join(match.values)


def used_rule(quota: Quota, accounting: Accounting) -> Rule:
    """Return the rule for the bytes used so far: 0, not absent, where nothing was moved.

    A period that has ended stays until its last step is counted, so that what this brings over
    a threshold is told too.
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
    """Return the rule for the limit."""
    return Rule(
        names.LIMIT,
        f"vector({quota.limit_bytes})",
        labels={names.QUOTA: quota.name},
    )


def _rolling_query(quota: Quota, window: Rolling) -> str:
    # Whatever their periods: each step is in one period of the month.
    deltas = f"{_deltas(quota, 'month')}[{format_duration(window.seconds)}]"
    if quota.for_each:
        return f"sum by ({', '.join(quota.for_each)}) (sum_over_time({deltas}))"
    return f"sum(sum_over_time({deltas}))\nor\nvector(0)"


def _period_query(quota: Quota, accounting: Accounting) -> str:
    calendar = quota.calendar
    linger = lingering_seconds(calendar, accounting)
    back = format_duration(linger)
    elapsed = f"{names.PERIOD_ELAPSED}{{{match_any(names.CALENDAR, [calendar.name])}}}"
    periods = f"max by ({names.PERIOD}) (last_over_time({elapsed}[{back}]))"
    deltas = _deltas(quota, calendar.name)
    counted = (
        f"sum_over_time({deltas}[{format_duration(calendar.longest_period_seconds + linger)}])"
    )
    if quota.opening_period is not None:
        period = quote(str(quota.opening_period))
        opening = f"vector({quota.opening_bytes})"
        counted += f' or label_replace({opening}, "{names.PERIOD}", {period}, "", "")'
    by = ", ".join([names.PERIOD, *quota.for_each])
    nothing = f"0 * {periods}"
    if quota.for_each:
        # Nothing yet in the newest period, for each that was there a moment ago.
        nothing = (
            f"0 * sum by ({', '.join(quota.for_each)}) (last_over_time({deltas}[{back}]))\n"
            f"  * on () group_left ({names.PERIOD}) bottomk(1, {periods})"
        )
    return (
        f"(\n  sum by ({by}) ({counted})\n  or\n  {nothing}\n)\nand on ({names.PERIOD})\n{periods}"
    )


def _deltas(quota: Quota, calendar_name: str) -> str:
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
    return f"{names.DELTA}{{{', '.join(matchers)}}}"


def _matcher(label: str, match: Match) -> str:
    if match.regex is not None:
        return match_regex(label, match.regex)
    return match_any(label, match.values)
