"""Composing mails in tests, and reading them as their recipients do."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from quotas.model import QuotaFile
from tests.unit.webhook.samples import (
    NOW,
    QUOTAS_WITH_RESOLVED,
    SENDER,
    forecast,
    pipeline,
    resolved,
    usage,
)
from webhook.alerts.events import Event
from webhook.alerts.payload import RESOLVED, Alert, Payload
from webhook.mail.composing import compose_mails
from webhook.recipients import recipients_of, select_events
from webhook.settings import Addresses
from webhook.store.outbox import Mail

# The alerts of the mails in golden/.
CASES = {
    "usage-80": [usage(80, 401_300_000_000, forecast_bytes=480_000_000_000)],
    "usage-90": [usage(90, 450_200_000_000, forecast_bytes=571_000_000_000)],
    "usage-100": [usage(100, 513_650_000_000)],
    "forecast": [forecast()],
    "several": [
        usage(
            threshold,
            used,
            quota="each-consumer",
            limit_bytes=10 * 2**30,
            period="20261124",
            calendar="day",
            consumer=who,
        )
        for threshold, used, who in (
            (80, 8_700_000_000, "small-co"),
            (100, 11_400_000_000, "acme"),
            (90, 10_000_000_000, "big-co"),
        )
    ],
    "usage-over": [resolved(90)],
    "rolling": [usage(90, calendar="rolling:30d", period="")],
    "pipeline-firing": [pipeline()],
    "pipeline-resolved": [pipeline(RESOLVED)],
}


def compose(
    *alerts: Alert,
    addresses: Addresses | None = None,
    now: datetime = NOW,
    left_out: int = 0,
    quotas: QuotaFile = QUOTAS_WITH_RESOLVED,
) -> tuple[Mail, ...]:
    """Return one mail for each recipient of these alerts."""
    by_recipient: dict[str, list[Event]] = {}
    for event in select_events(alerts, quotas, now):
        for recipient in recipients_of(event, quotas):
            by_recipient.setdefault(recipient, []).append(event)
    payload = Payload(alerts, truncated_alerts=left_out)
    return compose_mails(SENDER, addresses or Addresses(), by_recipient, payload, now)


@dataclass
class OpenedMail:
    """A mail as its recipient sees it."""

    headers: EmailMessage
    text: str
    html: str


def open_mail(mail: Mail) -> OpenedMail:
    """Return the decoded parts of a mail."""
    message = message_from_bytes(mail.content, _class=EmailMessage, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return OpenedMail(
        message,
        text.get_content().replace("\r\n", "\n"),
        html.get_content().replace("\r\n", "\n"),
    )


def read(*alerts: Alert, **options: Any) -> OpenedMail:
    """Return the opened mail of the first recipient of these alerts."""
    return open_mail(compose(*alerts, **options)[0])


class Page(HTMLParser):
    """The link targets and the element names of an HTML page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.elements: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.elements.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]
