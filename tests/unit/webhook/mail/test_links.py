from dataclasses import replace
from urllib.parse import parse_qs, unquote

import pytest

from quotas import names
from tests.unit.webhook.mails import Page, read
from tests.unit.webhook.samples import ADDRESSES, NOW, QUOTAS, pipeline, usage
from webhook.alerts.payload import FIRING, RESOLVED, Alert
from webhook.mail.content import MailLink
from webhook.mail.links import make_links
from webhook.recipients import select_events
from webhook.settings import Addresses

RUNBOOK = "https://wiki.example.com/operations#bandwidthquotausage"


def with_runbook(alert: Alert, url: str = RUNBOOK) -> Alert:
    return replace(alert, annotations={**alert.annotations, names.RUNBOOK_URL: url})


def links_of(*alerts: Alert) -> tuple[MailLink, ...]:
    quotas = replace(QUOTAS, notify_resolved=True)
    return make_links(select_events(alerts, quotas, NOW), ADDRESSES)


def test_a_firing_alert_with_a_runbook_has_a_link_to_it() -> None:
    for alert in (usage(), pipeline()):
        assert MailLink("What to do", RUNBOOK) in links_of(with_runbook(alert))
        assert "What to do" not in [link.label for link in links_of(alert)]


def test_a_mail_about_several_alerts_has_the_runbook_of_the_most_severe() -> None:
    most_severe = with_runbook(usage(100, 510_000_000_000))
    other = with_runbook(pipeline(), "https://wiki.example.com/operations#gatewayscrapefailing")
    links = links_of(other, most_severe)
    assert [link.url for link in links if link.label == "What to do"] == [RUNBOOK]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/operations", "", "http://x/ y"])
def test_a_runbook_that_is_not_a_web_address_is_ignored(url: str) -> None:
    assert "What to do" not in [link.label for link in links_of(with_runbook(usage(), url))]


def test_a_resolved_alert_has_no_link_to_its_runbook() -> None:
    links = links_of(with_runbook(pipeline(RESOLVED)))
    assert links
    assert "What to do" not in [link.label for link in links]


def test_a_mail_links_to_dashboard_prometheus_and_silences() -> None:
    opened = read(usage(quota="each-consumer", consumer='a"b'), addresses=ADDRESSES)
    dashboard, prometheus, silence = Page(opened.html).targets
    assert dashboard == "https://grafana.example.com/d/quotas#/quotas/each-consumer?consumer=a%22b"
    assert prometheus.startswith("https://prometheus.example.com/graph?g0.expr=quota")
    assert 'used{quota="each-consumer", consumer="a\\"b"}' in unquote(prometheus)
    assert prometheus.endswith("&g0.tab=0&g0.range_input=5w")
    assert silence.startswith("https://alerts.example.com/#/silences/new?filter=%7B")
    assert 'consumer="a\\"b"' in unquote(silence)
    assert "https://grafana.example.com/d/quotas" in opened.text
    assert "https://alerts.example.com/#/silences/new" in opened.text


@pytest.mark.parametrize("consumer", ["", "ä/&?#=% ", "\ud800", "x" * 3_000])
def test_the_button_leads_to_the_entry_whatever_its_labels_hold(consumer: str) -> None:
    opened = read(usage(quota="each-consumer", consumer=consumer), addresses=ADDRESSES)
    page, _, query = Page(opened.html).targets[0].partition("?")
    assert page == "https://grafana.example.com/d/quotas#/quotas/each-consumer"
    assert query.isascii()
    if 0 < len(consumer) < 100:
        expected = consumer.replace("\ud800", "?")
        assert parse_qs(query) == {"consumer": [expected]}


def test_a_silence_of_several_alerts_covers_what_they_have_in_common() -> None:
    alerts = [usage(90, quota="each-consumer", consumer=who) for who in ("acme", "big-co")]
    (link,) = [link for link in links_of(*alerts) if "silences/new" in link.url]
    assert link.label == "Silence these alerts"
    assert unquote(link.url).endswith(
        '{alertname="BandwidthQuotaUsage",period="202611",quota="each-consumer"}'
    )


def test_alerts_with_nothing_in_common_link_to_all_alerts() -> None:
    links = links_of(Alert(FIRING, {"alertname": "a"}), Alert(FIRING, {"alertname": "b"}))
    assert links == (MailLink("Open Alertmanager", "https://alerts.example.com/#/alerts"),)


def test_none_as_an_address_removes_its_links() -> None:
    opened = read(usage(), addresses=Addresses(prometheus="none", alertmanager="none"))
    assert Page(opened.html).targets == []
    assert "none" not in opened.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "http://", "//x", "http://[", "ftp://x/"]
)
def test_an_alerts_own_link_is_ignored_unless_it_is_a_web_address(url: str) -> None:
    alert = usage()
    html = read(Alert(FIRING, alert.labels, alert.annotations, generator_url=url)).html
    assert Page(html).targets == []


def test_without_an_address_of_prometheus_the_alerts_own_link_is_shown() -> None:
    opened = read(usage())
    assert Page(opened.html).targets == [usage().generator_url]
    assert usage().generator_url in opened.text
