"""From alerts to mails: whole messages as bytes, one for each recipient. Nothing is sent here."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from quotas.model import QuotaFile
from webhook.notices import Notice, read_notices, recipients_of
from webhook.pages import Page, make_page
from webhook.payload import Alert
from webhook.rendering import render_html, render_text


@dataclass(frozen=True)
class Mail:
    """A mail to one recipient. ``content`` is the message with all its headers (RFC 5322)."""

    recipient: str
    subject: str
    message_id: str
    content: bytes


def compose_mails(
    alerts: Iterable[Alert], quotas: QuotaFile, sender: Address, now: datetime
) -> tuple[Mail, ...]:
    """Return one mail for each recipient that these alerts concern.

    It is a function of its arguments: the same alerts at the same ``now`` (aware, UTC) are the
    same bytes. The Message-ID stays for a whole day, so that a mail that is sent once more because
    Alertmanager tried again is known to mail servers as the same.
    """
    concerned: dict[str, list[Notice]] = {}
    for notice in read_notices(alerts, quotas):
        for recipient in recipients_of(notice, quotas):
            concerned.setdefault(recipient, []).append(notice)
    pages: dict[tuple[int, ...], Page] = {}
    mails = []
    for recipient, notices in concerned.items():
        # Recipients who are told the same share one page.
        key = tuple(map(id, notices))
        page = pages.get(key) or pages.setdefault(key, make_page(notices, now))
        message_id = _make_message_id(recipient, notices, sender, now)
        content = _build(page, recipient, sender, now, message_id)
        mails.append(Mail(recipient, page.subject, message_id, content))
    return tuple(mails)


def _build(page: Page, recipient: str, sender: Address, now: datetime, message_id: str) -> bytes:
    footer = (
        f"You get this mail because quotas.yaml lists {recipient} under notify. "
        f"Nobody reads replies to this address."
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = page.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    # RFC 3834: so that no holiday notice comes back.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render_text(page, footer), cte="quoted-printable")
    message.add_alternative(render_html(page, footer), subtype="html", cte="quoted-printable")
    # A boundary from what it bounds, rather than a random one: equal mails are equal bytes.
    message.set_boundary(f"=_{_digest(message_id, render_text(page, footer))}")
    return message.as_bytes()


def _make_message_id(
    recipient: str, notices: Sequence[Notice], sender: Address, now: datetime
) -> str:
    told = [
        f"{notice.alert.status} {sorted(notice.alert.labels.items())} {notice.alert.starts_at}"
        for notice in notices
    ]
    return f"<{_digest(recipient, now.date().isoformat(), *told)}@{sender.domain}>"


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    # Labels can hold halves of surrogate pairs, which strict UTF-8 refuses.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:40]
