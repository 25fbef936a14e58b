"""Labels that an engine adds to all series, and several replicas, leave a quota as it is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from api import create_app
from bench.support.remote_write import Series, write
from quotas import names
from quotas.calendars import MONTH, period_at
from quotas.model import Match, Quota
from quotas.prometheus.endpoint import Endpoint
from tests.integration.support.prometheus import with_config
from webhook.usage.reading import EntryTotal, UsageReader

NOW = datetime.now(UTC)
PERIOD = period_at(MONTH, NOW)
EACH = Quota(
    "each", 1_000, {"service": Match(("bun",))}, for_each=("consumer",), labels={"team": "bun"}
)
USED = {"acme": 810, "globex": 200}
# As Thanos Receive, a ruler of Thanos, and two Prometheus servers with external labels add them.
ADDED = {"receive": "r0", "tenant_id": "default-tenant", "ruler": "r"}
REPLICAS = ("a", "b")


def recorded(added: dict[str, str], late_bytes: int) -> Iterator[Series]:
    """Yield what the rules of one replica record, which lags behind by some bytes."""
    now = NOW.timestamp()
    in_period = {"calendar": "month", "period": str(PERIOD.id)}

    def series(metric: str, value: float, **labels: str) -> Series:
        samples = [(now - 60, value), (now, value)]
        return {"__name__": metric, **labels, **added}, samples

    yield series(names.LIMIT, 1_000, quota="each")
    for consumer, used_bytes in USED.items():
        entry = {"quota": "each", **in_period, "service": "bun", "team": "bun"}
        entry["consumer"] = consumer
        yield series(names.USED, used_bytes - late_bytes, **entry)
        yield series(names.FORECAST, 2 * used_bytes, **entry)
        traffic = {"service": "bun", "route": "r", "consumer": consumer, "direction": "egress"}
        yield series(names.TOTAL, used_bytes - late_bytes, **in_period, **traffic)
    # As vmalert records it.
    alert = {"alertname": names.USAGE_ALERT, "alertstate": "firing", "alertgroup": "quotas"}
    alert |= {"threshold": "80", "severity": "info", "namespace": "monitoring"}
    yield series(
        "ALERTS", 1, **alert, quota="each", **in_period, service="bun", team="bun", consumer="acme"
    )


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that holds the series of two replicas."""
    receiver = "--web.enable-remote-write-receiver"
    with with_config(tmp_path_factory.mktemp("prometheus"), {}, receiver) as server:
        for late_bytes, replica in enumerate(REPLICAS):
            write(server.url, recorded({**ADDED, "replica": replica}, late_bytes))
        yield server.url


@pytest.fixture(scope="module")
def client(url: str) -> FlaskClient:
    return create_app({"PROMETHEUS_URL": url}, clock=lambda: NOW).test_client()


def test_each_entry_is_one_with_its_own_labels_and_state(client: FlaskClient) -> None:
    answer = client.get("/api/v1/quotas/each?sort=-used").get_json()
    assert [entry["selector"] for entry in answer["quotas"]] == [
        {"service": "bun", "consumer": consumer} for consumer in USED
    ]
    assert [entry["labels"] for entry in answer["quotas"]] == [{"team": "bun"}, {"team": "bun"}]
    assert [entry["used_bytes"] for entry in answer["quotas"]] == list(USED.values())
    assert [entry["limit_bytes"] for entry in answer["quotas"]] == [1_000, 1_000]
    assert [entry["forecast_bytes"] for entry in answer["quotas"]] == [1_620, 400]
    assert [entry["state"] for entry in answer["quotas"]] == ["80", "ok"]


def test_an_entry_has_one_line_and_one_total(client: FlaskClient) -> None:
    line = client.get("/api/v1/quotas/each/series?consumer=acme").get_json()
    assert line["used"][-1][1] == 810
    history = client.get("/api/v1/quotas/each/history?consumer=acme").get_json()
    assert [total["used_bytes"] for total in history["periods"]] == [810]


def test_mails_and_reports_count_each_entry_once(url: str) -> None:
    reader = UsageReader(Endpoint(url))
    assert reader.read_totals(EACH, PERIOD, NOW) == tuple(
        EntryTotal({"consumer": consumer}, used_bytes, 1_000)
        for consumer, used_bytes in USED.items()
    )
    assert reader.read_top(EACH, PERIOD, "consumer", NOW) == tuple(USED.items())
    assert reader.read_top(EACH, PERIOD, "service", NOW) == (("bun", 1_010),)
    largest = reader.read_largest(EACH, NOW)
    assert largest is not None
    assert (largest.used_bytes, largest.forecast_bytes) == (810, 1_620)
