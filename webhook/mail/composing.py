"""From events to mails: one mail for each recipient, about all events that are new to them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address

from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.alerts.payload import Payload
from webhook.alerts.topics import topics_of
from webhook.mail.alert_content import make_alert_content
from webhook.mail.charts.choosing import want_chart
from webhook.mail.content import LONGEST_SUBJECT, MailContent
from webhook.mail.links import make_button, make_links, page_of
from webhook.mail.message import make_mail, make_plain_mail
from webhook.mail.quota_content import make_quota_content
from webhook.mail.summary import make_summary
from webhook.settings import Addresses
from webhook.store.outbox import FIRST, SECOND, Mail
from webhook.text import LONGEST_TEXT, clean_line, join_words, shorten, web_url

_FULL_PERCENT = 100
_MOST_PLAIN_LINES = 100
_TEST = "[TEST]"

_log = logging.getLogger(__name__)


def compose_mails(
    sender: Address,
    addresses: Addresses,
    by_recipient: Mapping[str, Sequence[Event]],
    payload: Payload,
    now: datetime,
    *,
    test_note: str = "",
) -> tuple[Mail, ...]:
    """Return at least one mail for each recipient. The same arguments give the same bytes.

    A recipient gets one mail about all of their events. Events that make it fail go into a plain
    mail of their own, so that the others are not affected.

    Args:
        sender: the address in From.
        addresses: the web addresses to link to. An empty one of Alertmanager is taken from the
            payload.
        by_recipient: recipients and their events, most severe first.
        payload: what Alertmanager has posted. Mails say how many alerts it left out.
        now: when the mails are written (aware, UTC).
        test_note: marks the mails as tests, and says what is a test about them.

    """
    if not addresses.alertmanager:
        addresses = replace(addresses, alertmanager=web_url(payload.external_url))
    # Recipients with the same events share one content.
    contents: dict[tuple[int, ...], MailContent] = {}

    def write(events: Sequence[Event], recipient: str) -> Mail:
        key = tuple(map(id, events))
        if key not in contents:
            content = _make_content(events, addresses, payload.truncated_alerts, now)
            contents[key] = _mark_as_test(content, test_note) if test_note else content
        return _make_mail(contents[key], recipient, events, sender, now)

    mails: list[Mail] = []
    for recipient, events in by_recipient.items():
        written, failed = _write_all(write, events, recipient)
        mails += written
        if failed:
            mails.append(_make_plain_mail(recipient, failed, sender, now, test_note))
    return tuple(mails)


def _write_all(
    write: Callable[[Sequence[Event], str], Mail], events: Sequence[Event], recipient: str
) -> tuple[list[Mail], list[Event]]:
    """Return mails about these events, one if possible, and the events that make it fail."""
    try:
        return [write(events, recipient)], []
    except Exception:  # noqa: BLE001 - a mistake in our code must not cost anybody a mail
        _log.exception("no mail can be written about %d events", len(events))
    if len(events) == 1:
        return [], list(events)
    middle = len(events) // 2
    first, first_failed = _write_all(write, events[:middle], recipient)
    second, second_failed = _write_all(write, events[middle:], recipient)
    return first + second, first_failed + second_failed


def _make_content(
    events: Sequence[Event], addresses: Addresses, left_out: int, now: datetime
) -> MailContent:
    links = make_links(events, addresses)
    if len(events) > 1:
        content = make_summary(events, links, [page_of(event, addresses) for event in events])
    elif isinstance(events[0], OtherEvent):
        content = make_alert_content(events[0], links)
    else:
        content = make_quota_content(events[0], now, links)
    content = replace(content, button=make_button(events, addresses))
    if left_out <= 0:
        return content
    alerts = "1 alert" if left_out == 1 else f"{left_out} alerts"
    text = f"Alertmanager left out {alerts} of this group (truncatedAlerts); look there for all."
    return replace(content, paragraphs=(*content.paragraphs, text))


def _mark_as_test(content: MailContent, test_note: str) -> MailContent:
    subject = shorten(f"{_TEST} {content.subject}", LONGEST_SUBJECT)
    return replace(content, subject=subject, test_note=test_note)


def _make_mail(
    content: MailContent,
    recipient: str,
    events: Sequence[Event],
    sender: Address,
    now: datetime,
) -> Mail:
    alerts = [event.alert for event in events]
    # A test does not appear among the real mails.
    threads = {f"{content.test_note and _TEST}{_thread_of(event)}" for event in events}
    mail = make_mail(
        content,
        recipient,
        sender,
        now,
        unique_texts=[f"{a.status} {sorted(a.labels.items())} {a.starts_at}" for a in alerts],
        thread=threads.pop() if len(threads) == 1 else "",
    )
    return replace(_with_topics(mail, events), wanted_chart=want_chart(events, now))


def _make_plain_mail(
    recipient: str, events: Sequence[Event], sender: Address, now: datetime, test_note: str
) -> Mail:
    alerts = [event.alert for event in events]
    lines = [
        clean_line(f"[{alert.status}] {dict(alert.labels)} {dict(alert.annotations)}", LONGEST_TEXT)
        for alert in alerts[:_MOST_PLAIN_LINES]
    ]
    if len(alerts) > len(lines):
        lines.append(f"{len(alerts) - len(lines)} more are not shown.")
    lines.append("The usual mail about them could not be written. The log of the webhook says why.")
    names_of_alerts = join_words(list(dict.fromkeys(alert.name or "unnamed" for alert in alerts)))
    subject = f"[{alerts[0].status}] {names_of_alerts}"
    if test_note:
        subject, lines = f"{_TEST} {subject}", [test_note, *lines]
    subject = clean_line(subject, LONGEST_SUBJECT)
    return _with_topics(make_plain_mail(subject, lines, recipient, sender, now), events)


def _with_topics(mail: Mail, events: Sequence[Event]) -> Mail:
    quotas = {event.quota_name for event in events if isinstance(event, QuotaEvent)}
    return replace(
        mail,
        quota=clean_line(quotas.pop()) if len(quotas) == 1 else "",
        topics=topics_of(events),
        priority=FIRST if any(map(_is_limit_reached, events)) else SECOND,
    )


def _thread_of(event: Event) -> str:
    """Return what mails are grouped by: a quota's period, or an alert from its start to its end."""
    alert = event.alert
    if isinstance(event, QuotaEvent):
        period = f"{event.calendar} {event.period.id}" if event.period else event.calendar
        return f"{event.quota_name} {period}"
    return f"{sorted(alert.labels.items())} {alert.starts_at}"


def _is_limit_reached(event: Event) -> bool:
    if not isinstance(event, QuotaEvent) or event.is_forecast or event.is_resolved:
        return False
    return event.threshold_percent >= _FULL_PERCENT
