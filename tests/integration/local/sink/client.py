"""Send mail to a sink, and ask its API."""

import smtplib
from email.message import EmailMessage
from typing import Any

import requests

from local.sink.server import Sink

TIMEOUT_SECONDS = 10


def compose(
    subject: str = "80 % of bun-egress",
    *,
    text: str = "Plain: 400 GB of 500 GB.",
    html: str = "<p>HTML: <b>400 GB</b> of 500 GB</p>",
    **headers: str,
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Quotas <quotas@example.com>"
    message["To"] = "ops@example.com"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def send(sink: Sink, message: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.send_message(message, to_addrs=to)


def send_raw(sink: Sink, raw: bytes, sender: str = "a@example.com") -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.sendmail(sender, ["b@example.com"], raw)


def call(sink: Sink, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, sink.page_url + path, timeout=TIMEOUT_SECONDS, **options)


def get_mails(sink: Sink) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = call(sink, "GET", "api/mails").json()
    return mails
