"""Putting charts into a mail that was written without them."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from webhook.mail.charts.model import Picture
from webhook.mail.rendering import CHART_PLACE, render_chart

# Headers stay as they are, byte for byte.
_POLICY = SMTP.clone(refold_source="none")


class NoPlaceError(Exception):
    """The mail has no place for a chart."""


def attach(content: bytes, message_id: str, *pictures: Picture) -> bytes:
    """Return a mail with charts in its HTML. The same arguments give the same bytes.

    The headers of the mail and its text stay as they are.

    Args:
        content: the whole message.
        message_id: its Message-ID.
        pictures: the charts, at least one, in the order of their places.

    Raises:
        NoPlaceError: the HTML has no place for each of them.

    """
    message = message_from_bytes(content, _class=EmailMessage, policy=_POLICY)
    part = message.get_body(("html",))
    html = part.get_content() if part else ""
    if part is None or html.count(CHART_PLACE) < len(pictures):
        raise NoPlaceError("the mail has no place for a chart")
    name = message_id.strip("<>")
    shown = []
    for number, picture in enumerate(pictures):
        more = f"-{number}" if number else ""
        light_id, dark_id = f"light{more}.{name}", f"dark{more}.{name}"
        html = html.replace(CHART_PLACE, render_chart(light_id, dark_id, picture.words), 1)
        shown += [(light_id, picture.light), (dark_id, picture.dark)]
    part.set_content(html, subtype="html", cte="quoted-printable")
    for content_id, png in shown:
        part.add_related(
            png,
            maintype="image",
            subtype="png",
            cid=f"<{content_id}>",
            disposition="inline",
            filename=f"{content_id.partition('.')[0]}.png",
        )
    # A random boundary would make other bytes each time.
    part.set_boundary("=_chart_" + re.sub(r"\W", "_", name)[:40])
    part.set_param("type", "text/html")
    return message.as_bytes()
