import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas import names
from tests.unit.webhook.samples import (
    NOW,
    QUOTAS,
    SENDER,
    Opened,
    forecast,
    open_mail,
    pipeline,
    usage,
)
from webhook.mails import Mail, compose_mails
from webhook.payload import FIRING, RESOLVED, Alert
from webhook.texts import COLUMNS

GOLDEN = Path(__file__).parent / "golden"

CASES = {
    "usage-80": [usage(80, 401_300_000_000)],
    "usage-90": [usage(90, 450_200_000_000)],
    "usage-100": [usage(100, 513_650_000_000)],
    "forecast": [forecast()],
    "several": [
        usage(threshold, used, quota="shared", limit_bytes=10 * 2**30, period="20261124", **who)
        for threshold, used, who in (
            (80, 8_700_000_000, {"consumer": "small-co"}),
            (100, 11_400_000_000, {"consumer": "acme"}),
            (90, 10_000_000_000, {"consumer": "big-co"}),
        )
    ],
    "pipeline-firing": [pipeline()],
    "pipeline-resolved": [pipeline(RESOLVED)],
}


def compose(*alerts: Alert) -> tuple[Mail, ...]:
    return compose_mails(alerts, QUOTAS, SENDER, NOW)


def read(*alerts: Alert) -> Opened:
    return open_mail(compose(*alerts)[0])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_mail_reads_as_its_golden_file(case: str, kind: str) -> None:
    """Run with UPDATE_GOLDEN=1 after a change that is meant, and look at the difference."""
    opened = read(*CASES[case])
    found = f"Subject: {opened.headers['Subject']}\n\n{opened.text}"
    if kind == "html":
        found = opened.html
    path = GOLDEN / f"{case}.{kind}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_the_subject_says_what_happened() -> None:
    assert compose(usage())[0].subject == (
        "[90 %] bun-egress: 450.2 GB of 500 GB used, November 2026"
    )


def test_a_byte_less_than_the_limit_reads_as_less_than_the_limit() -> None:
    opened = read(usage(90, 499_999_999_999))
    assert "499.9 GB of 500 GB used" in opened.headers["Subject"]
    assert "99.9 % of its limit" in opened.text
    assert "100 % of its limit" not in opened.text + opened.html


def test_text_and_html_say_the_same() -> None:
    opened = read(usage())
    for words in (
        "responses to clients (egress) of service bun-service",
        "450,200,000,000 bytes",
        "49.8 GB",
        "1 December 2026, 00:00 UTC",
        "Warning",
    ):
        assert words in opened.text
        assert words in opened.html


def test_each_recipient_gets_one_mail_of_their_own() -> None:
    mails = compose(usage())
    assert [mail.recipient for mail in mails] == ["bun@example.com", "boss@example.com"]
    assert [open_mail(mail).headers["To"] for mail in mails] == [mail.recipient for mail in mails]
    assert len({mail.message_id for mail in mails}) == 2


def test_several_alerts_are_one_mail_with_the_highest_first() -> None:
    (mail,) = compose(*CASES["several"])
    text = open_mail(mail).text
    assert mail.subject == "[100 %] 3 alerts: shared"
    assert text.index("acme") < text.index("big-co") < text.index("small-co")


def test_recipients_of_different_alerts_get_only_theirs() -> None:
    mails = {mail.recipient: mail for mail in compose(usage(), pipeline())}
    assert set(mails) == {"bun@example.com", "boss@example.com", "ops@example.com"}
    assert "GatewayScrapeFailing" not in open_mail(mails["bun@example.com"]).text
    assert "bun-egress" not in open_mail(mails["ops@example.com"]).text


def test_a_long_list_is_cut_and_says_so() -> None:
    alerts = [usage(quota="shared", consumer=f"c{number}") for number in range(500)]
    (mail,) = compose(*alerts)
    assert "480 more are not shown" in open_mail(mail).text
    assert len(mail.content) < 40_000


def test_the_same_alerts_are_the_same_bytes() -> None:
    assert compose(usage()) == compose(usage())


def test_a_message_id_lasts_a_day_and_is_that_of_one_alert() -> None:
    first = compose(usage())[0].message_id
    soon, later = (
        compose_mails([usage()], QUOTAS, SENDER, NOW + timedelta(hours=hours))[0].message_id
        for hours in (1, 24)
    )
    assert first == soon != later
    assert compose(usage(100))[0].message_id != first
    assert first.endswith("@example.com>")


def test_a_mail_has_the_headers_of_a_machines_mail() -> None:
    headers = read(usage()).headers
    assert headers["From"] == "Gateway quotas <quotas@example.com>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Date"] == "Tue, 24 Nov 2026 13:37:00 +0000"
    assert headers.get_content_type() == "multipart/alternative"
    assert not headers.defects


class Links(HTMLParser):
    """Collects where a page points, and the names of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.elements: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "http://", "//x", "http://[", "ftp://x/"]
)
def test_only_web_links_are_shown(url: str) -> None:
    alert = usage()
    html = read(Alert(FIRING, alert.labels, alert.annotations, generator_url=url)).html
    assert Links(html).targets == []


def test_a_web_link_is_shown() -> None:
    opened = read(usage())
    assert Links(opened.html).targets == [usage().generator_url]
    assert usage().generator_url in opened.text


def test_html_loads_nothing_and_runs_nothing() -> None:
    for alerts in CASES.values():
        html = read(*alerts).html
        assert not {"script", "img", "link", "iframe", "form"} & set(Links(html).elements)
        assert "url(" not in html
        assert len(html) < 20_000


def test_markup_in_an_alert_stays_text() -> None:
    hostile = '<img src=x onerror="alert(1)">{{ 7 * 7 }}'
    alert = Alert(FIRING, {"alertname": hostile}, {names.SUMMARY: hostile, "description": hostile})
    opened = read(alert)
    assert "img" not in Links(opened.html).elements
    assert hostile in opened.text.replace("\n", " ")


any_text = st.text(st.characters(exclude_categories=()), max_size=120)


@given(
    labels=st.dictionaries(st.sampled_from(["quota", "period", "service", "x"]), any_text),
    name=st.sampled_from([names.USAGE_ALERT, names.FORECAST_ALERT, "Other"]) | any_text,
    annotations=st.dictionaries(st.sampled_from([names.SUMMARY, names.DESCRIPTION]), any_text),
    used_bytes=st.integers(0, 10**18),
    limit_bytes=st.integers(1, 10**18),
    url=any_text | any_text.map("http://example.com/{}".format),
)
def test_no_alert_breaks_a_mail(
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
    for mail in compose(alert, usage(quota="shared")):
        head = mail.content.partition(b"\r\n\r\n")[0]
        fields = re.split(rb"\r\n(?![ \t])", head)
        assert [field.partition(b":")[0] for field in fields] == [
            b"From",
            b"To",
            b"Subject",
            b"Date",
            b"Message-ID",
            b"Auto-Submitted",
            b"MIME-Version",
            b"Content-Type",
        ]
        assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
        opened = open_mail(mail)
        assert all(len(line) <= COLUMNS for line in opened.text.splitlines())
        assert all(target.startswith("http") for target in Links(opened.html).targets)
