"""The links of a mail: dashboard, runbook, Prometheus, and Alertmanager's page for silences."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from quotas import names
from quotas.links import base_of, graph_page, silence_page
from webhook.alerts.events import Event, QuotaEvent
from webhook.alerts.payload import FIRING
from webhook.dashboard_pages import quota_page
from webhook.mail.content import MailLink
from webhook.mail.wording import LONGEST_NAME, name_event
from webhook.settings import Addresses
from webhook.text import clean_name, shorten, web_url

# The labels that identify the alerts of one entry and period, whatever their threshold.
_QUOTA_MATCHERS = ("alertname", names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)
LONGEST_BUTTON = 48


def make_button(events: Sequence[Event], addresses: Addresses) -> MailLink | None:
    """Return the link to the page of the dashboard about these events; None without an address.

    It is the page of a quota's entry, that of a quota if several entries are concerned, or else the
    overview.
    """
    if not addresses.dashboard:
        return None
    base, label = addresses.dashboard, "Open the dashboard"
    quotas = {event.quota_name for event in events if isinstance(event, QuotaEvent)}
    if len(quotas) != 1 or not all(isinstance(event, QuotaEvent) for event in events):
        return MailLink(label, base)
    if len(events) == 1:
        url = page_of(events[0], addresses)
        return MailLink(_open(name_event(events[0])), url, base)
    quota_name = quotas.pop()
    name = clean_name(quota_name, LONGEST_NAME) or "the quota"
    return MailLink(_open(name), quota_page(base, quota_name, {}), base)


def _open(name: str) -> str:
    return shorten(f"Open {name}", LONGEST_BUTTON)


def page_of(event: Event, addresses: Addresses) -> str:
    """Return the address of the dashboard's page about an event; empty if there is none."""
    if not (addresses.dashboard and isinstance(event, QuotaEvent)):
        return ""
    labels = event.alert.labels
    entry = {name: labels.get(name, "") for name in _entry_labels(event)}
    return quota_page(addresses.dashboard, event.quota_name, entry)


def _entry_labels(event: QuotaEvent) -> Sequence[str]:
    return [name for name in names.SELECTOR_LABELS if name in event.for_each_values]


def make_links(events: Sequence[Event], addresses: Addresses) -> tuple[MailLink, ...]:
    """Return the links below a mail about these events, most severe first."""
    links = [_runbook_link(events[0])]
    if len(events) == 1:
        links.append(_prometheus_link(events[0], addresses))
    links.append(_silence_link(events, addresses))
    return tuple(link for link in links if web_url(link.url))


def _runbook_link(event: Event) -> MailLink:
    if event.alert.status != FIRING:
        return MailLink("", "")
    return MailLink("What to do", event.alert.annotations.get(names.RUNBOOK_URL, ""))


def _prometheus_link(event: Event, addresses: Addresses) -> MailLink:
    label, generator_url = "Open in Prometheus", event.alert.generator_url
    if not addresses.prometheus:
        return MailLink(label, generator_url)
    base = base_of(addresses.prometheus)
    if isinstance(event, QuotaEvent):
        labels = {names.QUOTA: event.quota_name} | {
            name: event.alert.labels.get(name, "") for name in event.for_each_values
        }
        return MailLink(label, graph_page(base, labels, event.calendar), f"{base}/graph")
    # The page that the alert links to, at the address by which people reach Prometheus.
    parts = urlsplit(generator_url) if web_url(generator_url) else None
    return MailLink(label, f"{base}/graph?{parts.query}" if parts else f"{base}/alerts", base)


def _silence_link(events: Sequence[Event], addresses: Addresses) -> MailLink:
    """Return a link to a new silence of what the alerts have in common."""
    base = base_of(addresses.alertmanager)
    firing = [event for event in events if event.alert.status == FIRING]
    if not base or not firing:
        return MailLink("", "")
    common = set(_matched(firing[0]).items()).intersection(
        *(_matched(event).items() for event in firing[1:])
    )
    if not common:
        return MailLink("Open Alertmanager", f"{base}/#/alerts")
    label = "Silence this alert" if len(firing) == 1 else "Silence these alerts"
    return MailLink(label, silence_page(base, dict(common)), f"{base}/#/silences/new")


def _matched(event: Event) -> Mapping[str, str]:
    labels: Mapping[str, str] = event.alert.labels
    if isinstance(event, QuotaEvent):
        return {name: labels[name] for name in _QUOTA_MATCHERS if name in labels}
    return labels
