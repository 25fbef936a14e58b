"""Sentences of a report: usage, what changed since the period before, and the outlook."""

from collections.abc import Sequence

from quotas.calendars import Calendar, Rolling
from quotas.model import Quota
from webhook.mail.formatting import format_amount, format_duration, format_percent
from webhook.text import clean_name
from webhook.usage.model import PACE, EntryFigures, Figures, ReportSpan
from webhook.usage.reading import MOST_ENTRIES

# Entries are named by their labels; names from outside may be long.
LONGEST_NAME = 60
_MANY_TIMES = 10


def describe_used(quota: Quota, figures: Figures, entry: EntryFigures, span: ReportSpan) -> str:
    """Return what one entry used, of which limit, and when: ``471.5 GB of 500 GB``."""
    used = _amount(quota, entry.used_bytes, entry.limit_bytes)
    amount = f"{used} of {_amount(quota, entry.limit_bytes, entry.limit_bytes)}"
    if figures.basis == "period":
        return f"{amount} used"
    calendar = quota.calendar
    if isinstance(calendar, Rolling):
        return f"{amount} used at most within {format_duration(calendar.seconds)}"
    if figures.basis == "highest":
        preposition = "on" if calendar.kind == "day" else "in"
        return f"{amount} used {preposition} the busiest {calendar.kind}"
    return f"{amount} used so far in {span.last_of(calendar).title}"


def describe_entries(quota: Quota, figures: Figures) -> str:
    """Return ``3 of 214 consumers reached their limit of 10 GiB``."""
    entries, limit_bytes = figures.entries, figures.entries[0].limit_bytes
    limit = _amount(quota, limit_bytes, limit_bytes)
    count = sum(is_reached(entry) for entry in entries)
    noun = name_entries(quota, len(entries))
    if len(entries) >= MOST_ENTRIES:
        noun = f"the {noun} that used most"
    if not count:
        return f"{noun} within {'its' if len(entries) == 1 else 'their'} limit of {limit}"
    whose = "its" if count == 1 else "their"
    return f"{count} of {noun} reached {whose} limit of {limit}"


def describe_change(quota: Quota, figures: Figures, span: ReportSpan) -> str:
    """Return how usage compares with the period before; empty if that says nothing."""
    used, before = figures.total_bytes, figures.total_before_bytes
    if figures.basis == "highest" and not quota.for_each:
        used, before = figures.entries[0].used_bytes, figures.entries[0].before_bytes
    if used is None:
        return ""
    if figures.basis == "so far":
        grown = _amount(quota, max(0, used - (before or 0)))
        return "" if before is None else f"{grown} of it in this {span.calendar.kind}"
    title = span.before.title
    if before is None:
        return f"nothing was recorded in {title}"
    if used == before:
        return f"as much as in {title}"
    then = f"the {_amount(quota, before)} of {title}"
    if used >= _MANY_TIMES * before:
        return f"much more than {then}"
    share = format_percent(abs(used - before), before)
    return f"{share} {'more' if used > before else 'less'} than {then}"


def describe_periods(quota: Quota, figures: Figures, entry: EntryFigures) -> str:
    """Return in how many of its periods an entry reached the limit; empty without periods."""
    if entry.over is None or not isinstance(quota.calendar, Calendar):
        return ""
    return f"at the limit in {entry.over} of {_plural(figures.periods, quota.calendar.kind)}"


def describe_outlook(quota: Quota, figures: Figures, span: ReportSpan) -> str:
    """Return how the current period ends at the recent pace; empty if that is not known."""
    known = [entry for entry in figures.entries if entry.expected_bytes is not None]
    if span.current is None or not known:
        return ""
    days = min(PACE, span.period.end - span.period.start).days
    pace = f"At the pace of the last {days} days"
    title, limit_bytes = span.current.title, quota.limit_bytes
    title = title if span.calendar.kind == "month" else f"the {span.calendar.kind} of {title}"
    if quota.for_each:
        count = sum((entry.expected_bytes or 0) >= limit_bytes for entry in known)
        who = name_entries(quota, count) if count else "none of them"
        return f"{pace}, {who} will reach the limit in {title}."
    expected_bytes = known[0].expected_bytes or 0
    share = format_percent(expected_bytes, limit_bytes)
    amount = _amount(quota, expected_bytes, limit_bytes)
    return f"{pace}, {title} ends at about {amount}, {share} of the limit."


def describe_top(quota: Quota, figures: Figures, values: Sequence[tuple[str, int]]) -> str:
    """Return ``acme 120 GB (25.4 %), big-co 80 GB (17 %)``."""
    total = figures.total_bytes
    parts = []
    for value, size_bytes in values:
        share = f" ({format_percent(size_bytes, total)})" if total else ""
        name = clean_name(value, LONGEST_NAME)
        parts.append(f"{name} {_amount(quota, size_bytes)}{share}")
    return ", ".join(parts)


def describe_quotas(reached: int, known: int, unknown: int) -> str:
    """Return a sentence about all quotas of a report: how many of them reached their limit."""
    if not known:
        return "The figures are missing"
    whose = "its" if (reached or known) == 1 else "their"
    text = f"{_plural(known, 'quota')} stayed within {whose} limit"
    if reached:
        of = "" if reached == known else f"{reached} of "
        text = f"{of}{_plural(known, 'quota')} reached {whose} limit"
    if unknown:
        text += f", and the figures of {_plural(unknown, 'quota')} are missing"
    return text


def name_entries(quota: Quota, count: int) -> str:
    """Return ``214 consumers``, or ``1 entry`` if several labels tell entries apart."""
    if len(quota.for_each) == 1:
        return _plural(count, quota.for_each[0])
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def is_reached(entry: EntryFigures) -> bool:
    """Return whether an entry reached its limit."""
    return entry.used_bytes >= entry.limit_bytes


def _amount(quota: Quota, size_bytes: int, limit_bytes: int | None = None) -> str:
    """Return a size in the units of the quota's limit, by default that of quotas.yaml."""
    return format_amount(size_bytes, limit_bytes or quota.limit_bytes, quota.limit_unit)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
