"""A Prometheus that ``--verify`` checks. By default, all its answers are good."""

import json
from datetime import UTC, datetime
from typing import Any

import responses
from requests import PreparedRequest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Match, Quota, QuotaFile
from quotas.prometheus.checks.finding import Finding
from quotas.prometheus.checks.targets import CAME, WENT
from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.engine import Engine
from quotas.prometheus.verify import Servers, verify
from quotas.rule_files.rule import Group
from quotas.rules.compiler import compile_rules
from quotas.rules.doubts.all import doubts_of
from tests.unit.quotas.prometheus.answers import PROMETHEUS, URL, loaded

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BUN = Quota("bun", 1, {"service": Match(("bun-service",))}, direction="egress")
COUNTER = {"service": "bun-service", "route": "bun-route", "direction": "egress"}


class Server:
    """The mocked answers of a Prometheus.

    Attributes:
        answers: ``data`` of each answer, by the path of the request below /api/v1/.
        doubts: the labels that the query of a doubt finds, each with the value 2, by the doubt's
            alert.
        found: what other queries find, by the query.
        statuses: the status of each answer that is not 200, by path.

    """

    def __init__(self, http: responses.RequestsMock, *quotas: Quota) -> None:
        self.http = http
        # A check that fails early does not request all answers.
        http.assert_all_requests_are_fired = False
        self.quotas = QuotaFile(Accounting(), (), quotas or (BUN,))
        self.rules = compile_rules(self.quotas, NOW)
        self.answers: dict[str, Any] = {
            "status/buildinfo": {"version": "3.5.3", "goVersion": "go1.24"},
            "status/runtimeinfo": {"storageRetention": "45d"},
            "targets": {"activeTargets": [target()]},
            "query": {"result": [{"metric": COUNTER, "value": [0, "1"]}]},
            "rules": loaded(self.groups),
            "alertmanagers": {"activeAlertmanagers": [{"url": "http://am:9093/api/v2/alerts"}]},
        }
        self.doubts: dict[str, list[dict[str, str]]] = {}
        self.found: dict[str, list[Any]] = {}
        self.statuses: dict[str, int] = {}

    def findings(
        self,
        engine: Engine | None = None,
        ruler: PrometheusClient | None = None,
        alertmanager: PrometheusClient | None = None,
    ) -> list[Finding]:
        """Return all findings, with these servers besides, and an engine that is not detected."""
        for path in self.answers:
            self.http.add_callback("GET", f"{URL}/api/v1/{path}", self._answer)
        servers = Servers(PROMETHEUS, ruler, alertmanager, engine)
        return list(verify(servers, self.quotas, self.rules))

    @property
    def groups(self) -> list[Group]:
        """The groups of the rules."""
        return [group for file in self.rules for group in file.groups]

    def _answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        path = str(request.url).partition("/api/v1/")[2].partition("?")[0]
        data = self.answers[path]
        query = getattr(request, "params", {}).get("query")
        if query in (CAME, WENT, names.STEP_END) and isinstance(data, dict) and "result" in data:
            data = {"result": self.found.get(query, [])}
        for doubt in doubts_of(self.quotas.accounting, self.quotas.quotas):
            if query == doubt.query and isinstance(data, dict) and "result" in data:
                found = self.doubts.get(doubt.alert, [])
                data = {"result": [{"metric": labels, "value": [0, "2"]} for labels in found]}
        return self.statuses.get(path, 200), {}, json.dumps({"status": "success", "data": data})

    def problems(self) -> list[str]:
        """Return the texts of the findings that are wrong."""
        return [finding.text for finding in self.findings() if finding.good is False]


def lines(findings: list[Finding]) -> list[tuple[bool | None, str]]:
    """Return whether each finding is good, and its text."""
    return [(finding.good, finding.text) for finding in findings]


def target(instance: str = "kong:8100", **more: Any) -> dict[str, Any]:
    """Return a scrape target of the gateways; ``more`` replaces its properties."""
    labels = {"job": "kong", "instance": instance}
    found = {"labels": labels, "health": "up", "lastError": "", "scrapeTimeout": "10s"}
    return found | {"scrapeUrl": f"http://{instance}/metrics"} | more
