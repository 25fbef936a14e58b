"""Whole messages (RFC 5322) from the content of a mail, one for each recipient."""

import hashlib
import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from webhook.mail.content import MailContent
from webhook.mail.rendering import render_html, render_text
from webhook.store.outbox import SECOND, Mail
from webhook.text import COLUMNS

_CRLF = "\r\n"


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
    footer = _make_footer(recipient, is_test=bool(content.test_note))
    text = render_text(content, footer)
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(render_html(content, footer), subtype="html", cte="quoted-printable")
    for attachment in content.attachments:
        message.add_attachment(
            attachment.content,
            maintype="text",
            subtype="csv",
            filename=attachment.file_name,
            params={"charset": "utf-8"},
        )
    # Default boundaries are random. These depend on the mail, so equal mails are equal bytes.
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{_digest(message_id, text, *['inner'] * number)}")
    thread_id = _make_id(sender, "thread", thread) if thread else ""
    headers = _make_headers(
        content.subject, recipient, sender, now, message_id, thread_id=thread_id
    )
    whole = encode_headers(headers) + message.as_bytes()
    return Mail(recipient, content.subject, message_id, whole, priority=priority)


def make_plain_mail(
    subject: str, lines: Iterable[str], recipient: str, sender: Address, now: datetime
) -> Mail:
    """Return a mail of these lines, for events that cannot be shown in any better way.

    It uses no template and formats nothing, so that nothing in an alert can make it fail.
    """
    paragraphs = [subject, *lines, f"-- \n{_make_footer(recipient)}"]
    text = "\n\n".join(paragraphs) + "\n"
    message_id = _make_id(sender, recipient, now.isoformat(), text)
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte="quoted-printable")
    headers = _make_headers(subject, recipient, sender, now, message_id)
    whole = encode_headers(headers) + message.as_bytes()
    return Mail(recipient, subject, message_id, whole)


def encode_headers(headers: Mapping[str, str | Address]) -> bytes:
    """Return header fields as bytes, from which every reader decodes exactly these texts.

    Texts must be single lines, as from ``clean_line``. A text that looks like an encoded word
    (RFC 2047), such as ``=?utf-8?q?=0D=0A?=``, is itself encoded, so that readers show it as it
    is. (An ``EmailMessage`` would decode it, and send a header with a line break, or fail.)
    """
    lines = (_encode_header(name, text) + _CRLF for name, text in headers.items())
    return "".join(lines).encode("ascii")


def _encode_header(name: str, text: str | Address) -> str:
    address = ""
    if isinstance(text, Address):
        # An encoded word may replace a display name, but neither its quotes nor the address.
        is_plain = text.display_name.isascii() and "=?" not in text.display_name
        address = "" if is_plain else f" <{text.addr_spec}>"
        text = formataddr((text.display_name, text.addr_spec)) if is_plain else text.display_name
    if text.isascii() and "=?" not in text:
        lines = textwrap.wrap(
            text,
            COLUMNS,
            initial_indent=f"{name}: ",
            subsequent_indent=" ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        return _CRLF.join(lines) or f"{name}: "
    return f"{name}: {Header(text, 'utf-8', header_name=name).encode(linesep=_CRLF)}{address}"


def _make_headers(
    subject: str,
    recipient: str,
    sender: Address,
    now: datetime,
    message_id: str,
    *,
    thread_id: str = "",
) -> dict[str, str | Address]:
    return {
        "From": sender,
        "To": recipient,
        "Subject": subject,
        "Date": format_datetime(now),
        "Message-ID": message_id,
        # No mail has this id. Mail clients group mails that refer to the same one.
        **({"References": thread_id} if thread_id else {}),
        # RFC 3834: no automatic reply, such as a holiday notice, comes back.
        "Auto-Submitted": "auto-generated",
    }


def _make_footer(recipient: str, *, is_test: bool = False) -> str:
    reason = f"You get this mail because quotas.yaml lists {recipient} under notify."
    if is_test:
        reason = f"An operator has sent this test mail to {recipient}."
    return f"{reason} Nobody reads replies to this address."


def _make_id(sender: Address, *parts: str) -> str:
    return f"<{_digest(*parts)}@{sender.domain}>"


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    # Labels can hold single surrogates, which UTF-8 cannot encode.
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:40]
