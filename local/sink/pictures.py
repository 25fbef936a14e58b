"""The pictures that come with a mail, shown within its HTML."""

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage

from local.sink.parsing import UNREADABLE

_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


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
        if content_id and kind in _TYPES and isinstance(content, bytes):
            data = f"data:{kind};base64,{base64.b64encode(content).decode()}"
            html = html.replace(f'"cid:{content_id}"', f'"{data}"')
    return html
