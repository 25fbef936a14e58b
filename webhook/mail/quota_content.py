"""The content of a mail about one quota: used, limit, pace, reset, and what to do."""

from collections.abc import Sequence
from datetime import datetime

from quotas.units import parse_duration
from webhook.alerts.events import QuotaEvent
from webhook.mail.advice import advise, describe_next, describe_outlook
from webhook.mail.content import LONGEST_SUBJECT, Detail, MailContent, MailLink
from webhook.mail.formatting import (
    format_bytes,
    format_duration,
    format_percent,
    format_time,
)
from webhook.mail.wording import (
    describe_amount,
    describe_counted,
    describe_current_limit,
    describe_labels,
    describe_resolution,
    describe_tone,
    name_event,
    tag_event,
)
from webhook.text import shorten


def make_quota_content(event: QuotaEvent, now: datetime, links: Sequence[MailLink]) -> MailContent:
    """Return the content of a mail about one event, as of ``now`` (aware)."""
    if event.is_resolved:
        return _resolved_content(event, links)
    return _firing_content(event, now, links)


def _firing_content(event: QuotaEvent, now: datetime, links: Sequence[MailLink]) -> MailContent:
    used, limit = (describe_amount(event, n) for n in (event.used_bytes, event.limit_bytes))
    percent = format_percent(event.used_bytes, event.limit_bytes)
    name = name_event(event)
    left_bytes = event.limit_bytes - event.used_bytes
    left = describe_amount(event, abs(left_bytes))
    reached = f"{event.threshold_percent:g} % threshold"
    title = f"{name} has used {percent} of its limit"
    if event.is_forecast:
        title = f"{name} is expected to pass its limit"
        reached = "forecast"
    outlook = (describe_outlook(event, now), describe_next(event))
    return MailContent(
        subject=_firing_subject(event, used, limit),
        tone=event.severity,
        state=f"{describe_tone(event)} · {reached}",
        title=title,
        lead=_forecast_lead(event, limit),
        figure=used,
        figure_words=f"of {limit} used",
        bar_percent=min(100, event.used_bytes * 100 // event.limit_bytes),
        bar_words=(percent, f"{left} {'left' if left_bytes >= 0 else 'over'}"),
        details=(*_describe_amounts(event), *_describe_quota(event)),
        paragraphs=tuple(text for text in outlook if text),
        to_do=(advise(event),),
        links=tuple(links),
    )


def _resolved_content(event: QuotaEvent, links: Sequence[MailLink]) -> MailContent:
    limit = describe_current_limit(event)
    name, threshold = name_event(event), f"{event.threshold_percent:g} %"
    body = f"below {threshold} of {limit} again"
    title = f"{name} is below {threshold} of its limit again"
    if event.is_forecast:
        body = f"no longer expected to pass {limit}"
        title = f"{name} is no longer expected to pass its limit"
    details = [*_describe_resolved_amounts(event), *_describe_quota(event)]
    if event.alert.ends_at:
        details.append(Detail("Until", format_time(event.alert.ends_at)))
    return MailContent(
        subject=_subject(event, body),
        tone="resolved",
        state=describe_tone(event),
        title=title,
        lead=f"{describe_resolution(event)} You need not do anything.",
        details=tuple(details),
        links=tuple(links),
    )


def _describe_resolved_amounts(event: QuotaEvent) -> list[Detail]:
    limit_bytes = event.current_limit_bytes or event.limit_bytes
    details = []
    # The alert has the usage when it was last evaluated. Over a rolling window it fell since.
    if not event.is_rolling:
        details.append(_amount("Used", event, event.used_bytes))
    if limit_bytes != event.limit_bytes:
        details.append(_amount("Old limit", event, event.limit_bytes))
    limit = describe_current_limit(event)
    details.append(Detail("Limit", limit, format_bytes(limit_bytes)))
    return details


def _firing_subject(event: QuotaEvent, used: str, limit: str) -> str:
    if not event.is_forecast:
        return _subject(event, f"{used} of {limit} used")
    expected = describe_amount(event, event.forecast_bytes or 0)
    return _subject(event, f"{expected} of {limit} expected")


def _subject(event: QuotaEvent, body: str) -> str:
    period = f", {event.period.title}" if event.period else ""
    line = f"[{tag_event(event)}] {name_event(event)}: {body}{period}"
    return shorten(line, LONGEST_SUBJECT)


def _forecast_lead(event: QuotaEvent, limit: str) -> str:
    if not event.is_forecast or event.forecast_bytes is None:
        return ""
    expected = describe_amount(event, event.forecast_bytes)
    by = f" by {format_time(event.period.end)}" if event.period else ""
    excess_bytes = max(0, event.forecast_bytes - event.limit_bytes)
    excess = describe_amount(event, excess_bytes)
    return f"It is heading for {expected}{by}: {excess} more than its limit of {limit}."


def _describe_amounts(event: QuotaEvent) -> list[Detail]:
    left_bytes = event.limit_bytes - event.used_bytes
    numbers = [
        ("Used", event.used_bytes),
        ("Limit", event.limit_bytes),
        ("Left" if left_bytes >= 0 else "Over", abs(left_bytes)),
    ]
    if event.forecast_bytes is not None and event.period:
        numbers.append(("Expected", event.forecast_bytes))
    return [_amount(label, event, size_bytes) for label, size_bytes in numbers]


def _amount(label: str, event: QuotaEvent, size_bytes: int) -> Detail:
    return Detail(label, describe_amount(event, size_bytes), format_bytes(size_bytes))


def _describe_quota(event: QuotaEvent) -> list[Detail]:
    details = [Detail("Counted", describe_counted(event.selector))]
    if event.period:
        details.append(Detail("Period", event.period.title))
        details.append(Detail("Resets", format_time(event.period.end)))
    elif event.is_rolling:
        window = event.calendar.partition(":")[2]
        details.append(Detail("Period", f"the last {format_duration(parse_duration(window))}"))
    if event.own_labels:
        details.append(Detail("Labels", describe_labels(event.own_labels)))
    return details
