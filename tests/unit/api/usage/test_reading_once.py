"""The entries of all quotas are read and decoded once for all pages, orders, filters and scopes."""

import pytest
import responses

from api.access import ALL, Scope
from api.clients.cache import Cache
from api.clients.range_cache import Upstream
from api.usage import entries
from api.usage.entries import Facts, read_entries
from api.usage.model import Entry
from api.windows import to_ms
from quotas.model import QuotaFile
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Prometheus
from tests.unit.api.answers import INSTANT_URL, URL, client_at, vector
from tests.unit.api.usage.test_entries import MONTH, NOW, fact

FRESH_SECONDS = 5


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """Return what entries were made of, each time."""
    found: list[Facts] = []
    make = entries._make_entries

    def remember(facts: Facts, quotas: QuotaFile) -> list[Entry]:
        found.append(facts)
        return make(facts, quotas)

    monkeypatch.setattr(entries, "_make_entries", remember)
    return found


@responses.activate
def test_pages_orders_and_filters_share_what_was_decoded(made: list[Facts]) -> None:
    responses.post(
        INSTANT_URL, json=vector(*(fact("used", n, **MONTH, n=f"{n}") for n in range(9)))
    )
    client = client_at(NOW)
    for query in ("", "?page=2&page_size=2", "?sort=name", "?state=ok", "?label=n:3"):
        assert client.get(f"/api/v1/quotas{query}").status_code == 200
    assert len(made) == len(responses.calls) == 1


@responses.activate
def test_entries_are_read_again_when_they_are_no_longer_fresh(made: list[Facts]) -> None:
    responses.post(INSTANT_URL, json=vector(fact("used", 1, **MONTH)))
    seconds = [0.0]
    upstream = Upstream(Prometheus(Endpoint(URL), 7), Cache(1_000_000, timer=lambda: seconds[0]))
    for now, times in ((0.0, 1), (FRESH_SECONDS - 0.1, 1), (FRESH_SECONDS, 2)):
        seconds[0] = now
        read_entries(upstream, ALL, to_ms(NOW), fresh_seconds=FRESH_SECONDS)
        assert len(made) == times


@responses.activate
def test_each_scope_sees_only_its_own_of_what_was_decoded(made: list[Facts]) -> None:
    services = [fact("used", 1, **MONTH, service=name) for name in ("bun", "brot")]
    responses.post(INSTANT_URL, json=vector(*services))
    upstream = Upstream(Prometheus(Endpoint(URL), 7), Cache(1_000_000))
    for scope, seen in (
        (ALL, ["brot", "bun"]),
        (Scope(services=("bun",)), ["bun"]),
        (Scope(services=("none",)), []),
        (ALL, ["brot", "bun"]),
    ):
        found = read_entries(upstream, scope, to_ms(NOW), fresh_seconds=FRESH_SECONDS)
        assert [entry.labels["service"] for entry in found] == seen
    assert len(made) == 1
