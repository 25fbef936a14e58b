"""Turn the bytes that arrived over SMTP into a mail that can be shown."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage

from local.sink.mailbox import Mail

# What the email package raises, other than its own errors, on headers and parts that
# break the standard: https://github.com/python/cpython/issues?q=email+is%3Aissue
UNREADABLE = (MessageError, LookupError, ValueError, AttributeError, TypeError)

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def parse_mail(raw: bytes, envelope_from: str, envelope_to: Sequence[str]) -> Mail:
    """Return the mail in these bytes; what is broken in it is left empty or shown undecoded.

    The id is random: after a restart, an old link never shows another mail.
    """
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    return Mail(
        id=secrets.token_hex(5),
        received_at=datetime.now(UTC),
        envelope_from=_printable(envelope_from),
        envelope_to=tuple(_printable(address) for address in envelope_to),
        message_id=_header(message, "Message-ID"),
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        to=_header(message, "To"),
        cc=_header(message, "Cc"),
        text=_body(message, "text/plain"),
        html=_body(message, "text/html"),
        raw=raw,
    )


def embed_pictures(html: str, raw: bytes) -> str:
    """Return HTML in which ``cid:`` addresses of a mail's own pictures are replaced by these.

    A page outside of a mail client has no other way to show them. What cannot be read is left out.
    """
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    for part in message.walk():
        try:
            content_id = str(part.get("Content-ID", "")).strip().strip("<>")
            content = part.get_payload(decode=True)
            kind = part.get_content_type()
        except UNREADABLE:
            continue
        if content_id and kind in _PICTURES and isinstance(content, bytes):
            data = f"data:{kind};base64,{base64.b64encode(content).decode()}"
            html = html.replace(f'"cid:{content_id}"', f'"{data}"')
    return html


def decode(raw: bytes, charset: str = "utf-8") -> str:
    """Return bytes as text; an unknown charset is read as UTF-8, and bad bytes are replaced."""
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return _printable(str(message[name] or "").strip())
    except UNREADABLE:
        undecoded = next(
            (value for key, value in message.raw_items() if key.lower() == name.lower()), ""
        )
        return _printable(str(undecoded))


def _printable(text: str) -> str:
    """Replace control characters and lone surrogates, which have no place in one line of text."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def _body(message: EmailMessage, content_type: str) -> str:
    """Return the first part of this type that is not an attachment, with line feeds alone."""
    try:
        for part in message.walk():
            if part.get_content_type() != content_type or part.is_attachment():
                continue
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                charset = part.get_content_charset("utf-8")
                return decode(payload, charset).replace("\r\n", "\n")
    except UNREADABLE:
        return decode(message.as_bytes()) if content_type == "text/plain" else ""
    return ""
