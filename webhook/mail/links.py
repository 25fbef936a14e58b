"""Where a mail leads: the dashboard, Prometheus, and Alertmanager's page for silences."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from quotas import names
from quotas.promql import select
from webhook.alerts.events import Notice, QuotaNotice
from webhook.alerts.payload import FIRING
from webhook.mail.content import Link

LONGEST_URL = 2_000


@dataclass(frozen=True)
class Addresses:
    """Where people reach the web pages; what is empty is not linked to.

    Without an address of Prometheus, alerts' own links are used, which say where it believes to be.
    """

    dashboard: str = ""
    prometheus: str = ""
    alertmanager: str = ""


def web_url(url: str) -> str:
    """Return an address only where it is one of a web page that mail can carry, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    fit = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    return url if fit and parts.scheme in ("http", "https") and parts.hostname else ""


def make_links(notices: Sequence[Notice], addresses: Addresses) -> tuple[Link, ...]:
    """Return the links of a mail about these notices, the gravest first; each leads to the web."""
    links = [Link("Open the dashboard", addresses.dashboard), _runbook_link(notices[0])]
    if len(notices) == 1:
        links += [_prometheus_link(notices[0], addresses), _silence_link(notices[0], addresses)]
    elif addresses.alertmanager:
        links.append(Link("Open Alertmanager", f"{_base(addresses.alertmanager)}/#/alerts"))
    return tuple(link for link in links if web_url(link.url))


def _runbook_link(notice: Notice) -> Link:
    if notice.alert.status != FIRING:
        return Link("", "")
    return Link("What to do", notice.alert.annotations.get(names.RUNBOOK_URL, ""))


def _prometheus_link(notice: Notice, addresses: Addresses) -> Link:
    label, own = "Open in Prometheus", notice.alert.generator_url
    if not addresses.prometheus:
        return Link(label, own)
    base = _base(addresses.prometheus)
    if isinstance(notice, QuotaNotice):
        query = f"{names.RATIO}{select({names.QUOTA: notice.quota_name})}"
        return Link(label, f"{base}/graph?g0.expr={_escape(query)}&g0.tab=0", f"{base}/graph")
    # The same page of a Prometheus that people can reach.
    parts = urlsplit(own) if web_url(own) else None
    return Link(label, f"{base}/graph?{parts.query}" if parts else f"{base}/alerts", base)


def _silence_link(notice: Notice, addresses: Addresses) -> Link:
    base = _base(addresses.alertmanager)
    if not base or notice.alert.status != FIRING:
        return Link("", "")
    url = f"{base}/#/silences/new?filter={_escape(_matchers(notice))}"
    return Link("Silence this alert", url, f"{base}/#/silences/new")


def _matchers(notice: Notice) -> str:
    labels: Mapping[str, str] = notice.alert.labels
    if isinstance(notice, QuotaNotice):
        telling = ("alertname", names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)
        labels = {name: labels[name] for name in telling if name in labels}
    pairs = (
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items())
    )
    return f"{{{','.join(pairs)}}}"


def _base(address: str) -> str:
    return address.rstrip("/")


def _escape(text: str) -> str:
    # Halves of surrogate pairs, which labels can hold, have no UTF-8.
    return quote(text, safe="", errors="replace")
