"""Alerts that Alertmanager keeps back because of inhibit rules."""

from typing import Any

import pytest

from quotas import names
from quotas.prometheus.checks.inhibitions import find_foreign


def alert(fingerprint: str, *inhibited_by: str, **labels: str) -> dict[str, Any]:
    status = {"state": "active", "inhibitedBy": [*inhibited_by], "silencedBy": []}
    return {"fingerprint": fingerprint, "status": status, "labels": labels}


def usage(fingerprint: str, *inhibited_by: str, **labels: str) -> dict[str, Any]:
    own = {"alertname": names.USAGE_ALERT, "period": "202611", "severity": "warning"}
    return alert(fingerprint, *inhibited_by, **{**own, **labels})


def test_alerts_that_are_not_inhibited_are_no_finding() -> None:
    assert list(find_foreign([usage("a", quota="q", threshold="80")])) == []


def test_a_higher_threshold_of_the_same_quota_inhibits_lower_ones_as_it_should() -> None:
    alerts = [
        usage("a", quota="q", threshold="100"),
        usage("b", "a", quota="q", threshold="99.5"),
        usage("c", "a", "b", quota="q", threshold="80"),
    ]
    assert list(find_foreign(alerts)) == []


@pytest.mark.parametrize(
    "source",
    [
        {"quota": "other", "threshold": "100"},
        {"quota": "q", "threshold": "100", "period": "202610"},
        {"quota": "q", "threshold": "100", "consumer": "a"},
        {"quota": "q", "threshold": "80"},
        {"quota": "q"},
        {"quota": "q", "threshold": "100", "alertname": names.FORECAST_ALERT},
        {"alertname": "InfoInhibitor"},
    ],
)
def test_any_other_inhibition_is_foreign(source: dict[str, str]) -> None:
    found = list(find_foreign([usage("a", **source), usage("b", "a", quota="q", threshold="90")]))
    assert len(found) == 1


def test_the_finding_names_both_alerts_and_what_to_do() -> None:
    alerts = [
        alert("a", alertname="InfoInhibitor", severity="none"),
        alert("b", "a", alertname=names.SCRAPE_FAILING_ALERT, severity="info"),
    ]
    (found,) = find_foreign(alerts)
    assert found == (
        "Alertmanager does not send GatewayScrapeFailing (severity=info), because InfoInhibitor "
        "(severity=none) inhibits it; exclude our alerts from that inhibit rule, or set "
        "severities in quotas.yaml"
    )


def test_alerts_of_others_and_inhibitions_that_are_over_are_no_finding() -> None:
    alerts = [
        alert("a", "b", alertname="NodeDown", severity="warning"),
        usage("c", "gone", quota="q", threshold="80"),
    ]
    assert list(find_foreign(alerts)) == []


def test_all_alerts_of_ours_are_known() -> None:
    ours = {value for name, value in vars(names).items() if name.endswith("_ALERT")}
    assert ours == names.ALERTS
