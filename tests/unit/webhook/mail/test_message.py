import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas import names
from tests.unit.webhook.mails import Page, compose, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, NOW, usage
from webhook.alerts.payload import FIRING, Alert
from webhook.mail.message import encode_headers
from webhook.text import COLUMNS, clean_line


def test_the_same_alerts_give_the_same_bytes() -> None:
    assert compose(usage()) == compose(usage())


def test_different_mails_have_different_message_ids() -> None:
    first = compose(usage())[0].message_id
    later = compose(usage(), now=NOW + timedelta(seconds=1))[0].message_id
    assert len({first, later, compose(usage(100))[0].message_id}) == 3
    assert first.endswith("@example.com>")


def test_the_headers_are_those_of_an_automatic_mail() -> None:
    headers = read(usage()).headers
    assert headers["From"] == "Gateway quotas <quotas@example.com>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Date"] == "Tue, 24 Nov 2026 13:37:00 +0000"
    assert headers.get_content_type() == "multipart/alternative"
    assert not headers.defects


any_text = st.text(st.characters(exclude_categories=()), max_size=120)
# Texts that look like encoded words (RFC 2047), whole or broken.
encoded_word = st.builds(
    "{}=?{}?{}?{}?={}".format,
    st.text(max_size=9),
    st.sampled_from(["utf-8", "UTF-8*en", "iso-8859-1", "x-unknown", ""]) | any_text,
    st.sampled_from(["q", "b", "Q", "B", "x"]),
    st.sampled_from(["=00", "=0D=0AReply-To:_evil@example.com", "DQpCY2M6", "=", "a b"]) | any_text,
    st.text(max_size=9),
)
header_text = (any_text | encoded_word).map(clean_line)


@given(text=header_text, name=st.sampled_from(["Subject", "X-Text"]))
def test_every_text_is_literal_in_a_header(text: str, name: str) -> None:
    head = encode_headers({name: text})
    assert head.isascii()
    lines = head.split(b"\r\n")
    assert lines.pop() == b""
    assert all(line.startswith(b" ") for line in lines[1:])
    assert not re.search(rb"[\x00-\x1f\x7f]", b"".join(lines))
    assert message_from_bytes(head + b"\r\n", policy=policy.default)[name] == text
    undecoded = message_from_bytes(head + b"\r\n", policy=policy.compat32)[name]
    assert str(make_header(decode_header(undecoded))) == text


@given(name=st.text(st.characters(exclude_categories=("C", "Z")), max_size=90) | st.just("=?"))
def test_every_name_of_a_sender_is_literal(name: str) -> None:
    head = encode_headers({"From": Address(name, "quotas", "example.com")})
    undecoded = message_from_bytes(head, policy=policy.compat32)["From"]
    display_name, address = parseaddr(undecoded)
    assert address == "quotas@example.com"
    decoded = str(make_header(decode_header(display_name)))
    assert decoded == name


@pytest.mark.parametrize(
    "hostile",
    ["=?utf-8?q?=00?=", "=?utf-8?q?x=0D=0AReply-To:_evil@example.com?=", "=?utf-8?b?DQpCY2M6?="],
)
def test_an_encoded_word_in_an_alert_stays_text(hostile: str) -> None:
    for alert in (
        Alert(FIRING, {"alertname": hostile}, {names.SUMMARY: hostile}),
        usage(quota=hostile),
        usage(quota="each-consumer", consumer=hostile),
    ):
        (mail, *_) = compose(alert)
        headers = open_mail(mail).headers
        assert hostile in headers["Subject"]
        assert headers["Reply-To"] is None
        assert headers["Bcc"] is None
        assert hostile in open_mail(mail).text.replace("\n", " ")


@given(
    labels=st.dictionaries(
        st.sampled_from(["quota", "period", "service", "x"]), any_text | encoded_word
    ),
    name=st.sampled_from([names.USAGE_ALERT, names.FORECAST_ALERT, "Other"])
    | any_text
    | encoded_word,
    annotations=st.dictionaries(st.sampled_from([names.SUMMARY, names.DESCRIPTION]), any_text),
    used_bytes=st.integers(0, 10**18),
    limit_bytes=st.integers(1, 10**18),
    url=any_text | any_text.map("http://example.com/{}".format),
)
def test_no_alert_adds_a_header_or_makes_a_line_too_long(
    *,
    labels: dict[str, str],
    name: str,
    annotations: dict[str, str],
    used_bytes: int,
    limit_bytes: int,
    url: str,
) -> None:
    alert = Alert(
        FIRING,
        {"alertname": name, names.THRESHOLD: "90"} | labels,
        annotations
        | {
            names.USED_BYTES: str(used_bytes),
            names.LIMIT_BYTES: str(limit_bytes),
            names.FORECAST_BYTES: str(limit_bytes),
        },
        generator_url=url,
    )
    for mail in (*compose(alert, usage(quota="shared")), *compose(alert, addresses=ADDRESSES)):
        head = mail.content.partition(b"\r\n\r\n")[0]
        fields = re.split(rb"\r\n(?![ \t])", head)
        assert [field.partition(b":")[0] for field in fields] == [
            b"From",
            b"To",
            b"Subject",
            b"Date",
            b"Message-ID",
            *([b"References"] if b"\r\nReferences:" in head else []),
            b"Auto-Submitted",
            b"MIME-Version",
            b"Content-Type",
        ]
        assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
        opened = open_mail(mail)
        assert all(len(line) <= COLUMNS for line in opened.text.splitlines())
        assert all(target.startswith("http") for target in Page(opened.html).targets)
