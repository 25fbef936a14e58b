"""Links from a quota's entry to other pages: Prometheus, Alertmanager, and quotas.yaml."""

from api.settings import Links
from api.usage.model import Entry
from quotas import names
from quotas.links import alerts_page, graph_page, silence_page


def make_links(entry: Entry, links: Links) -> dict[str, str]:
    """Return the addresses of pages about an entry, by what they show; only those that are known.

    The keys are ``graph``, ``alerts``, ``silence`` and ``quotas``.
    """
    own = {name: value for name, value in entry.labels.items() if name in names.SELECTOR_LABELS}
    labels = {names.QUOTA: entry.quota, **own}
    found = {}
    if links.prometheus:
        found["graph"] = graph_page(links.prometheus, labels, entry.calendar_name)
    if links.alertmanager:
        found["alerts"] = alerts_page(links.alertmanager, labels)
        found["silence"] = silence_page(links.alertmanager, labels)
    if links.quotas and entry.written is not None and entry.written.line:
        found["quotas"] = f"{links.quotas}#L{entry.written.line}"
    return found
