from dataclasses import replace

import pytest

from api.settings import Links, read_settings
from api.usage.links import make_links
from api.usage.model import Entry
from quotas.model import Quota
from quotas.settings import SettingsError

LINKS = Links(
    "https://prometheus.example.com/p", "https://alerts.example.com", "https://git/q.yaml"
)
ENTRY = Entry(
    "each", {"consumer": 'a"b', "team": "x"}, "month@Europe/Berlin", None, None, 1.0, None, None
)


def test_a_link_leads_to_that_entry() -> None:
    written = Quota("each", 10, line=12)
    assert make_links(replace(ENTRY, written=written), LINKS) == {
        "graph": (
            "https://prometheus.example.com/p/graph?g0.expr="
            "quota%3Abandwidth_bytes%3Aused%7Bquota%3D%22each%22%2C%20consumer%3D%22a%5C%22b%22%7D"
            "&g0.tab=0&g0.range_input=5w"
        ),
        "alerts": (
            "https://alerts.example.com/#/alerts?filter="
            "%7Bconsumer%3D%22a%5C%22b%22%2Cquota%3D%22each%22%7D"
        ),
        "silence": (
            "https://alerts.example.com/#/silences/new?filter="
            "%7Bconsumer%3D%22a%5C%22b%22%2Cquota%3D%22each%22%7D"
        ),
        "quotas": "https://git/q.yaml#L12",
    }


def test_there_are_no_links_to_what_is_not_set() -> None:
    assert make_links(ENTRY, Links()) == {}
    assert make_links(ENTRY, LINKS).keys() == {"graph", "alerts", "silence"}


def test_addresses_of_pages_are_checked() -> None:
    environ = {
        "LINK_PROMETHEUS_URL": "none",
        "LINK_ALERTMANAGER_URL": "https://alerts.example.com/",
    }
    assert read_settings(environ).links == Links("", "https://alerts.example.com", "")
    with pytest.raises(SettingsError, match="LINK_QUOTAS_URL"):
        read_settings({"LINK_QUOTAS_URL": "javascript:alert(1)"})
