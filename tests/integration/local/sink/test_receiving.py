"""What the sink keeps of a mail."""

import re
import smtplib
from datetime import UTC, datetime

import pytest

from local.sink.server import Sink
from local.sink.smtp import MAX_MAIL_BYTES
from tests.integration.local.sink.client import (
    TIMEOUT_SECONDS,
    call,
    compose,
    get_mails,
    send,
    send_raw,
)


def test_a_mail_is_kept_with_its_envelope_headers_and_both_parts(sink: Sink) -> None:
    before = datetime.now(UTC)
    send(sink, compose(Message_ID="<1@example.com>"), ["ops@example.com", "bun@example.com"])
    (mail,) = get_mails(sink)
    received_at = datetime.fromisoformat(mail.pop("received_at"))
    assert before <= received_at <= datetime.now(UTC)
    assert mail.pop("size_bytes") > 300
    assert re.fullmatch(r"\w+", mail.pop("id"))
    assert mail == {
        "envelope_from": "quotas@example.com",
        "envelope_to": ["ops@example.com", "bun@example.com"],
        "message_id": "<1@example.com>",
        "subject": "80 % of bun-egress",
        "from": "Quotas <quotas@example.com>",
        "to": "ops@example.com",
        "cc": "",
        "text": "Plain: 400 GB of 500 GB.\n",
        "html": "<p>HTML: <b>400 GB</b> of 500 GB</p>\n",
    }


def test_encoded_words_and_raw_utf_8_are_decoded(sink: Sink) -> None:
    send(sink, compose("Kontingent überschritten: 100 % 🚦"))
    send_raw(sink, "Subject: größer\r\nFrom: Jürgen <j@example.com>\r\n\r\nfünf\r\n".encode())
    encoded, raw = get_mails(sink)
    assert encoded["subject"] == "Kontingent überschritten: 100 % 🚦"
    assert raw["subject"] == "größer"
    assert raw["from"] == "Jürgen <j@example.com>"
    assert raw["text"] == "fünf\n"


def test_a_mail_to_a_non_ascii_address_is_kept(sink: Sink) -> None:
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.send_message(compose(), to_addrs=["jürgen@example.com"])
    assert get_mails(sink)[0]["envelope_to"] == ["jürgen@example.com"]


def test_the_null_sender_of_a_bounce_is_an_empty_text(sink: Sink) -> None:
    send_raw(sink, b"Subject: bounce\r\n\r\nx\r\n", sender="")
    assert get_mails(sink)[0]["envelope_from"] == ""


def test_a_mail_above_the_size_limit_is_refused_announced_or_not(
    sink: Sink,
) -> None:
    raw = b"Subject: big\r\n\r\n" + (b"x" * 98 + b"\r\n") * (MAX_MAIL_BYTES // 100 + 1)
    with smtplib.SMTP(sink.host, sink.smtp_port, timeout=TIMEOUT_SECONDS) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(MAX_MAIL_BYTES)
        assert client.mail("a@example.com", [f"size={len(raw)}"])[0] == 552
        client.mail("a@example.com")
        client.rcpt("b@example.com")
        assert client.data(raw)[0] == 552
    send(sink, compose("small"))
    assert [mail["subject"] for mail in get_mails(sink)] == ["small"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"\xff\xfe\x00: \xff\r\n\r\n\xff\xff",
        b"Subject: =?nonsense?b?////?=\r\nTo: <<<,,;:@\r\nFrom: =?utf-8?q?=FF?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nqapla\xff",
        b"Content-Type: text/plain; charset*=x'y'%FF\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Message-ID: [\r\nTo: a@b, :;\r\nSubject: a\r\n \tb\x00\x1b[31m\r\n\r\nx",
    ],
)
def test_a_broken_mail_is_kept_and_can_be_shown(sink: Sink, raw: bytes) -> None:
    send_raw(sink, raw)
    (mail,) = get_mails(sink)
    assert call(sink, "GET", f"mail/{mail['id']}").status_code == 200
    assert call(sink, "GET", f"mail/{mail['id']}/html").status_code == 200
    for name in ("subject", "from", "to", "message_id"):
        assert not mail[name] or mail[name].isprintable()
