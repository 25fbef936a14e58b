from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from api.access import ALL, Scope, match_scope
from api.clients.cache import Cache
from api.clients.range_cache import Upstream
from api.usage.entries import reach_of, read_entries
from api.usage.model import Entry
from api.windows import to_ms
from quotas.accounting_options import Accounting
from quotas.http.exchange import BadAnswerError
from quotas.model import Quota, QuotaFile, Threshold
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Prometheus
from tests.unit.api.answers import INSTANT_URL, URL, forms, vector

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NO_QUOTAS = QuotaFile()
MONTH = {"quota": "q", "calendar": "month", "period": "202611"}


def fact(fact: str, value: float, **labels: str) -> dict[str, Any]:
    metric = {"__name__": "any", "__fact__": fact, **labels}
    return {"metric": metric, "value": [NOW.timestamp(), str(value)]}


def read(
    *facts: dict[str, Any],
    scope: Scope = ALL,
    quota: str | None = None,
    quotas: QuotaFile = NO_QUOTAS,
) -> list[Entry]:
    upstream = Upstream(Prometheus(Endpoint(URL), 7), Cache(1_000_000))
    with responses.RequestsMock() as mock:
        mock.post(INSTANT_URL, json=vector(*facts))
        return read_entries(upstream, scope, to_ms(NOW), quota, quotas)


def test_used_limit_and_forecast_come_together() -> None:
    [entry] = read(
        fact("used", 800, **MONTH, service="s", team="t"),
        fact("limit", 1000, quota="q"),
        fact("forecast", 1200, **MONTH, service="s", team="t"),
    )
    assert entry.quota == "q"
    assert entry.labels == {"service": "s", "team": "t"}
    assert entry.period is not None
    assert entry.period.title == "November 2026"
    assert (entry.used_bytes, entry.limit_bytes, entry.left_bytes) == (800, 1000, 200)
    assert (entry.ratio, entry.forecast_bytes, entry.state) == (0.8, 1200, "ok")


def test_the_ratio_is_computed_from_the_same_answer_and_not_the_recorded_one() -> None:
    """Rules write one after the other: the ratio that is recorded may be of another moment."""
    [entry] = read(
        fact("used", 900, **MONTH), fact("limit", 1000, quota="q"), fact("ratio", 0.8, **MONTH)
    )
    assert entry.ratio == 0.9


@pytest.mark.parametrize("limits", [(), (fact("limit", 0, quota="q"),)])
def test_without_a_limit_there_is_no_ratio(limits: tuple[dict[str, Any], ...]) -> None:
    [entry] = read(fact("used", 900, **MONTH), *limits)
    assert entry.ratio is None


def test_the_newest_period_counts_while_the_one_before_lingers() -> None:
    [entry] = read(
        fact("used", 7, **MONTH),
        fact("used", 900, **(MONTH | {"period": "202610"})),
        fact("firing", 1, **(MONTH | {"period": "202610"}), threshold="90", alertname="x"),
    )
    assert entry.used_bytes == 7
    assert entry.state == "ok"


@pytest.mark.parametrize(
    ("used", "state"),
    [(0, "ok"), (499, "ok"), (500, "50"), (998, "50"), (999, "99.9"), (1000, "100"), (9e9, "100")],
)
def test_the_state_is_that_of_the_bytes_if_the_thresholds_are_known(
    used: float, state: str
) -> None:
    thresholds = tuple(Threshold(percent, "info") for percent in (50, 99.9, 100))
    quota = Quota("q", 1000, thresholds=thresholds)
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "threshold": "50"}
    [entry] = read(
        fact("used", used, **MONTH),
        fact("limit", 1000, quota="q"),
        fact("firing", 1, **MONTH, **alert),
        quotas=QuotaFile(quotas=(quota,)),
    )
    assert (entry.state, entry.alert, entry.written) == (state, "50", quota)


def test_without_quotas_yaml_the_state_is_the_highest_threshold_that_fires() -> None:
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "severity": "info"}
    entries = read(
        fact("used", 1, **MONTH, consumer="a"),
        fact("used", 1, **MONTH, consumer="b"),
        fact("firing", 1, **MONTH, **alert, consumer="a", threshold="80"),
        fact("firing", 1, **MONTH, **alert, consumer="a", threshold="100"),
        fact("firing", 1, **MONTH, **alert, consumer="a", threshold="99.5"),
    )
    assert [(entry.labels["consumer"], entry.state) for entry in entries] == [
        ("a", "100"),
        ("b", "ok"),
    ]


def test_labels_that_only_alerts_have_belong_to_no_entry_and_change_no_state() -> None:
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "threshold": "80"}
    more = {"severity": "info", "namespace": "monitoring"}
    [entry] = read(
        fact("used", 1, **MONTH, team="bun"),
        fact("firing", 1, **MONTH, **alert, **more, team="bun"),
    )
    assert (entry.labels, entry.state) == ({"team": "bun"}, "80")


def test_labels_that_limits_have_too_are_those_of_the_engine() -> None:
    added = {"ruler": "r0", "receive": "r", "tenant_id": "default-tenant"}
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "threshold": "80"}
    [entry] = read(
        fact("used", 800, **MONTH, **added, team="bun"),
        fact("limit", 1000, quota="q", **added),
        fact("forecast", 1200, **MONTH, **added, team="bun"),
        # Alerts come from elsewhere: without some of the labels, and with others.
        fact("firing", 1, **MONTH, **alert, team="bun", alertgroup="g", severity="info"),
    )
    assert entry.labels == {"team": "bun"}
    assert (entry.limit_bytes, entry.forecast_bytes, entry.state) == (1000, 1200, "80")


