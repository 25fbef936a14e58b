"""The content of a mail about several events: a table, most severe first."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.mail.advice import advise
from webhook.mail.content import AlertRow, MailContent, MailLink
from webhook.mail.formatting import format_percent
from webhook.mail.wording import (
    LONGEST_SUBJECT,
    describe_amount,
    describe_current_limit,
    describe_selector,
    describe_tone,
    name_event,
    tag_event,
    tone_of,
)
from webhook.text import clean_line, join_words

MOST_ROWS = 100
LONGEST_NOTE = 160
# Gmail cuts HTML that is longer than 102 kB. A row has ROW_BYTES of markup beside its text.
ROWS_BYTES, ROW_BYTES = 88_000, 640


def make_summary(events: Sequence[Event], links: Sequence[MailLink]) -> MailContent:
    """Return the content of a mail about several events, given most severe first."""
    first = events[0]
    event_names = list(dict.fromkeys(name_event(event) for event in events))
    subject = f"[{tag_event(first)}] {len(events)} alerts: {join_words(event_names)}"
    rows = tuple(_rows_that_fit(events))
    hidden = len(events) - len(rows)
    more = (f"{hidden} more are not shown; Alertmanager lists them all.",) if hidden else ()
    return MailContent(
        subject=clean_line(subject, LONGEST_SUBJECT),
        tone=tone_of(first),
        state=describe_tone(first),
        title=f"{len(events)} alerts, most severe first",
        rows=rows,
        paragraphs=more,
        to_do=_to_do(first),
        links=tuple(links),
    )


def _to_do(event: Event) -> tuple[str, ...]:
    if isinstance(event, OtherEvent) or event.is_resolved:
        return ()
    return (advise(event),)


def _rows_that_fit(events: Sequence[Event]) -> Iterator[AlertRow]:
    left_bytes = ROWS_BYTES
    for event in events[:MOST_ROWS]:
        row = _make_row(event)
        text = f"{row.tag}{row.state}{row.name}{row.figures}{row.note}"
        left_bytes -= ROW_BYTES + len(html.escape(text).encode())
        if left_bytes < 0:
            return
        yield row


def _make_row(event: Event) -> AlertRow:
    row = AlertRow(
        tone=tone_of(event),
        tag=tag_event(event),
        state=describe_tone(event),
        name=name_event(event),
    )
    if isinstance(event, OtherEvent):
        summary = event.alert.annotations.get(names.SUMMARY, "")
        return replace(row, note=clean_line(summary, LONGEST_NOTE))
    parts = (describe_selector(event.selector), event.period.title if event.period else "")
    note = clean_line(", ".join(part for part in parts if part), LONGEST_NOTE)
    return replace(row, figures=_describe_figures(event), note=note)


def _describe_figures(event: QuotaEvent) -> str:
    if event.is_resolved:
        limit = describe_current_limit(event)
        return f"below {event.threshold_percent:g} % of {limit} again"
    size_bytes = (event.forecast_bytes if event.is_forecast else event.used_bytes) or 0
    size, limit = (describe_amount(event, n) for n in (size_bytes, event.limit_bytes))
    return f"{size} of {limit} ({format_percent(size_bytes, event.limit_bytes)})"
