"""The content of a mail about several events: a table, most severe first."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.mail.advice import advise
from webhook.mail.content import LONGEST_SUBJECT, AlertRow, MailContent, MailLink
from webhook.mail.formatting import format_percent
from webhook.mail.wording import (
    LONGEST_NAME,
    describe_amount,
    describe_current_limit,
    describe_labels,
    describe_selector,
    describe_tone,
    name_entry,
    name_event,
    tag_event,
    tone_of,
)
from webhook.text import clean_name, join_words, shorten

MOST_ROWS = 100
LONGEST_NOTE = 160
# Gmail cuts HTML that is longer than 102 kB. A row has ROW_BYTES of markup beside its text.
ROWS_BYTES, ROW_BYTES = 88_000, 640


def make_summary(
    events: Sequence[Event], links: Sequence[MailLink], pages: Sequence[str]
) -> MailContent:
    """Return the content of a mail about several events, given most severe first.

    ``pages`` are the addresses of the pages about each event, or empty.
    """
    first = events[0]
    periods = {_period_of(event) for event in events}
    period = periods.pop() if len(periods) == 1 else ""
    about = _describe_entries(events)
    rows = tuple(_rows_that_fit(events, pages, with_period=not period, with_quota=not about))
    hidden = len(events) - len(rows)
    more = (f"{hidden} more are not shown; Alertmanager lists them all.",) if hidden else ()
    if about:
        subject, title = f"[{tag_event(first)}] {about}", about
    else:
        event_names = list(dict.fromkeys(name_event(event) for event in events))
        subject = f"[{tag_event(first)}] {len(events)} alerts: {join_words(event_names)}"
        title = f"{len(events)} alerts, most severe first"
    return MailContent(
        subject=shorten(f"{subject}, {period}" if period else subject, LONGEST_SUBJECT),
        tone=tone_of(first),
        state=describe_tone(first),
        title=title,
        lead=f"Period: {period}." if period else "",
        rows=rows,
        paragraphs=more,
        to_do=_to_do(first),
        links=tuple(links),
    )


def _period_of(event: Event) -> str:
    return event.period.title if isinstance(event, QuotaEvent) and event.period else ""


def _describe_entries(events: Sequence[Event]) -> str:
    """Return ``partner-hourly: 11 consumers over 100 %``; empty if they are not of one quota."""
    entries = [event for event in events if isinstance(event, QuotaEvent) and event.for_each_values]
    if len(entries) < len(events) or len({event.quota_name for event in entries}) > 1:
        return ""
    labels = list(entries[0].for_each_values)
    one, several = (labels[0], f"{labels[0]}s") if len(labels) == 1 else ("entry", "entries")
    counts: dict[str, int] = {}
    for event in entries:
        counts[_describe_state(event)] = counts.get(_describe_state(event), 0) + 1
    (state, count), *rest = counts.items()
    # The noun is needed only once.
    parts = [f"{count} {one if count == 1 else several} {state}"]
    parts += [f"{count} {state}" for state, count in rest]
    return f"{clean_name(entries[0].quota_name, LONGEST_NAME)}: {join_words(parts)}"


def _describe_state(event: QuotaEvent) -> str:
    threshold = f"{event.threshold_percent:g} %"
    if event.is_resolved:
        return "resolved" if event.is_forecast else f"below {threshold} again"
    return "expected over the limit" if event.is_forecast else f"over {threshold}"


def _to_do(event: Event) -> tuple[str, ...]:
    if isinstance(event, OtherEvent) or event.is_resolved:
        return ()
    return (advise(event),)


def _rows_that_fit(
    events: Sequence[Event], pages: Sequence[str], *, with_period: bool, with_quota: bool
) -> Iterator[AlertRow]:
    differing = _differing_labels(events)
    left_bytes = ROWS_BYTES
    for event, page in zip(events[:MOST_ROWS], pages, strict=False):
        if isinstance(event, OtherEvent):
            row = _make_alert_row(event, differing)
        else:
            row = _make_quota_row(event, with_period=with_period, with_quota=with_quota)
        row = replace(row, url=page)
        text = f"{row.tag}{row.state}{row.name}{row.figures}{row.note}{row.url}"
        left_bytes -= ROW_BYTES + len(html.escape(text).encode())
        if left_bytes < 0:
            return
        yield row


def _differing_labels(events: Sequence[Event]) -> frozenset[str]:
    """Return the labels in which the alerts that concern no quota differ."""
    alerts = [event.alert for event in events if isinstance(event, OtherEvent)]
    labels = {label for alert in alerts for label in alert.labels} - {"alertname"}
    return frozenset(
        label for label in labels if len({alert.labels.get(label, "") for alert in alerts}) > 1
    )


def _make_alert_row(event: OtherEvent, differing: frozenset[str]) -> AlertRow:
    labels = {name: text for name, text in event.alert.labels.items() if name in differing}
    summary = clean_name(event.alert.annotations.get(names.SUMMARY, ""), LONGEST_NOTE)
    return _make_row(event, name_event(event), describe_labels(labels), summary)


def _make_quota_row(event: QuotaEvent, *, with_period: bool, with_quota: bool) -> AlertRow:
    name, selector = name_event(event), event.selector
    if not with_quota:
        name = name_entry(event.for_each_values, LONGEST_NOTE)
        if len(event.for_each_values) == 1:
            selector = {k: v for k, v in selector.items() if k not in event.for_each_values}
    parts = (describe_selector(selector), _period_of(event) if with_period else "")
    note = shorten(", ".join(part for part in parts if part), LONGEST_NOTE)
    return _make_row(event, name, _describe_figures(event), note)


def _make_row(event: Event, name: str, figures: str, note: str) -> AlertRow:
    tone, tag, state = tone_of(event), tag_event(event), describe_tone(event)
    return AlertRow(tone=tone, tag=tag, state=state, name=name, figures=figures, note=note)


def _describe_figures(event: QuotaEvent) -> str:
    if event.is_resolved:
        limit = describe_current_limit(event)
        return f"below {event.threshold_percent:g} % of {limit} again"
    size_bytes = (event.forecast_bytes if event.is_forecast else event.used_bytes) or 0
    size, limit = (describe_amount(event, n) for n in (size_bytes, event.limit_bytes))
    return f"{size} of {limit} ({format_percent(size_bytes, event.limit_bytes)})"
