import os
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas import names
from quotas.model import QuotaFile
from tests.unit.webhook.samples import (
    LETTERHEAD,
    LINKED,
    NOW,
    WANTING,
    Opened,
    forecast,
    open_mail,
    over,
    pipeline,
    usage,
)
from webhook.alerts.events import Notice, read_notices, recipients_of
from webhook.alerts.payload import FIRING, RESOLVED, Alert
from webhook.mail.links import Addresses
from webhook.mail.message import FIRST, SECOND, Letterhead, Mail, compose_mails
from webhook.text import COLUMNS

GOLDEN = Path(__file__).parent / "golden"

CASES = {
    "usage-80": [usage(80, 401_300_000_000, forecast_bytes=480_000_000_000)],
    "usage-90": [usage(90, 450_200_000_000, forecast_bytes=571_000_000_000)],
    "usage-100": [usage(100, 513_650_000_000)],
    "forecast": [forecast()],
    "several": [
        usage(
            threshold,
            used,
            quota="each-consumer",
            limit_bytes=10 * 2**30,
            period="20261124",
            calendar="day",
            consumer=who,
        )
        for threshold, used, who in (
            (80, 8_700_000_000, "small-co"),
            (100, 11_400_000_000, "acme"),
            (90, 10_000_000_000, "big-co"),
        )
    ],
    "usage-over": [over(90)],
    "rolling": [usage(90, calendar="rolling:30d", period="")],
    "pipeline-firing": [pipeline()],
    "pipeline-resolved": [pipeline(RESOLVED)],
}


def compose(
    *alerts: Alert,
    letterhead: Letterhead = LETTERHEAD,
    now: datetime = NOW,
    left_out: int = 0,
    quotas: QuotaFile = WANTING,
) -> tuple[Mail, ...]:
    concerned: dict[str, list[Notice]] = {}
    for notice in read_notices(alerts, quotas, now):
        for recipient in recipients_of(notice, quotas):
            concerned.setdefault(recipient, []).append(notice)
    return compose_mails(concerned, letterhead, now, left_out)


def read(*alerts: Alert, **options: Any) -> Opened:
    return open_mail(compose(*alerts, **options)[0])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_mail_reads_as_its_golden_file(case: str, kind: str) -> None:
    """Run with UPDATE_GOLDEN=1 after a change that is meant, and look at the difference."""
    opened = read(*CASES[case], letterhead=LINKED)
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


def test_the_subject_says_of_which_consumer_a_quota_for_each_is() -> None:
    (mail,) = compose(usage(quota="each-consumer", consumer="acme"))
    assert mail.subject.startswith("[90 %] each-consumer (acme): ")
    assert "each-consumer (acme) has used 90 % of its limit" in open_mail(mail).text
    (mail,) = compose(usage(quota="each-consumer"))
    assert mail.subject.startswith("[90 %] each-consumer (no consumer): ")


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
    names_of_all = [f"each-consumer ({who})" for who in ("acme", "big-co", "small-co")]
    assert mail.subject == "[100 %] 3 alerts: {}, {} and {}".format(*names_of_all)
    assert text.index("acme") < text.index("big-co") < text.index("small-co")


def test_recipients_of_different_alerts_get_only_theirs() -> None:
    mails = {mail.recipient: mail for mail in compose(usage(), pipeline())}
    assert set(mails) == {"bun@example.com", "boss@example.com", "ops@example.com"}
    assert "GatewayScrapeFailing" not in open_mail(mails["bun@example.com"]).text
    assert "bun-egress" not in open_mail(mails["ops@example.com"]).text


def test_a_long_list_is_cut_at_a_hundred_and_says_so() -> None:
    alerts = [usage(90, 450_000_000_000 + n, quota="shared", consumer=f"c{n}.") for n in range(500)]
    (mail,) = compose(*alerts)
    opened = open_mail(mail)
    assert "400 more are not shown" in opened.text
    assert len(Links(opened.html).elements) > 100
    assert "consumer c499." in opened.html
    assert "consumer c400." in opened.html
    assert "consumer c399." not in opened.html
    assert len(mail.content) < 100_000


