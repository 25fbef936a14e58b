"""The links of a mail: dashboard, runbook, Prometheus, and Alertmanager's page for silences."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

from quotas import names
from quotas.promql import select
from webhook.alerts.events import Event, QuotaEvent
from webhook.alerts.payload import FIRING
from webhook.mail.content import MailLink
from webhook.settings import Addresses
from webhook.text import web_url

# The labels that identify the alerts of one entry and period, whatever their threshold.
_QUOTA_MATCHERS = ("alertname", names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)


def make_links(events: Sequence[Event], addresses: Addresses) -> tuple[MailLink, ...]:
    """Return the links of a mail about these events, most severe first. All are web addresses."""
    links = [MailLink("Open the dashboard", addresses.dashboard), _runbook_link(events[0])]
    if len(events) == 1:
        links += [_prometheus_link(events[0], addresses), _silence_link(events[0], addresses)]
    elif addresses.alertmanager:
        links.append(MailLink("Open Alertmanager", f"{_base(addresses.alertmanager)}/#/alerts"))
    return tuple(link for link in links if web_url(link.url))


def _runbook_link(event: Event) -> MailLink:
    if event.alert.status != FIRING:
        return MailLink("", "")
    return MailLink("What to do", event.alert.annotations.get(names.RUNBOOK_URL, ""))


def _prometheus_link(event: Event, addresses: Addresses) -> MailLink:
    label, generator_url = "Open in Prometheus", event.alert.generator_url
    if not addresses.prometheus:
        return MailLink(label, generator_url)
    base = _base(addresses.prometheus)
    if isinstance(event, QuotaEvent):
        query = f"{names.RATIO}{select({names.QUOTA: event.quota_name})}"
        return MailLink(label, f"{base}/graph?g0.expr={_escape(query)}&g0.tab=0", f"{base}/graph")
    # The page that the alert links to, at the address by which people reach Prometheus.
    parts = urlsplit(generator_url) if web_url(generator_url) else None
    return MailLink(label, f"{base}/graph?{parts.query}" if parts else f"{base}/alerts", base)


def _silence_link(event: Event, addresses: Addresses) -> MailLink:
    base = _base(addresses.alertmanager)
    if not base or event.alert.status != FIRING:
        return MailLink("", "")
    url = f"{base}/#/silences/new?filter={_escape(_matchers(event))}"
    return MailLink("Silence this alert", url, f"{base}/#/silences/new")


def _matchers(event: Event) -> str:
    labels: Mapping[str, str] = event.alert.labels
    if isinstance(event, QuotaEvent):
        labels = {name: labels[name] for name in _QUOTA_MATCHERS if name in labels}
    pairs = (
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items())
    )
    return f"{{{','.join(pairs)}}}"


def _base(address: str) -> str:
    return address.rstrip("/")


def _escape(text: str) -> str:
    # Labels can hold single surrogates, which have no UTF-8.
    return quote(text, safe="", errors="replace")
