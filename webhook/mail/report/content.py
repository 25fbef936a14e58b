"""The content of a report: each quota with usage, limit, change, what used most, and outlook."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from quotas import names
from quotas.model import Quota
from webhook.dashboard_pages import quota_page
from webhook.mail.content import (
    LONGEST_SUBJECT,
    AlertRow,
    Attachment,
    Detail,
    MailContent,
    MailLink,
    Section,
)
from webhook.mail.formatting import format_percent, format_time
from webhook.mail.report.chart import make_chart
from webhook.mail.report.table import MOST_ROWS, count_rows
from webhook.mail.report.wording import (
    describe_change,
    describe_entries,
    describe_outlook,
    describe_periods,
    describe_quotas,
    describe_top,
    describe_used,
    is_reached,
)
from webhook.mail.wording import name_entry
from webhook.settings import Addresses
from webhook.text import shorten
from webhook.usage.model import EntryFigures, Figures, Reported, ReportSpan

# Gmail cuts HTML that is longer than 102 kB. Sections, their rows and their details have some
# markup beside their text.
MOST_SECTIONS, SECTIONS_BYTES = 20, 90_000
SECTION_BYTES, ROW_BYTES, DETAIL_BYTES = 1_500, 520, 290
MOST_ENTRIES_SHOWN = 5
# Each has up to 40 kB, in every recipient's mail.
MOST_CHARTS = 3
_GOOD, _UNKNOWN = "resolved", "info"
_TONES = (*reversed(names.SEVERITIES), _GOOD)
_TOP_LABELS = {names.CONSUMER: "Consumers", names.SERVICE: "Services", names.ROUTE: "Routes"}
_KINDS = {"week": "Weekly report", "month": "Monthly report"}


def make_report_content(
    span: ReportSpan,
    figures: Reported,
    addresses: Addresses,
    table: Attachment,
) -> MailContent:
    """Return the content of a report about these quotas.

    Args:
        span: the period of the report.
        figures: the quotas, at least one, and their figures; None where they could not be read.
        addresses: the web addresses to link to.
        table: what is attached.

    """
    ordered = sorted(figures, key=lambda one: _share(one[1]), reverse=True)
    sections = [_make_section(quota, found, span, addresses) for quota, found in ordered]
    shown = _keep_few_charts(_sections_that_fit(sections))
    known = [found for _, found in figures if found is not None and found.entries]
    reached = sum(any(map(is_reached, found.entries)) for found in known)
    summary = describe_quotas(reached, len(known), len(figures) - len(known))
    title = span.period.title
    about = f"{sections[0].name}: {sections[0].figures}" if len(sections) == 1 else summary
    return MailContent(
        subject=shorten(f"[report] {about}, {title}", LONGEST_SUBJECT),
        tone=min((section.tone for section in sections), key=_TONES.index),
        state=_KINDS.get(span.calendar.kind, "Report"),
        title=f"Bandwidth in {title}" if span.calendar.kind == "month" else f"Bandwidth, {title}",
        lead=f"{summary}.",
        details=(
            Detail("From", format_time(span.period.start)),
            Detail("Until", format_time(span.period.end)),
        ),
        sections=shown,
        paragraphs=_describe_table(figures, len(shown), table),
        button=MailLink("Open the dashboard", addresses.dashboard) if addresses.dashboard else None,
        attachments=(table,),
    )


def _make_section(
    quota: Quota, figures: Figures | None, span: ReportSpan, addresses: Addresses
) -> Section:
    url = quota_page(addresses.dashboard, quota.name, {})
    if figures is None:
        text = "The figures could not be read from Prometheus."
        return Section(_UNKNOWN, "missing", quota.name, url, text)
    if not figures.entries:
        text = f"Nothing was recorded in {span.period.title}."
        return Section(_UNKNOWN, "missing", quota.name, url, text)
    entry = figures.entries[0]
    details = [
        ("Change", describe_change(quota, figures, span)),
        ("Periods", "" if quota.for_each else describe_periods(quota, figures, entry)),
        *(
            (_TOP_LABELS[label], describe_top(quota, figures, values))
            for label, values in figures.top
        ),
        ("Outlook", describe_outlook(quota, figures, span)),
    ]
    return Section(
        tone=_tone_of(quota, entry),
        tag=format_percent(entry.used_bytes, entry.limit_bytes),
        name=quota.name,
        url=url,
        figures=describe_entries(quota, figures)
        if quota.for_each
        else describe_used(quota, figures, entry, span),
        bar_percent=None if quota.for_each else _bar_percent(entry),
        rows=_make_rows(quota, figures, span, addresses) if quota.for_each else (),
        details=tuple(Detail(label, text) for label, text in details if text),
        chart=make_chart(quota, figures, span),
    )


def _make_rows(
    quota: Quota, figures: Figures, span: ReportSpan, addresses: Addresses
) -> tuple[AlertRow, ...]:
    """Return the entries that used most."""
    return tuple(
        AlertRow(
            tone=_tone_of(quota, entry),
            tag=format_percent(entry.used_bytes, entry.limit_bytes),
            state="",
            name=name_entry(entry.labels),
            figures=_describe_entry(quota, figures, entry, span),
            url=quota_page(addresses.dashboard, quota.name, entry.labels),
        )
        for entry in figures.entries[:MOST_ENTRIES_SHOWN]
    )


def _describe_entry(quota: Quota, figures: Figures, entry: EntryFigures, span: ReportSpan) -> str:
    used = describe_used(quota, figures, entry, span)
    periods = describe_periods(quota, figures, entry)
    return f"{used}, {periods}" if periods else used


def _sections_that_fit(sections: Sequence[Section]) -> Iterator[Section]:
    left_bytes = SECTIONS_BYTES
    for section in sections[:MOST_SECTIONS]:
        left_bytes -= _size_of(section)
        if left_bytes < 0:
            return
        yield section


def _keep_few_charts(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return sections of which only the first MOST_CHARTS that can have a chart have one."""
    left, kept = MOST_CHARTS, []
    for section in sections:
        kept.append(section if left else replace(section, chart=None))
        left -= kept[-1].chart is not None
    return tuple(kept)


