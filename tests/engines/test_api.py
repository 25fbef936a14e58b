"""Every endpoint of the API says what the gateways counted."""

from typing import Any

import pytest

from local.stack.observer import total
from tests.engines.story import QUOTA, SETTLE_SECONDS
from tests.engines.system import System

LOOKBACK = "15m"


def bandwidth(system: System, step: str, **parameters: Any) -> dict[tuple[str, ...], float]:
    """Return the bytes of each series of a chart that are not zero."""
    answer = system.get("/api/v1/bandwidth", lookback=LOOKBACK, step=step, **parameters)
    return {
        tuple(series["labels"].values()): series["total_bytes"]
        for series in answer["series"]
        if series["total_bytes"]
    }


@pytest.mark.parametrize("step", ["2s", "20s", "1m", "10m", "1h", "1d", "month"])
def test_a_chart_has_the_bytes_of_each_label(system: System, step: str) -> None:
    expected = dict(system.gateways.by_labels())
    by = "service,route,consumer,workspace,type"
    found: dict[tuple[str, ...], float] = {}

    def equal() -> bool | None:
        found.clear()
        found.update(bandwidth(system, step, by=by))
        return found == expected or None

    try:
        # Windows that are read from recorded steps may have to wait for them.
        system.observer.wait_for("the bytes of all labels", equal, SETTLE_SECONDS / 4)
    finally:
        assert found == expected


def test_filters_select_exact_values(system: System) -> None:
    gateways = system.gateways
    for consumer in ("acme", "globex", "rare", ""):
        expected = gateways.counted(consumer=consumer)
        for step in ("1m", "10m"):
            found = bandwidth(system, step, consumer=consumer)
            assert sum(found.values()) == expected
    assert bandwidth(system, "1m", consumer="acm") == {}


def test_rows_of_bandwidth_used_have_the_bytes(system: System) -> None:
    rows = system.get("/metrics/bandwidth_used", lookback_duration=LOOKBACK)
    assert total(rows, "bandwidth_used") == system.gateways.counted()
    rows = system.get("/metrics/bandwidth_used", lookback_duration=LOOKBACK, route="ban-route")
    assert total(rows, "bandwidth_used") == system.gateways.counted(route="ban-route")


def test_every_quota_has_its_bytes_and_its_state(system: System) -> None:
    quotas = system.get("/api/v1/quotas", sort="name")["quotas"]
    entries = {(entry["name"], entry["selector"].get("consumer", "")): entry for entry in quotas}
    gateways = system.gateways
    expected = {
        (QUOTA, ""): gateways.counted(service="bun-service", direction="egress"),
        ("ban-route-rolling", ""): gateways.counted(route="ban-route"),
        **{
            ("each-consumer", name): gateways.counted(consumer=name)
            for name in ("acme", "globex", "rare")
        },
    }
    found = {key: entry["used_bytes"] for key, entry in entries.items() if key[0] != "all-hourly"}
    assert found == expected
    states = {key: entry["state"] for key, entry in entries.items()}
    assert {key for key, state in states.items() if state != "ok"} == {(QUOTA, "")}
    assert states[QUOTA, ""] == "100"
    assert entries[QUOTA, ""]["left_bytes"] == 0


def test_a_quota_has_only_its_own_labels(system: System) -> None:
    labels = {entry["name"]: entry["labels"] for entry in system.get("/api/v1/quotas")["quotas"]}
    assert labels == {
        QUOTA: {"team": "bun"},
        "all-hourly": {},
        "each-consumer": {},
        "ban-route-rolling": {},
    }


def test_the_burn_up_of_a_quota_ends_with_what_is_used(system: System) -> None:
    expected = system.gateways.counted(service="bun-service", direction="egress")
    series = system.get(f"/api/v1/quotas/{QUOTA}/series")
    values = [value for _, value in series["used"] if value is not None]
    assert values[-1] == expected
    assert values == sorted(values)
    acme = system.get("/api/v1/quotas/each-consumer/series", consumer="acme")
    assert acme["used"][-1][1] == system.gateways.counted(consumer="acme")


def test_the_past_periods_of_an_hourly_quota_have_all_bytes(system: System) -> None:
    periods = system.get("/api/v1/quotas/all-hourly/history")["periods"]
    assert 1 <= len(periods) <= 2
    assert sum(period["used_bytes"] for period in periods) == system.gateways.counted()


def test_notifications_are_the_thresholds_that_were_mailed(system: System) -> None:
    answer = system.get(f"/api/v1/quotas/{QUOTA}/notifications")
    found = [
        (told["threshold"], told["recipient"], told["state"]) for told in answer["notifications"]
    ]
    assert found == [(percent, "team-bun@example.com", "sent") for percent in (100, 90, 80)]


def test_the_catalog_has_the_names_that_were_seen(system: System) -> None:
    catalog = system.get("/api/v1/catalog")
    assert catalog["services"] == ["ban-service", "bin-service", "bun-service"]
    assert catalog["routes"] == ["ban-route", "bin-route", "bun-route"]
    assert catalog["consumers"] == ["", "acme", "globex", "rare"]
    assert catalog["types"] == ["egress", "ingress"]


def test_nothing_is_wrong_with_the_delivery(system: System) -> None:
    checks = system.get("/api/v1/delivery")["checks"]
    assert [check["name"] for check in checks if not check["ok"]] == []
    assert system.get("/readyz") is not None
