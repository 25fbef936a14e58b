import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from quotas import names
from tests.unit.webhook.mails import Page, compose, open_mail, read
from tests.unit.webhook.samples import ADDRESSES, NOW, usage
from webhook.alerts.payload import FIRING, Alert
from webhook.text import COLUMNS


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


@given(
    labels=st.dictionaries(st.sampled_from(["quota", "period", "service", "x"]), any_text),
    name=st.sampled_from([names.USAGE_ALERT, names.FORECAST_ALERT, "Other"]) | any_text,
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
