"""From notices to mails: whole messages as bytes, one for each recipient. Nothing is sent here."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from webhook.alerts.events import Notice, QuotaNotice
from webhook.mail.content import Page
from webhook.mail.links import Addresses
from webhook.mail.rendering import render_html, render_text
from webhook.mail.summary import make_page
from webhook.mail.topics import Topic, topics_of
from webhook.text import clean_line

# What is delivered first: limits that are reached, then the rest.
FIRST, SECOND = 0, 1
_FULL_PERCENT = 100


@dataclass(frozen=True)
class Mail:
    """A mail to one recipient. ``content`` is the message with all its headers (RFC 5322).

    ``quota`` is the name of the one it is about, empty for another alert and for several;
    ``topics`` are all that it tells of.
    """

    recipient: str
    subject: str
    message_id: str
    content: bytes
    quota: str = ""
    priority: int = SECOND
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Letterhead:
    """What all mails have in common: whom they are from, and where they lead."""

    sender: Address
    addresses: Addresses = field(default_factory=Addresses)


def compose_mails(
    concerned: Mapping[str, Sequence[Notice]],
    letterhead: Letterhead,
    now: datetime,
    left_out: int = 0,
) -> tuple[Mail, ...]:
    """Return one mail for each recipient, about all that concerns them.

    It is a function of its arguments: the same at the same ``now`` (aware, UTC) are the same
    bytes.

    Args:
        concerned: recipients and what each is to be told, sorted by gravity.
        letterhead: what all mails have in common.
        now: when they are written.
        left_out: how many alerts of the group Alertmanager did not send.

    """
    pages: dict[tuple[int, ...], tuple[Page, tuple[Topic, ...]]] = {}
    mails = []
    for recipient, notices in concerned.items():
        # Recipients who are told the same share one page.
        key = tuple(map(id, notices))
        if key not in pages:
            page = make_page(notices, now, letterhead.addresses, left_out)
            pages[key] = page, topics_of(notices)
        page, topics = pages[key]
        mail = _compose(recipient, notices, page, letterhead, now)
        mails.append(replace(mail, topics=topics))
    return tuple(mails)


def compose_page(
    recipient: str, page: Page, letterhead: Letterhead, now: datetime, priority: int
) -> Mail:
    """Return the mail that shows a page which is about no alert."""
    message_id = _make_id(letterhead, recipient, page.subject, now.isoformat())
    content = _build(page, recipient, letterhead, now, message_id=message_id, thread="")
    return Mail(recipient, page.subject, message_id, content, priority=priority)


def _compose(
    recipient: str, notices: Sequence[Notice], page: Page, letterhead: Letterhead, now: datetime
) -> Mail:
    told = [
        f"{notice.alert.status} {sorted(notice.alert.labels.items())} {notice.alert.starts_at}"
        for notice in notices
    ]
    message_id = _make_id(letterhead, recipient, now.isoformat(), repr(page), *told)
    threads = {_thread_of(notice) for notice in notices}
    thread = _make_id(letterhead, "thread", *threads) if len(threads) == 1 else ""
    quotas = {notice.quota_name for notice in notices if isinstance(notice, QuotaNotice)}
    return Mail(
        recipient,
        page.subject,
        message_id,
        _build(page, recipient, letterhead, now, message_id=message_id, thread=thread),
        quota=clean_line(quotas.pop()) if len(quotas) == 1 else "",
        priority=FIRST if any(map(_is_full, notices)) else SECOND,
    )


def _build(
    page: Page,
    recipient: str,
    letterhead: Letterhead,
    now: datetime,
    *,
    message_id: str,
    thread: str,
) -> bytes:
    footer = (
        f"You get this mail because quotas.yaml lists {recipient} under notify. "
        f"Nobody reads replies to this address."
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = letterhead.sender
    message["To"] = recipient
    message["Subject"] = page.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if thread:
        # No mail has this id; that all of a thread refer to it is enough to bring them together.
        message["References"] = thread
    # RFC 3834: so that no holiday notice comes back.
    message["Auto-Submitted"] = "auto-generated"
    text = render_text(page, footer)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(render_html(page, footer), subtype="html", cte="quoted-printable")
    # A boundary from what it bounds, rather than a random one: equal mails are equal bytes.
    message.set_boundary(f"=_{_digest(message_id, text)}")
    return message.as_bytes()


def _thread_of(notice: Notice) -> str:
    """Return what brings mails together: a quota's period, or an alert from start to end."""
    alert = notice.alert
    if isinstance(notice, QuotaNotice):
        period = f"{notice.calendar} {notice.period.id}" if notice.period else notice.calendar
        return f"{notice.quota_name} {period}"
    return f"{sorted(alert.labels.items())} {alert.starts_at}"


def _is_full(notice: Notice) -> bool:
    if not isinstance(notice, QuotaNotice) or notice.is_forecast or notice.is_over:
        return False
    return notice.threshold_percent >= _FULL_PERCENT


def _make_id(letterhead: Letterhead, *parts: str) -> str:
    return f"<{_digest(*parts)}@{letterhead.sender.domain}>"


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    # Labels can hold halves of surrogate pairs, which strict UTF-8 refuses.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:40]
