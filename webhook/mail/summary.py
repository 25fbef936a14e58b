"""From notices to a page: one quota, one other alert, or a table of many."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from quotas import names
from webhook.alerts.events import Notice, PlainNotice, QuotaNotice
from webhook.alerts.payload import FIRING
from webhook.mail.advice import advise
from webhook.mail.content import Fact, Link, Page, Row
from webhook.mail.formatting import format_amount, format_percent, format_time
from webhook.mail.links import Addresses, make_links
from webhook.mail.quota_content import LONGEST_SUBJECT, make_quota_page
from webhook.mail.wording import (
    describe_labels,
    describe_selector,
    describe_tone,
    name_notice,
    tag_notice,
    tone_of,
)
from webhook.text import clean_line, clean_paragraphs, join_words

MOST_ROWS = 100
LONGEST_DETAIL = 160
# Gmail cuts what is longer than 102 kB. Of a row's HTML this much is markup.
ROWS_BYTES, ROW_BYTES = 88_000, 640


def make_page(
    notices: Sequence[Notice], now: datetime, addresses: Addresses, left_out: int = 0
) -> Page:
    """Return the mail about one or more notices, sorted by gravity, as of ``now``.

    ``left_out`` is how many alerts of the group Alertmanager did not send.
    """
    links = make_links(notices, addresses)
    page = _several_page(notices, links) if len(notices) > 1 else _one_page(notices[0], now, links)
    if left_out <= 0:
        return page
    alerts = "1 alert" if left_out == 1 else f"{left_out} alerts"
    text = f"Alertmanager left out {alerts} of this group (truncatedAlerts); look there for all."
    return replace(page, paragraphs=(*page.paragraphs, text))


def _one_page(notice: Notice, now: datetime, links: Sequence[Link]) -> Page:
    if isinstance(notice, PlainNotice):
        return _plain_page(notice, links)
    return make_quota_page(notice, now, links)


def _several_page(notices: Sequence[Notice], links: Sequence[Link]) -> Page:
    worst = notices[0]
    alert_names = list(dict.fromkeys(name_notice(notice) for notice in notices))
    subject = f"[{tag_notice(worst)}] {len(notices)} alerts: {join_words(alert_names)}"
    rows = tuple(_rows_that_fit(notices))
    hidden = len(notices) - len(rows)
    more = (f"{hidden} more are not shown; Alertmanager lists them all.",) if hidden else ()
    advised = isinstance(worst, QuotaNotice) and not worst.is_over
    return Page(
        subject=clean_line(subject, LONGEST_SUBJECT),
        tone=tone_of(worst),
        state=describe_tone(worst),
        title=f"{len(notices)} alerts, most severe first",
        rows=rows,
        paragraphs=more,
        to_do=(advise(worst),) if advised and isinstance(worst, QuotaNotice) else (),
        links=tuple(links),
    )


def _rows_that_fit(notices: Sequence[Notice]) -> Iterator[Row]:
    left_bytes = ROWS_BYTES
    for notice in notices[:MOST_ROWS]:
        row = _make_row(notice)
        shown = f"{row.tag}{row.state}{row.name}{row.figures}{row.detail}"
        left_bytes -= ROW_BYTES + len(html.escape(shown).encode())
        if left_bytes < 0:
            return
        yield row


def _make_row(notice: Notice) -> Row:
    row = Row(
        tone=tone_of(notice),
        tag=tag_notice(notice),
        state=describe_tone(notice),
        name=name_notice(notice),
    )
    if isinstance(notice, PlainNotice):
        summary = notice.alert.annotations.get(names.SUMMARY, "")
        return replace(row, detail=clean_line(summary, LONGEST_DETAIL))
    amount = notice.forecast_bytes if notice.is_forecast else notice.used_bytes
    percent = format_percent(amount or 0, notice.limit_bytes)
    sizes = [format_amount(size or 0, notice.limit_bytes) for size in (amount, notice.limit_bytes)]
    figures = f"{sizes[0]} of {sizes[1]} ({percent})"
    if notice.is_over:
        limit_bytes = notice.limit_now_bytes or notice.limit_bytes
        limit = format_amount(limit_bytes, limit_bytes)
        figures = f"below {notice.threshold_percent:g} % of {limit} again"
    parts = (describe_selector(notice.selector), notice.period.title if notice.period else "")
    detail = clean_line(", ".join(part for part in parts if part), LONGEST_DETAIL)
    return replace(row, figures=figures, detail=detail)


def _plain_page(notice: PlainNotice, links: Sequence[Link]) -> Page:
    alert = notice.alert
    summary = clean_line(alert.annotations.get(names.SUMMARY, ""))
    title = summary or name_notice(notice)
    facts = [Fact("Alert", name_notice(notice))]
    if alert.starts_at:
        facts.append(Fact("Since", format_time(alert.starts_at)))
    if alert.status != FIRING and alert.ends_at:
        facts.append(Fact("Until", format_time(alert.ends_at)))
    labels = {name: value for name, value in alert.labels.items() if name != "alertname"}
    if labels:
        facts.append(Fact("Labels", describe_labels(labels)))
    description = clean_paragraphs(alert.annotations.get(names.DESCRIPTION, ""))
    return Page(
        subject=clean_line(f"[{alert.status}] {name_notice(notice)}: {title}", LONGEST_SUBJECT),
        tone=tone_of(notice),
        state=describe_tone(notice),
        title=title if alert.status == FIRING else f"Resolved: {title}",
        lead="" if alert.status == FIRING else "This is over; nothing has to be done.",
        facts=tuple(facts),
        paragraphs=description if alert.status == FIRING else (),
        links=tuple(links),
    )
