"""From events to mails: one mail for each recipient, about all events that are new to them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address

from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.alerts.payload import Payload
from webhook.alerts.topics import topics_of
from webhook.mail.alert_content import make_alert_content
from webhook.mail.content import MailContent
from webhook.mail.links import make_links
from webhook.mail.message import make_mail
from webhook.mail.quota_content import make_quota_content
from webhook.mail.summary import make_summary
from webhook.settings import Addresses
from webhook.store.outbox import FIRST, SECOND, Mail
from webhook.text import clean_line, web_url

_FULL_PERCENT = 100


def compose_mails(
    sender: Address,
    addresses: Addresses,
    by_recipient: Mapping[str, Sequence[Event]],
    payload: Payload,
    now: datetime,
) -> tuple[Mail, ...]:
    """Return one mail for each recipient. The same arguments give the same bytes.

    Args:
        sender: the address in From.
        addresses: the web addresses to link to. An empty one of Alertmanager is taken from the
            payload.
        by_recipient: recipients and their events, most severe first.
        payload: what Alertmanager has posted. Mails say how many alerts it left out.
        now: when the mails are written (aware, UTC).

    """
    if not addresses.alertmanager:
        addresses = replace(addresses, alertmanager=web_url(payload.external_url))
    contents: dict[tuple[int, ...], MailContent] = {}
    mails = []
    for recipient, events in by_recipient.items():
        # Recipients with the same events share one content.
        key = tuple(map(id, events))
        if key not in contents:
            contents[key] = _make_content(events, addresses, payload.truncated_alerts, now)
        mails.append(_make_mail(contents[key], recipient, events, sender, now))
    return tuple(mails)


def _make_content(
    events: Sequence[Event], addresses: Addresses, left_out: int, now: datetime
) -> MailContent:
    links = make_links(events, addresses)
    if len(events) > 1:
        content = make_summary(events, links)
    elif isinstance(events[0], OtherEvent):
        content = make_alert_content(events[0], links)
    else:
        content = make_quota_content(events[0], now, links)
    if left_out <= 0:
        return content
    alerts = "1 alert" if left_out == 1 else f"{left_out} alerts"
    text = f"Alertmanager left out {alerts} of this group (truncatedAlerts); look there for all."
    return replace(content, paragraphs=(*content.paragraphs, text))


def _make_mail(
    content: MailContent,
    recipient: str,
    events: Sequence[Event],
    sender: Address,
    now: datetime,
) -> Mail:
    alerts = [event.alert for event in events]
    threads = {_thread_of(event) for event in events}
    quotas = {event.quota_name for event in events if isinstance(event, QuotaEvent)}
    mail = make_mail(
        content,
        recipient,
        sender,
        now,
        unique_texts=[f"{a.status} {sorted(a.labels.items())} {a.starts_at}" for a in alerts],
        thread=threads.pop() if len(threads) == 1 else "",
        priority=FIRST if any(map(_is_limit_reached, events)) else SECOND,
    )
    quota = clean_line(quotas.pop()) if len(quotas) == 1 else ""
    return replace(mail, quota=quota, topics=topics_of(events))


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