def test_an_entry_of_several_replicas_is_one_with_the_largest_values() -> None:
    replicas = [{"replica": name} for name in ("a", "b", "c")]
    [entry] = read(
        *(fact("used", value, **MONTH, **r) for value, r in zip((7, 9, 8), replicas, strict=True)),
        *(fact("limit", 10, quota="q", **replica) for replica in replicas),
        *(fact("forecast", 9 + n, **MONTH, **replica) for n, replica in enumerate(replicas)),
        fact("used", 10, **(MONTH | {"period": "202610"}), **replicas[0]),
    )
    assert (entry.labels, entry.used_bytes, entry.forecast_bytes) == ({}, 9, 11)


def test_a_label_of_another_quota_on_an_alert_is_not_taken_for_its_own() -> None:
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "threshold": "80"}
    other = MONTH | {"quota": "other"}
    entries = read(
        fact("used", 1, **MONTH),
        fact("used", 1, **other, team="bun"),
        # The team is a label of all alerts here, unless the quota has one of its own.
        fact("firing", 1, **MONTH, **alert, team="ops"),
    )
    assert [(entry.quota, entry.state) for entry in entries] == [("other", "ok"), ("q", "80")]


def test_a_rolling_window_has_no_period() -> None:
    [entry] = read(fact("used", 1, quota="q", calendar="rolling:30d"), fact("limit", 2, quota="q"))
    assert (entry.period, entry.calendar_name) == (None, "rolling:30d")
    assert entry.full_at(NOW) is None


def test_a_calendar_that_is_not_known_leaves_the_numbers() -> None:
    [entry] = read(fact("used", 1, quota="q", calendar="moon", period="7"))
    assert (entry.calendar, entry.period, entry.used_bytes) == (None, None, 1)


def test_a_window_longer_than_any_that_can_be_written_is_not_known() -> None:
    [entry] = read(fact("used", 1, quota="q", calendar="rolling:999999d"))
    assert entry.calendar is None


@pytest.mark.parametrize("value", [-1, 1e20])
@pytest.mark.parametrize("name", ["used", "limit", "forecast"])
def test_a_value_that_cannot_be_bytes_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadAnswerError, match="cannot be a number of bytes"):
        read(fact("used", 1, **MONTH), fact(name, value, **(MONTH | {"quota": "r"})))


@pytest.mark.parametrize(
    "odd", [{"threshold": "inf"}, {"threshold": "1_0"}, {"period": "9" * 5000}]
)
def test_an_alert_with_odd_labels_is_no_state(odd: dict[str, str]) -> None:
    alert = {"alertname": "BandwidthQuotaUsage", "alertstate": "firing", "threshold": "80"}
    [entry] = read(fact("used", 1, **MONTH), fact("firing", 1, **(MONTH | alert | odd)))
    assert entry.state == "ok"


def test_a_scope_of_quotas_alone_sees_those_quotas_whatever_they_count() -> None:
    scope = Scope(quotas=("q",), sees_bytes=False)
    facts = (fact("used", 1, **MONTH, service="s"), fact("used", 1, **(MONTH | {"quota": "r"})))
    assert [entry.quota for entry in read(*facts, scope=scope)] == ["q"]
    assert match_scope(scope) == match_scope(Scope(services=()))


@pytest.mark.parametrize(
    ("used", "forecast", "days"),
    [(800, 1500, 2.0), (800, 1000, 7.0), (800, 999, None), (1000, 2000, None), (0, 0, None)],
)
def test_a_limit_is_reached_at_the_pace_of_the_forecast(
    used: float, forecast: float, days: float | None
) -> None:
    [entry] = read(
        fact("used", used, **MONTH),
        fact("limit", 1000, quota="q"),
        fact("forecast", forecast, **MONTH),
    )
    full_at = entry.full_at(NOW)
    assert full_at == (None if days is None else NOW + timedelta(days=days))


def test_a_scope_asks_for_its_quotas_alone_and_sees_its_own_entries_of_them() -> None:
    scope = Scope(consumers=("a",), quotas=("q", "r"))
    upstream = Upstream(Prometheus(Endpoint(URL), 7), Cache(1_000_000))
    with responses.RequestsMock() as mock:
        facts = (fact("used", 1, **MONTH, consumer=name) for name in ("a", "b"))
        mock.post(INSTANT_URL, json=vector(*facts))
        entries = read_entries(upstream, scope, to_ms(NOW))
        assert [entry.labels for entry in entries] == [{"consumer": "a"}]
        query = str(mock.calls[0].request.body)
    # Of used, limit and forecast what is there now and what was there last, and what fires.
    assert query.count("quota%3D~%22q%7Cr%22") == 7


@responses.activate
def test_a_quota_outside_of_the_scope_is_not_even_asked_for() -> None:
    upstream = Upstream(Prometheus(Endpoint(URL), 7), Cache(1_000_000))
    assert read_entries(upstream, Scope(quotas=("q",)), to_ms(NOW), "other") == []
    assert read_entries(upstream, Scope(quotas=()), to_ms(NOW)) == []
    assert forms() == []


@pytest.mark.parametrize(("resolution", "reach"), [(1, "11m"), (60, "11m"), (300, "55m")])
def test_the_newest_value_is_looked_for_as_far_back_as_the_rules_do(
    resolution: int, reach: str
) -> None:
    assert reach_of(Accounting(resolution_seconds=resolution)) == reach
