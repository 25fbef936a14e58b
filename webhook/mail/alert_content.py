"""The content of a mail about one alert that does not concern a quota."""

from collections.abc import Sequence

from quotas import names
from webhook.alerts.events import OtherEvent
from webhook.alerts.payload import FIRING
from webhook.mail.content import LONGEST_SUBJECT, Detail, MailContent, MailLink
from webhook.mail.formatting import format_time
from webhook.mail.wording import (
    describe_labels,
    describe_tone,
    name_event,
    tone_of,
)
from webhook.text import clean_name, clean_paragraphs, shorten


def make_alert_content(event: OtherEvent, links: Sequence[MailLink]) -> MailContent:
    """Return the content of a mail about one event: the alert's own texts, times and labels."""
    alert = event.alert
    is_firing = alert.status == FIRING
    name = name_event(event)
    title = clean_name(alert.annotations.get(names.SUMMARY, "")) or name
    details = [Detail("Alert", name)]
    if alert.starts_at:
        details.append(Detail("Since", format_time(alert.starts_at)))
    if not is_firing and alert.ends_at:
        details.append(Detail("Until", format_time(alert.ends_at)))
    labels = {label: value for label, value in alert.labels.items() if label != "alertname"}
    about = f"{name}: {title}" if title != name else name
    if labels:
        details.append(Detail("Labels", describe_labels(labels)))
    description = clean_paragraphs(alert.annotations.get(names.DESCRIPTION, ""))
    return MailContent(
        subject=shorten(f"[{alert.status}] {about}", LONGEST_SUBJECT),
        tone=tone_of(event),
        state=describe_tone(event),
        title=title if is_firing else f"Resolved: {title}",
        lead="" if is_firing else "It is over. You need not do anything.",
        details=tuple(details),
        paragraphs=description if is_firing else (),
        links=tuple(links),
    )