def _size_of(section: Section) -> int:
    """Return how many bytes of HTML a section takes at most."""
    texts = [section.name, section.url, section.figures]
    texts += [text for row in section.rows for text in (row.name, row.url, row.figures)]
    texts += [detail.value for detail in section.details]
    markup = len(section.rows) * ROW_BYTES + len(section.details) * DETAIL_BYTES
    return SECTION_BYTES + markup + len(html.escape("".join(texts)).encode())


def _describe_table(figures: Reported, shown: int, table: Attachment) -> tuple[str, ...]:
    hidden, rows = len(figures) - shown, count_rows(figures)
    parts = [f"All figures to the byte are attached: {table.file_name}."]
    if hidden > 0:
        quotas = "1 quota" if hidden == 1 else f"{hidden} quotas"
        parts.append(f"{quotas} that used less of their limits are only there.")
    if rows > MOST_ROWS:
        parts.append(f"It has {MOST_ROWS:,} of {rows:,} rows.")
    return (" ".join(parts),)


def _share(figures: Figures | None) -> float:
    """Return the largest share of the limit. What is missing comes first."""
    if figures is None or not figures.entries:
        return float("inf")
    return max(_share_of(entry) for entry in figures.entries)


def _share_of(entry: EntryFigures) -> float:
    return entry.used_bytes / entry.limit_bytes if entry.limit_bytes else 0.0


def _bar_percent(entry: EntryFigures) -> int:
    return min(100, int(100 * _share_of(entry)))


def _tone_of(quota: Quota, entry: EntryFigures) -> str:
    """Return the severity of the highest threshold that an entry reached, or that of no trouble."""
    reached = [
        threshold.severity
        for threshold in quota.thresholds
        if entry.used_bytes * 100 >= threshold.percent * entry.limit_bytes
    ]
    return reached[-1] if reached else _GOOD
