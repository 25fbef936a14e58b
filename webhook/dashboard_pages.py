"""The addresses of the dashboard's pages, which mails link to."""

from collections.abc import Mapping

from quotas import names
from quotas.links import escape
from webhook.text import web_url

# How the dashboard names labels of the series, if otherwise.
_PUBLIC = {names.DIRECTION: "type"}


def quota_page(dashboard: str, quota_name: str, entry: Mapping[str, str]) -> str:
    """Return the address of the page about a quota, or about the entry with these labels.

    Args:
        dashboard: the address of the dashboard. If it is empty, so is that of the page.
        quota_name: the quota.
        entry: the labels that tell the entry apart; empty for the quota as a whole.

    """
    if not dashboard:
        return ""
    page = f"{dashboard.partition('#')[0]}#/quotas/{escape(quota_name)}"
    query = "&".join(f"{_PUBLIC.get(name, name)}={escape(value)}" for name, value in entry.items())
    url = f"{page}?{query}" if query else page
    return url if web_url(url) else web_url(page)
