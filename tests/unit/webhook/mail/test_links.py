"""Where a mail leads; what else it links to is tested with the mails."""

from dataclasses import replace

import pytest

from quotas import names
from tests.unit.webhook.samples import LINKED, NOW, QUOTAS, pipeline, usage
from webhook.alerts.events import read_notices
from webhook.alerts.payload import RESOLVED, Alert
from webhook.mail.content import Link
from webhook.mail.links import make_links

RUNBOOK = "https://wiki.example.com/operations#bandwidthquotausage"


def explained(alert: Alert, url: str = RUNBOOK) -> Alert:
    return replace(alert, annotations={**alert.annotations, names.RUNBOOK_URL: url})


def links_to(*alerts: Alert) -> tuple[Link, ...]:
    wanting = replace(QUOTAS, notify_resolved=True)
    return make_links(read_notices(alerts, wanting, NOW), LINKED.addresses)


def test_an_alert_that_says_where_is_linked_to_what_to_do() -> None:
    for alert in (usage(), pipeline()):
        assert Link("What to do", RUNBOOK) in links_to(explained(alert))
        assert "What to do" not in [link.label for link in links_to(alert)]


def test_of_several_alerts_what_to_do_about_the_gravest_is_linked() -> None:
    gravest = explained(usage(100, 510_000_000_000))
    other = explained(pipeline(), "https://wiki.example.com/operations#gatewayscrapefailing")
    assert [link.url for link in links_to(other, gravest) if link.label == "What to do"] == [
        RUNBOOK
    ]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/operations", "", "http://x/ y"])
def test_only_a_web_page_is_linked_to_what_to_do(url: str) -> None:
    assert "What to do" not in [link.label for link in links_to(explained(usage(), url))]


def test_what_is_over_needs_nothing_to_be_done() -> None:
    links = links_to(explained(pipeline(RESOLVED)))
    assert links
    assert "What to do" not in [link.label for link in links]
