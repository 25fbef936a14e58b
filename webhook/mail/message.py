"""Whole messages (RFC 5322) from the content of a mail, one for each recipient."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from webhook.mail.content import MailContent
from webhook.mail.rendering import render_html, render_text
from webhook.store.outbox import SECOND, Mail


def make_mail(
    content: MailContent,
    recipient: str,
    sender: Address,
    now: datetime,
    *,
    unique_texts: Iterable[str] = (),
    thread: str = "",
    priority: int = SECOND,
) -> Mail:
    """Return a mail, without quota and topics.

    The same arguments give the same bytes.

    Args:
        content: what the mail shows.
        recipient: the address in To.
        sender: the address in From.
        now: the time in Date (aware, UTC).
        unique_texts: texts that distinguish this mail from others with the same content.
        thread: mail clients group mails with the same text. Empty for none.
        priority: FIRST or SECOND.

    """
    message_id = _make_id(sender, recipient, now.isoformat(), repr(content), *unique_texts)
    footer = (
        f"You get this mail because quotas.yaml lists {recipient} under notify. "
        f"Nobody reads replies to this address."
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = content.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if thread:
        # No mail has this id. Mail clients group mails that refer to the same one.
        message["References"] = _make_id(sender, "thread", thread)
    # RFC 3834: no automatic reply, such as a holiday notice, comes back.
    message["Auto-Submitted"] = "auto-generated"
    text = render_text(content, footer)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(render_html(content, footer), subtype="html", cte="quoted-printable")
    # The default boundary is random. This one depends on the mail, so equal mails are equal bytes.
    message.set_boundary(f"=_{_digest(message_id, text)}")
    return Mail(recipient, content.subject, message_id, message.as_bytes(), priority=priority)


def _make_id(sender: Address, *parts: str) -> str:
    return f"<{_digest(*parts)}@{sender.domain}>"


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    # Labels can hold single surrogates, which UTF-8 cannot encode.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:40]