def test_html_stays_below_what_mail_clients_cut_whatever_the_names() -> None:
    alerts = [
        usage(quota="shared", consumer=f"{n}" + "&" * 200, service="\N{SNOWMAN}" * 200)
        for n in range(200)
    ]
    opened = read(*alerts)
    assert len(opened.html.encode()) < 100_000
    assert "more are not shown" in opened.text


def test_the_largest_ratio_comes_first() -> None:
    alerts = [
        usage(80, 499 * 10**9, quota="b"),
        usage(100, 500 * 10**9, quota="a"),
        usage(80, 401 * 10**9, quota="c"),
    ]
    text = read(*alerts).text
    assert text.index("  a") < text.index("  b") < text.index("  c")


def test_what_alertmanager_left_out_is_said() -> None:
    for alerts in ([usage()], CASES["several"]):
        assert "Alertmanager left out 7 alerts of this group" in " ".join(
            read(*alerts, left_out=7).text.split()
        )
    assert "left out" not in read(usage()).text


def test_all_mails_of_a_quotas_period_refer_to_one_root() -> None:
    first, second = (read(usage(threshold)).headers["References"] for threshold in (80, 100))
    assert first == second
    assert first.endswith("@example.com>")
    assert read(usage(period="202612")).headers["References"] != first
    assert compose(usage(80))[0].message_id != compose(usage(100))[0].message_id != first


def test_several_quotas_are_no_thread() -> None:
    assert read(usage(quota="a"), usage(quota="b")).headers["References"] is None


def test_100_percent_is_delivered_first() -> None:
    assert compose(usage(100))[0].priority == FIRST < compose(usage(90))[0].priority == SECOND
    assert compose(*CASES["several"])[0].priority == FIRST
    assert compose(pipeline())[0].priority == SECOND


def test_the_reset_is_told_in_the_time_zone_of_the_quota() -> None:
    opened = read(usage(calendar="month:15@Europe/Berlin"))
    assert "15 November to 14 December 2026" in opened.headers["Subject"]
    assert "15 December 2026, 00:00 Europe/Berlin" in opened.text
    assert "15 December 2026, 00:00 Europe/Berlin" in opened.html


def test_links_lead_to_dashboard_prometheus_and_silences() -> None:
    opened = read(usage(consumer='a"b'), letterhead=LINKED)
    dashboard, prometheus, silence = Links(opened.html).targets
    assert dashboard == "https://grafana.example.com/d/quotas"
    assert prometheus.startswith("https://prometheus.example.com/graph?g0.expr=quota")
    assert "bun-egress" in unquote(prometheus)
    assert silence.startswith("https://alerts.example.com/#/silences/new?filter=%7B")
    assert 'consumer="a\\"b"' in unquote(silence)
    assert "https://grafana.example.com/d/quotas" in opened.text
    assert "https://alerts.example.com/#/silences/new" in opened.text


def test_none_in_the_place_of_an_address_leaves_its_links_out() -> None:
    nowhere = Addresses(prometheus="none", alertmanager="none")
    opened = read(usage(), letterhead=replace(LINKED, addresses=nowhere))
    assert Links(opened.html).targets == []
    assert "none" not in opened.text


def test_what_is_over_says_so_and_no_number_that_is_not_known() -> None:
    alert = over(90)
    mail = compose(alert)[0]
    opened = open_mail(mail)
    assert mail.subject == "[resolved] bun-egress: below 90 % of 500 GB again, November 2026"
    assert "360.2 GB" not in opened.text + opened.html
    assert "This is over" in opened.text
    assert mail.priority == SECOND


def test_a_rolling_window_names_itself_and_no_reset() -> None:
    opened = read(usage(calendar="rolling:30d", period=""))
    assert "the last 30 d" in opened.text
    assert "Resets" not in opened.text


def test_the_same_alerts_are_the_same_bytes() -> None:
    assert compose(usage()) == compose(usage())


def test_a_message_id_is_that_of_one_mail() -> None:
    first = compose(usage())[0].message_id
    later = compose(usage(), now=NOW + timedelta(seconds=1))[0].message_id
    assert len({first, later, compose(usage(100))[0].message_id}) == 3
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
        html = read(*alerts, letterhead=LINKED).html
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
    for mail in (*compose(alert, usage(quota="shared")), *compose(alert, letterhead=LINKED)):
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
        assert all(target.startswith("http") for target in Links(opened.html).targets)
