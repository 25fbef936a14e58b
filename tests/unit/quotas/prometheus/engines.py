"""Answers of other engines than Prometheus, as they gave them: the shapes, with less in them.

Recorded of VictoriaMetrics and vmalert 1.79 and 1.145, Thanos 0.42 and Cortex 1.21. That of Mimir
is from its documentation.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import responses

from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.endpoint import Endpoint
from quotas.rule_files.rule import Group, Rule
from tests.unit.quotas.prometheus.answers import URL

RULER_URL = "http://ruler:8880"
RULER = PrometheusClient(Endpoint(RULER_URL))
ALERTMANAGER_URL = "http://alertmanager:9093"
ALERTMANAGER = PrometheusClient(Endpoint(ALERTMANAGER_URL))

PROMETHEUS_BUILD = {
    "version": "3.5.3",
    "revision": "",
    "branch": "",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "go1.24.4",
}
THANOS_BUILD = {**PROMETHEUS_BUILD, "version": "0.42.4", "revision": "45c4f394"}
THANOS_RUNTIME = {"startTime": "2026-11-27T07:11:48Z", "CWD": "/", "goroutineCount": 33}
MIMIR_BUILD = {
    "application": "Grafana Mimir",
    "version": "3.0.5",
    "revision": "abc",
    "goVersion": "go1.25",
    "features": {"ruler_config_api": "true"},
}
QUERIER_FLAGS = {"deduplication.func": "penalty", "query.replica-label": "replica"}
RULER_FLAGS = {
    "rule-file": "/etc/rules/*.yml",
    "query": "http://querier:9090",
    "alertmanagers.url": "http://alertmanager:9093",
}
STORES = {
    "rule": [{"name": "ruler:10901", "lastError": None, "labelSets": [{"ruler": "r0"}]}],
    "sidecar": [
        {"name": "a:10901", "labelSets": [{"cluster": "smoke", "replica": "a"}]},
        {"name": "b:10901", "labelSets": [{"cluster": "smoke", "replica": "b"}]},
    ],
}


def unsupported(path: str) -> str:
    """Return what VictoriaMetrics 1.79 answers with status 400 to a path that it lacks."""
    return (
        f'remoteAddr: "127.0.0.1:58740"; requestURI: {path}; unsupported path requested: "{path}"'
    )


def answer(
    http: responses.RequestsMock, answers: Mapping[str, Any], url: str = URL, *, status: int = 404
) -> None:
    """Answer ``data`` by path below /api/v1/, and all other paths there with a status.

    The status 400 comes with the words of VictoriaMetrics.
    """
    for path, data in answers.items():
        http.get(f"{url}/api/v1/{path}", json={"status": "success", "data": data})
    lack(http, answers, url, status=status)


def lack(
    http: responses.RequestsMock, known: Iterable[str], url: str = URL, *, status: int = 404
) -> None:
    """Answer all paths below /api/v1/, except the known ones, with a status."""
    http.assert_all_requests_are_fired = False
    paths = {
        *("status/buildinfo", "status/runtimeinfo", "status/flags", "targets", "rules", "stores"),
        *("alertmanagers", "notifiers"),
    }
    for path in paths.difference(known):
        body = unsupported(f"/api/v1/{path}") if status == 400 else "404 page not found"
        http.get(f"{url}/api/v1/{path}", status=status, body=body)


def vmalert_groups(groups: Iterable[Group], *, version_1_79: bool = False) -> dict[str, Any]:
    """Return ``data`` of vmalert's /api/v1/rules."""
    return {
        "groups": [
            {
                "name": group.name,
                "rules": [_vmalert_rule(rule, version_1_79) for rule in group.rules],
                "interval": group.interval_seconds,
                "lastEvaluation": "0001-01-01T00:00:00Z",
                "type": "prometheus",
                "id": "88014355185837235",
                "file": "/etc/rules/gateway-quotas.yml",
                "concurrency": 1,
            }
            for group in groups
        ]
    }


def _vmalert_rule(rule: Rule, version_1_79: bool) -> dict[str, Any]:  # noqa: FBT001 - a fact
    return {
        "state": "inactive" if rule.alert else "",
        "name": rule.name,
        "query": rule.query,
        "duration": rule.for_seconds,
        **({} if version_1_79 else {"keep_firing_for": rule.keep_firing_seconds}),
        **({"labels": dict(rule.labels)} if rule.labels else {}),
        **({"annotations": dict(rule.annotations)} if rule.annotations else {}),
        "lastError": "",
        "evaluationTime": 0,
        "lastEvaluation": "0001-01-01T00:00:00Z",
        "health": "ok",
        "type": "alerting" if rule.alert else "recording",
        "datasourceType": "prometheus",
        "lastSamples": 0,
        "id": "9095625786720436719",
        "group_id": "88014355185837235",
    }


def thanos_groups(groups: Iterable[Group], **added: str) -> dict[str, Any]:
    """Return ``data`` of Thanos's /api/v1/rules: sorted, and with labels that it adds."""
    return {
        "groups": [
            {
                "name": group.name,
                "file": "/etc/rules/gateway-quotas.yml",
                "rules": [
                    {
                        "name": rule.name,
                        "query": rule.query,
                        "labels": {**rule.labels, **added},
                        "health": "unknown",
                        **(
                            {
                                "state": "inactive",
                                "duration": rule.for_seconds,
                                "annotations": dict(rule.annotations),
                                "alerts": [],
                                "keepFiringFor": rule.keep_firing_seconds,
                                "type": "alerting",
                            }
                            if rule.alert
                            else {"type": "recording"}
                        ),
                    }
                    for rule in sorted(group.rules, key=lambda rule: (not rule.alert, rule.name))
                ],
                "interval": group.interval_seconds,
                "limit": 0,
                "partialResponseStrategy": "ABORT",
            }
            for group in groups
        ]
    }
