"""The mail about one quota: used, limit, pace, when the period turns, and what to do."""

from collections.abc import Sequence
from datetime import datetime

from quotas.units import parse_duration
from webhook.alerts.events import QuotaNotice
from webhook.mail.advice import advise, describe_next, describe_outlook
from webhook.mail.content import Fact, Link, Page
from webhook.mail.formatting import (
    format_amount,
    format_bytes,
    format_duration,
    format_percent,
    format_time,
)
from webhook.mail.wording import (
    describe_counted,
    describe_labels,
    describe_tone,
    name_notice,
    tag_notice,
)
from webhook.text import clean_line

LONGEST_SUBJECT = 150


def make_quota_page(notice: QuotaNotice, now: datetime, links: Sequence[Link]) -> Page:
    """Return the mail about a quota that passed a threshold, or is below one again."""
    return _over_page(notice, links) if notice.is_over else _firing_page(notice, now, links)


def _firing_page(notice: QuotaNotice, now: datetime, links: Sequence[Link]) -> Page:
    used, limit = (
        format_amount(n, notice.limit_bytes) for n in (notice.used_bytes, notice.limit_bytes)
    )
    percent = format_percent(notice.used_bytes, notice.limit_bytes)
    name = name_notice(notice)
    left_bytes = notice.limit_bytes - notice.used_bytes
    left = format_amount(abs(left_bytes), notice.limit_bytes)
    passed = f"{notice.threshold_percent:g} % threshold"
    title = f"{name} has used {percent} of its limit"
    if notice.is_forecast:
        title = f"{name} is expected to pass its limit"
        passed = "forecast"
    outlook = (describe_outlook(notice, now), describe_next(notice))
    return Page(
        subject=_firing_subject(notice, used, limit),
        tone=notice.severity,
        state=f"{describe_tone(notice)} · {passed}",
        title=title,
        lead=_forecast_lead(notice, limit),
        figure=used,
        figure_words=f"of {limit} used",
        bar_percent=min(100, notice.used_bytes * 100 // notice.limit_bytes),
        bar_words=(percent, f"{left} {'left' if left_bytes >= 0 else 'over'}"),
        facts=(*_amounts(notice), *_circumstances(notice)),
        paragraphs=tuple(text for text in outlook if text),
        to_do=(advise(notice),),
        links=tuple(links),
    )


def _over_page(notice: QuotaNotice, links: Sequence[Link]) -> Page:
    """Return the mail about what is over. How much is used now is not known: no alert tells it."""
    limit_bytes = notice.limit_now_bytes or notice.limit_bytes
    limit = format_amount(limit_bytes, limit_bytes)
    name, threshold = name_notice(notice), f"{notice.threshold_percent:g} %"
    over = f"below {threshold} of {limit} again"
    title = f"{name} is below {threshold} of its limit again"
    if notice.is_forecast:
        over = f"no longer expected to pass {limit}"
        title = f"{name} is no longer expected to pass its limit"
    facts = [Fact("Limit", limit, format_bytes(limit_bytes)), *_circumstances(notice)]
    if notice.alert.ends_at:
        facts.append(Fact("Until", format_time(notice.alert.ends_at)))
    return Page(
        subject=_subject(notice, over),
        tone="resolved",
        state=describe_tone(notice),
        title=title,
        lead="This is over; nothing has to be done.",
        facts=tuple(facts),
        links=tuple(links),
    )


def _firing_subject(notice: QuotaNotice, used: str, limit: str) -> str:
    if not notice.is_forecast:
        return _subject(notice, f"{used} of {limit} used")
    expected = format_amount(notice.forecast_bytes or 0, notice.limit_bytes)
    return _subject(notice, f"{expected} of {limit} expected")


def _subject(notice: QuotaNotice, body: str) -> str:
    period = f", {notice.period.title}" if notice.period else ""
    line = f"[{tag_notice(notice)}] {name_notice(notice)}: {body}{period}"
    return clean_line(line, LONGEST_SUBJECT)


def _forecast_lead(notice: QuotaNotice, limit: str) -> str:
    if not notice.is_forecast or notice.forecast_bytes is None:
        return ""
    expected = format_amount(notice.forecast_bytes, notice.limit_bytes)
    by = f" by {format_time(notice.period.end)}" if notice.period else ""
    over_bytes = max(0, notice.forecast_bytes - notice.limit_bytes)
    over = format_amount(over_bytes, notice.limit_bytes)
    return f"It is heading for {expected}{by}: {over} more than its limit of {limit}."


def _amounts(notice: QuotaNotice) -> list[Fact]:
    left_bytes = notice.limit_bytes - notice.used_bytes
    numbers = [
        ("Used", notice.used_bytes),
        ("Limit", notice.limit_bytes),
        ("Left" if left_bytes >= 0 else "Over", abs(left_bytes)),
    ]
    if notice.forecast_bytes is not None and notice.period:
        numbers.append(("Expected", notice.forecast_bytes))
    return [Fact(k, format_amount(n, notice.limit_bytes), format_bytes(n)) for k, n in numbers]


def _circumstances(notice: QuotaNotice) -> list[Fact]:
    facts = [Fact("Counted", describe_counted(notice.selector))]
    if notice.period:
        facts.append(Fact("Period", notice.period.title))
        facts.append(Fact("Resets", format_time(notice.period.end)))
    else:
        window = notice.calendar.partition(":")[2] if notice.calendar.startswith("rolling") else ""
        if window:
            facts.append(Fact("Period", f"the last {format_duration(parse_duration(window))}"))
    if notice.own_labels:
        facts.append(Fact("Labels", describe_labels(notice.own_labels)))
    return facts
