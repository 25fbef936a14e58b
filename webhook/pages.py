"""What a mail shows: the words and figures that its text and its HTML have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from quotas import names
from quotas.sizes import format_size
from webhook.advice import advise, describe_next, describe_outlook
from webhook.figures import format_amount, format_bytes, format_percent, format_time, is_binary
from webhook.notices import Notice, PlainNotice, QuotaNotice
from webhook.payload import FIRING
from webhook.texts import clean_line, clean_paragraphs, join_words
from webhook.words import (
    describe_counted,
    describe_labels,
    describe_selector,
    describe_tone,
    name_notice,
    tag_notice,
    tone_of,
)

MOST_ROWS = 20
LONGEST_SUBJECT = 150
LONGEST_URL = 2_000


@dataclass(frozen=True)
class Fact:
    """One line of figures: what it is, its value, and the same value to the byte."""

    label: str
    value: str
    exact: str = ""


@dataclass(frozen=True)
class Row:
    """One of several alerts: ``tone`` colours it, ``state`` says the same in words."""

    tone: str
    tag: str
    state: str
    name: str
    figures: str = ""
    detail: str = ""
    period: str = ""


@dataclass(frozen=True)
class Page:
    """A whole mail. ``tone`` is info, warning, critical or resolved."""

    subject: str
    tone: str
    state: str
    title: str
    lead: str = ""
    figure: str = ""
    figure_words: str = ""
    bar_percent: int | None = None
    bar_words: tuple[str, str] = ("", "")
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = ()
    paragraphs: tuple[str, ...] = ()
    to_do: tuple[str, ...] = ()
    link: str = ""


def make_page(notices: Sequence[Notice], now: datetime) -> Page:
    """Return the mail about one or more notices, sorted by gravity, as of ``now``."""
    if len(notices) > 1:
        return _several_page(notices)
    notice = notices[0]
    return _plain_page(notice) if isinstance(notice, PlainNotice) else _quota_page(notice, now)


def _quota_page(notice: QuotaNotice, now: datetime) -> Page:
    binary = is_binary(notice.limit_bytes)
    used, limit = (
        format_amount(n, notice.limit_bytes) for n in (notice.used_bytes, notice.limit_bytes)
    )
    percent = format_percent(notice.used_bytes, notice.limit_bytes)
    name = name_notice(notice)
    left_bytes = notice.limit_bytes - notice.used_bytes
    left = f"{format_size(abs(left_bytes), binary=binary)} {'left' if left_bytes >= 0 else 'over'}"
    passed = f"{notice.threshold_percent:g} % threshold"
    title = f"{name} has used {percent} of its limit"
    if notice.forecast_bytes is not None:
        title = f"{name} is expected to pass its limit"
        passed = "forecast"
    outlook = (describe_outlook(notice, now), describe_next(notice))
    return Page(
        subject=_quota_subject(notice, used, limit),
        tone=notice.severity,
        state=f"{describe_tone(notice)} · {passed}",
        title=title,
        lead=_forecast_lead(notice, limit, binary=binary),
        figure=used,
        figure_words=f"of {limit} used",
        bar_percent=min(100, notice.used_bytes * 100 // notice.limit_bytes),
        bar_words=(percent, left),
        facts=tuple(_quota_facts(notice)),
        paragraphs=tuple(text for text in outlook if text),
        to_do=(advise(notice),),
        link=_web_link(notice.alert.generator_url),
    )


def _quota_subject(notice: QuotaNotice, used: str, limit: str) -> str:
    period = f", {notice.period.title}" if notice.period else ""
    if notice.forecast_bytes is None:
        body = f"{used} of {limit} used{period}"
    else:
        expected = format_size(notice.forecast_bytes, binary=is_binary(notice.limit_bytes))
        body = f"{expected} of {limit} expected{period}"
    return clean_line(f"[{tag_notice(notice)}] {name_notice(notice)}: {body}", LONGEST_SUBJECT)


def _forecast_lead(notice: QuotaNotice, limit: str, *, binary: bool) -> str:
    if notice.forecast_bytes is None:
        return ""
    expected = format_size(notice.forecast_bytes, binary=binary)
    by = f" by {format_time(notice.period.end)}" if notice.period else ""
    over = format_size(max(0, notice.forecast_bytes - notice.limit_bytes), binary=binary)
    return f"It is heading for {expected}{by}: {over} more than its limit of {limit}."


def _quota_facts(notice: QuotaNotice) -> list[Fact]:
    left_bytes = notice.limit_bytes - notice.used_bytes
    numbers = [
        ("Used", notice.used_bytes),
        ("Limit", notice.limit_bytes),
        ("Left" if left_bytes >= 0 else "Over", abs(left_bytes)),
    ]
    if notice.forecast_bytes is not None:
        numbers.append(("Expected", notice.forecast_bytes))
    facts = [Fact(k, format_amount(n, notice.limit_bytes), format_bytes(n)) for k, n in numbers]
    facts.append(Fact("Counted", describe_counted(notice.selector)))
    if notice.period:
        facts.append(Fact("Period", notice.period.title))
        facts.append(Fact("Resets", format_time(notice.period.end)))
    if notice.own_labels:
        facts.append(Fact("Labels", describe_labels(notice.own_labels)))
    return facts


def _several_page(notices: Sequence[Notice]) -> Page:
    worst = notices[0]
    alert_names = list(dict.fromkeys(name_notice(notice) for notice in notices))
    subject = f"[{tag_notice(worst)}] {len(notices)} alerts: {join_words(alert_names)}"
    hidden = len(notices) - MOST_ROWS
    more = () if hidden <= 0 else (f"{hidden} more are not shown; Alertmanager lists them all.",)
    to_do = (advise(worst),) if isinstance(worst, QuotaNotice) else ()
    return Page(
        subject=clean_line(subject, LONGEST_SUBJECT),
        tone=tone_of(worst),
        state=describe_tone(worst),
        title=f"{len(notices)} alerts, the gravest first",
        rows=tuple(_make_row(notice) for notice in notices[:MOST_ROWS]),
        paragraphs=more,
        to_do=to_do,
    )


def _make_row(notice: Notice) -> Row:
    row = Row(
        tone=tone_of(notice),
        tag=tag_notice(notice),
        state=describe_tone(notice),
        name=name_notice(notice),
    )
    if isinstance(notice, PlainNotice):
        return replace(row, detail=clean_line(notice.alert.annotations.get(names.SUMMARY, "")))
    amount = notice.used_bytes if notice.forecast_bytes is None else notice.forecast_bytes
    percent = format_percent(amount, notice.limit_bytes)
    sizes = [format_amount(size, notice.limit_bytes) for size in (amount, notice.limit_bytes)]
    return replace(
        row,
        figures=f"{sizes[0]} of {sizes[1]} ({percent})",
        detail=describe_selector(notice.selector),
        period=notice.period.title if notice.period else "",
    )


def _plain_page(notice: PlainNotice) -> Page:
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
        link=_web_link(alert.generator_url),
    )


def _web_link(url: str) -> str:
    """Return a link only where it is one to a web page that a header or attribute can carry."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    fit = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    return url if fit and parts.scheme in ("http", "https") and parts.hostname else ""
