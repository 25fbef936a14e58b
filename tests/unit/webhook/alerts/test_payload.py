import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.alerts.payload import PayloadError, parse_payload

# A payload of Alertmanager 0.25.
BODY: dict[str, Any] = {
    "receiver": "webhook",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "BandwidthQuotaUsage", "quota": "bun-egress"},
            "annotations": {"used_bytes": "450200000000"},
            "startsAt": "2026-11-24T13:37:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph",
            "fingerprint": "b1b2",
        }
    ],
    "groupLabels": {"alertname": "BandwidthQuotaUsage"},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
    "version": "4",
    "groupKey": '{}:{alertname="BandwidthQuotaUsage"}',
    "truncatedAlerts": 0,
}

# What a contact point of type webhook posts in Grafana 11.
GRAFANA_BODY: dict[str, Any] = {
    "receiver": "Quotas",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "High memory usage",
                "grafana_folder": "Gateways",
                "team": "blue",
                "zone": "us-1",
            },
            "annotations": {
                "summary": "Memory is almost full",
                "description": "The system has high memory usage",
                "runbook_url": "https://myrunbook.com/runbook/1234",
            },
            "startsAt": "2026-11-24T13:37:00.266739266+01:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://localhost:3000/alerting/grafana/1afz29v7z/view?orgId=1",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "http://localhost:3000/alerting/silence/new?alertmanager=grafana",
            "dashboardURL": "",
            "panelURL": "",
            "values": {"B": 44.23943737541908, "C": 1},
            "valueString": "[ var='B' labels={} value=44.23 ], [ var='C' labels={} value=1 ]",
        }
    ],
    "groupLabels": {"alertname": "High memory usage", "grafana_folder": "Gateways"},
    "commonLabels": {"alertname": "High memory usage"},
    "commonAnnotations": {},
    "externalURL": "http://localhost:3000/",
    "version": "1",
    "groupKey": '{}:{alertname="High memory usage", grafana_folder="Gateways"}',
    "truncatedAlerts": 0,
    "orgId": 1,
    "title": "[FIRING:1] High memory usage Gateways (blue us-1)",
    "state": "alerting",
    "message": "**Firing**",
}


def body(**changes: Any) -> bytes:
    return json.dumps(BODY | changes).encode()


def alert(**changes: Any) -> list[dict[str, Any]]:
    return [BODY["alerts"][0] | changes]


def test_a_payload_becomes_values() -> None:
    payload = parse_payload(body())
    assert payload.group_key == BODY["groupKey"]
    (alert,) = payload.alerts
    assert alert.name == "BandwidthQuotaUsage"
    assert alert.annotations == {"used_bytes": "450200000000"}
    assert alert.starts_at == datetime(2026, 11, 24, 13, 37, 0, 123456, tzinfo=UTC)
    assert alert.ends_at is None
    assert alert.fingerprint == "b1b2"


@pytest.mark.parametrize("version", ["4", "1", 4, None, "5"])
def test_the_version_makes_no_difference(version: object) -> None:
    assert parse_payload(body(version=version)) == parse_payload(body())


def test_a_payload_without_a_version_is_accepted() -> None:
    unversioned = {name: value for name, value in BODY.items() if name != "version"}
    assert parse_payload(json.dumps(unversioned).encode()) == parse_payload(body())


def test_a_payload_of_grafana_becomes_values() -> None:
    payload = parse_payload(json.dumps(GRAFANA_BODY).encode())
    (alert,) = payload.alerts
    assert payload.group_key == GRAFANA_BODY["groupKey"]
    assert payload.external_url == "http://localhost:3000/"
    assert alert.name == "High memory usage"
    assert alert.labels["zone"] == "us-1"
    assert alert.annotations["summary"] == "Memory is almost full"
    assert alert.starts_at == datetime(2026, 11, 24, 12, 37, 0, 266739, tzinfo=UTC)
    assert alert.ends_at is None
    assert alert.fingerprint == "c6eadffa33fcdf37"


def test_unknown_fields_are_ignored() -> None:
    payload = parse_payload(body(notificationReason="new", alerts=alert(value=5)))
    assert len(payload.alerts) == 1


def test_null_counts_as_missing() -> None:
    nothing = alert(annotations=None, startsAt=None, endsAt=None, generatorURL=None)
    payload = parse_payload(body(groupKey=None, truncatedAlerts=None, alerts=nothing))
    assert payload.alerts[0].annotations == {}
    assert payload.alerts[0].starts_at is None
    assert payload.group_key == ""


def test_a_label_with_null_counts_as_missing() -> None:
    payload = parse_payload(body(alerts=alert(labels={"alertname": "x", "quota": None})))
    assert payload.alerts[0].labels == {"alertname": "x"}


@pytest.mark.parametrize("time", ["yesterday", 5, "0001-01-01T00:00:00+14:00", "2026-11-24", {}])
def test_a_time_that_cannot_be_read_is_unknown(time: object) -> None:
    assert parse_payload(body(alerts=alert(startsAt=time))).alerts[0].starts_at is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"alerts": None}, "alerts"),
        ({"alerts": {}}, "alerts"),
        ({"alerts": [5]}, "alerts.0"),
        ({"alerts": alert(status="pending")}, "alerts.0.status"),
        ({"alerts": alert(labels=["quota"])}, "alerts.0.labels"),
        ({"alerts": alert(labels={"quota": 5})}, "alerts.0.labels.quota"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_place(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_payload(body(**changes))
    assert f"{named}" in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"4"', b"[" * 100_000, b"1" * 10_000],
)
def test_a_body_that_is_not_a_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_payload(raw)


def test_the_error_for_many_mistakes_is_short() -> None:
    with pytest.raises(PayloadError) as caught:
        parse_payload(body(alerts=[5] * 5000))
    assert len(str(caught.value)) < 3000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(list(BODY)), json_values),
    st.dictionaries(st.sampled_from(list(BODY["alerts"][0])), json_values),
)
def test_any_json_is_a_payload_or_a_payload_error(
    changes: dict[str, Any], alert_changes: dict[str, Any]
) -> None:
    raw = json.dumps(BODY | {"alerts": alert(**alert_changes)} | changes).encode()
    try:
        payload = parse_payload(raw)
    except PayloadError:
        return
    assert all(
        isinstance(value, str) for found in payload.alerts for value in found.labels.values()
    )


@given(st.binary(max_size=200))
def test_random_bytes_are_a_payload_error(raw: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_payload(raw)
